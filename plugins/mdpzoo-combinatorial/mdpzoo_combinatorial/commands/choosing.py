"""Which solver ``mdpzoo solve --agent auto`` takes: the best installed one for the problem, the size and the time.

The data are in ``default_solvers.json``, written by ``benchmarks/default_solver.py --table``: mean gaps of ours and
of other solvers at equal CPU-seconds. Ours needs no extra and is taken where none is better by more than ``MARGIN``.
"""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from mdpzoo_combinatorial.baselines.table import SMALL, SOLVERS
from mdpzoo_combinatorial.problems import PROBLEMS

FILE = Path(__file__).with_name("default_solvers.json")
MARGIN = 0.01  # percentage points of the mean gap that count as equal


class Choice(NamedTuple):
    """A solver, and why it was taken.

    Attributes:
        agent: a key of ``SOLVERS``.
        reason: half a sentence with the figures.
    """

    agent: str
    reason: str


def choose(instance: Any, seconds: float, table: dict[str, Any] | None = None) -> Choice:
    """Chooses the solver of an instance. Imports no solver.

    Args:
        instance: of any of the five problems.
        seconds: that it may search for.
        table: in place of the one in ``FILE``.
    """
    table = _measured() if table is None else table
    record = PROBLEMS[instance.problem]
    ours, size, unit = record.search, record.size(instance), record.count.removeprefix("num_")
    rows = [row for row in table["rows"] if row["problem"] == instance.problem]
    if size <= SMALL:
        return Choice(ours, "so small that it ends by itself")
    row = next((row for row in rows if size <= row["up_to"]), None)
    if row is None:
        largest = max((row["up_to"] for row in rows), default=0)
        return Choice(ours, f"no solver was compared above {largest:,} {unit}")
    times = [each for each in row["seconds"] if each <= seconds]
    if not times:
        return Choice(ours, f"no solver was compared within less than {row['seconds'][0]:g} s")
    at = len(times) - 1
    gaps = {agent: (facts["gaps"][at:] or [None])[0] for agent, facts in row["agents"].items()}
    ranked = _ranked(row["agents"], {agent: gap for agent, gap in gaps.items() if gap is not None})
    chosen = next((agent for agent in ranked if installed(agent)), ours)
    told = [agent for agent in dict.fromkeys((chosen, *ranked)) if agent in ranked][:2]
    said = ", ".join(f"{agent} {gaps[agent]:.2f} %" for agent in told)
    reason = f"mean gaps after {times[-1]:g} s up to {row['up_to']:,} {unit}: {said}"
    missing = ranked[: ranked.index(chosen)] if chosen in ranked else []
    extras = ",".join(str(SOLVERS[agent].extra) for agent in missing)
    hint = f"; better with pip install 'mdpzoo-combinatorial[{extras}]'" if missing else ""
    licence = f"; {SOLVERS[chosen].licence}" if SOLVERS[chosen].licence else ""
    return Choice(chosen, reason + licence + hint)


def installed(agent: str) -> bool:
    """Whether the package that a solver needs is there."""
    package = SOLVERS[agent].package
    return package is None or find_spec(package) is not None


def _ranked(agents: dict[str, Any], gaps: dict[str, float]) -> list[str]:
    """Those with an answer, the best first: by gap, within the margin by proofs, then in the table's order."""
    left, ranked = list(gaps), []
    while left:
        least = min(gaps[agent] for agent in left)
        equal = [agent for agent in left if gaps[agent] <= least + MARGIN]
        ranked.append(max(equal, key=lambda agent: agents[agent]["proven"]))  # the first of several
        left.remove(ranked[-1])
    return ranked


@cache
def _measured() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text())
    return content
