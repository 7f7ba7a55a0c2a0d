"""Puts the client (_ds) and the cases (_cases) on the path of every folder of tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
