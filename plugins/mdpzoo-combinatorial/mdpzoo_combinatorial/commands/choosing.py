"""Chooses the solver of ``mdpzoo solve --agent auto``: the best installed one for the problem, the size and the time.

The data in ``default_solvers.json`` are written by ``benchmarks/default_solver.py --table``: mean gaps of this
package's solvers and of others after equal CPU time. This package's solver, which needs no extra, is chosen unless
another one is better by more than ``MARGIN``.
"""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from mdpzoo_combinatorial.baselines.table import SMALL, SOLVERS
from mdpzoo_combinatorial.problems import PROBLEMS

FILE = Path(__file__).with_name("default_solvers.json")
MARGIN = 0.01  # percentage points; mean gaps that differ by less are considered equal


class Choice(NamedTuple):
    """A solver, and the reason for its choice.

    Attributes:
        agent: a key of ``SOLVERS``.
        reason: half a sentence with the figures.
    """

    agent: str
    reason: str


def choose(instance: Any, seconds: float, table: dict[str, Any] | None = None) -> Choice:
    """Chooses the solver of an instance. Imports no solver.

    Args:
        instance: an instance of any problem.
        seconds: time limit of the search.
        table: replaces the table in ``FILE``.
    """
    table = _load_table() if table is None else table
    record = PROBLEMS[instance.problem]
    ours, size, unit = record.search, record.size(instance), record.count.removeprefix("num_")
    rows = [row for row in table["rows"] if row["problem"] == instance.problem]
    if size <= SMALL:
        return Choice(ours, "the instance is small, so the search ends before the time limit")
    row = next((row for row in rows if size <= row["up_to"]), None)
    if row is None:
        largest = max((row["up_to"] for row in rows), default=0)
        return Choice(ours, f"solvers were not compared above {largest:,} {unit}")
    times = [each for each in row["seconds"] if each <= seconds]
    if not times:
        return Choice(ours, f"solvers were not compared below {row['seconds'][0]:g} s")
    at = len(times) - 1
    gaps = {agent: (facts["gaps"][at:] or [None])[0] for agent, facts in row["agents"].items()}
    ranked = _rank(row["agents"], {agent: gap for agent, gap in gaps.items() if gap is not None})
    chosen = next((agent for agent in ranked if is_installed(agent)), ours)
    compared = [agent for agent in dict.fromkeys((chosen, *ranked)) if agent in ranked][:2]
    figures = ", ".join(f"{agent} {gaps[agent]:.2f} %" for agent in compared)
    reason = f"mean gaps after {times[-1]:g} s up to {row['up_to']:,} {unit}: {figures}"
    missing = ranked[: ranked.index(chosen)] if chosen in ranked else []
    extras = ",".join(str(SOLVERS[agent].extra) for agent in missing)
    hint = f"; better with pip install 'mdpzoo-combinatorial[{extras}]'" if missing else ""
    licence = f"; {SOLVERS[chosen].licence}" if SOLVERS[chosen].licence else ""
    return Choice(chosen, reason + licence + hint)


def is_installed(agent: str) -> bool:
    """Returns whether the package that a solver needs is installed."""
    package = SOLVERS[agent].package
    return package is None or find_spec(package) is not None


def _rank(agents: dict[str, Any], gaps: dict[str, float]) -> list[str]:
    """Sorts solvers with a gap, the best first: by gap, within the margin by proofs, then in the table's order."""
    left, ranked = list(gaps), []
    while left:
        least = min(gaps[agent] for agent in left)
        equal = [agent for agent in left if gaps[agent] <= least + MARGIN]
        ranked.append(max(equal, key=lambda agent: agents[agent]["proven"]))  # the first of several
        left.remove(ranked[-1])
    return ranked


@cache
def _load_table() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text())
    return content
