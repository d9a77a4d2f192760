"""Scripts of ``benchmarks/`` import each other by their own names, as they do when they are run."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
collect_ignore = ["test_regenerating.py"] if sys.platform == "win32" else []  # CPU time of children, and Ctrl-C
