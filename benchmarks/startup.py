"""What it costs to import mdpzoo, to list every id and to start the commands that people begin with.

    python benchmarks/startup.py

CPU-seconds are over a bare interpreter; the budget of the first is 0.35. Each figure is the least of many tries, taken
in turn, since other work only adds to it. What Gymnasium, PettingZoo and pluggy cost by themselves stands beside it:
the rest is ours. ``mdpzoo show`` keeps what it has read of settings; its first call, which reads them, is apart.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

from science.row_printing import add_rows, show

TRIES, FIRST_TRIES = 20, 3
CODES = {
    "bare interpreter": "pass",
    "third parties": "import gymnasium, pettingzoo, pluggy",
    "mdpzoo": "import mdpzoo; [*mdpzoo.environments(), *mdpzoo.agents()]",
}
COMMANDS = ("--help", "list environments", "doctor", "show mdpzoo/TSP-v0", "show ppo")
FIRST = "show mdpzoo/TSP-v0"


def seconds(arguments: list[str], cache: str) -> tuple[float, float]:
    """Returns the CPU-seconds and the seconds of an interpreter with these arguments."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    told = {"env": os.environ | {"XDG_CACHE_HOME": cache}, "stdout": subprocess.DEVNULL}
    subprocess.run([sys.executable, *arguments], check=True, **told)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - began


def first() -> tuple[float, float]:
    """Returns the same of a command that finds nothing kept."""
    with tempfile.TemporaryDirectory() as cache:
        return seconds(["-m", "mdpzoo", *FIRST.split()], cache)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_rows(parser)
    options = parser.parse_args()
    asked = {name: ["-c", code] for name, code in CODES.items()}
    asked |= {f"mdpzoo {command}": ["-m", "mdpzoo", *command.split()] for command in COMMANDS}
    with tempfile.TemporaryDirectory() as cache:
        for arguments in asked.values():
            seconds(arguments, cache)
        rounds = [{name: seconds(arguments, cache) for name, arguments in asked.items()} for _ in range(TRIES)]
    found = {name: [each[name] for each in rounds] for name in asked}
    found[f"mdpzoo {FIRST}, the first time"] = [first() for _ in range(FIRST_TRIES)]
    least = {name: [min(column) for column in zip(*pairs, strict=True)] for name, pairs in found.items()}
    bare = least.pop("bare interpreter")[0]
    rows = ({"what": name, "cpu_seconds": cpu - bare, "seconds": wall} for name, (cpu, wall) in least.items())
    show(rows, options.rows)


if __name__ == "__main__":
    main()
