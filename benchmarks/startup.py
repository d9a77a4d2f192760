"""CPU-seconds of ``import mdpzoo`` and of listing every id, over a bare interpreter; the budget is 0.35.

    python benchmarks/startup.py

Each figure is the least of many tries, taken in turn, since other work only adds to it. What Gymnasium, PettingZoo and
pluggy cost by themselves stands beside it: the rest is ours.
"""

import resource
import subprocess
import sys

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
    """Prints a line for each."""
    rounds = [{name: cpu_seconds(code) for name, code in CODES.items()} for _ in range(TRIES)]
    least = {name: min(each[name] for each in rounds) for name in CODES}
    bare = least.pop("bare interpreter")
    for name, seconds in least.items():
        print(f"{name}: {seconds - bare:.3f} CPU-seconds")


if __name__ == "__main__":
    main()
