"""Runs a command line: parses it, calls the subcommand, and turns errors into one line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Optional

from .._errors import DataStorageError
from ._parser import make_parser
from ._terminal import Terminal

FAILED, INTERRUPTED, PIPE_CLOSED = 2, 130, 141


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the command with these arguments, those of the process by default, and gives its exit status."""
    given = make_parser().parse_args(arguments)
    terminal = Terminal()
    try:
        status: int = given.run(given, terminal)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader, `head` say, has enough. What is left in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except (DataStorageError, OSError, ValueError, LookupError) as error:
        terminal.error(message_of(error))
        return FAILED


def message_of(error: Exception) -> str:
    """One line."""
    if isinstance(error, OSError) and not isinstance(error, DataStorageError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        text = str(error) or type(error).__name__
    return " ".join(text.split())
