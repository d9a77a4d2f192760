"""CPU-seconds of ``import mdpzoo`` and of listing every id, over a bare interpreter; the budget is 0.35.

    python benchmarks/startup.py

Each figure is the least of many tries, taken in turn, since other work only adds to it. What Gymnasium, PettingZoo and
pluggy cost by themselves stands beside it: the rest is ours.
"""

import argparse
import resource
import subprocess
import sys

from science.row_printing import add_rows, show

TRIES = 20
CODES = {
    "bare interpreter": "pass",
    "third parties": "import gymnasium, pettingzoo, pluggy",
    "mdpzoo": "import mdpzoo; [*mdpzoo.environments(), *mdpzoo.agents()]",
}


def cpu_seconds(code: str) -> float:
    """Returns the CPU-seconds of an interpreter that runs the code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_rows(parser)
    options = parser.parse_args()
    rounds = [{name: cpu_seconds(code) for name, code in CODES.items()} for _ in range(TRIES)]
    least = {name: min(each[name] for each in rounds) for name in CODES}
    bare = least.pop("bare interpreter")
    show(({"what": name, "cpu_seconds": seconds - bare} for name, seconds in least.items()), options.rows)


if __name__ == "__main__":
    main()
