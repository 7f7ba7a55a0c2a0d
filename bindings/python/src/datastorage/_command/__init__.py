"""The command `datastorage`: looks into stores, checks, converts and reports on them.

Reads with mode "r" unless a subcommand is there to write. Answers go to stdout, as text or with `--json` as one JSON
value; an error is one line on stderr. Exit status: 0, 1 when `verify` found damage, 2 when the command could not do what
was asked, 130 when it was interrupted.
"""

from __future__ import annotations

from ._main import main

__all__ = ["main"]
