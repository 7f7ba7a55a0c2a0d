"""`python -m datastorage`: the command `datastorage`."""

import sys

from ._command import main

sys.exit(main())
