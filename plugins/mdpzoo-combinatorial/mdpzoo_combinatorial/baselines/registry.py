"""Which solvers there are: what each solves, what runs it, which extra it needs, and what it is.

A solver is a function ``(instance, seed, budget) -> Found``; its module is imported when it is asked to solve.
"""

import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from mdpzoo.errors import MissingExtraError, SettingError, unknown
from mdpzoo.specs import load
from mdpzoo_combinatorial.local_search.budget import Budget

TOURS = ("TSP", "ATSP")
ROUTING = (*TOURS, "CVRP", "OP")
ALL = (*ROUTING, "Knapsack")
SEED_LIMIT = 2**63


class Found(NamedTuple):
    """What a solver hands back.

    Attributes:
        solution: as ``instance.objective`` takes it.
        proven_optimal: whether the solver has proven that no solution is better.
        decoding: how, where there are several ways; names the stand-in where the solver itself had no answer in time.
    """

    solution: Any
    proven_optimal: bool = False
    decoding: str | None = None


class Answer(NamedTuple):
    """An answer that has been checked against its instance.

    Attributes:
        solution: in canonical form, as lists of int.
        objective: its value; an int where everything that it adds is one.
        proven_optimal: whether no solution can be better, by the solver's own proof or a bound that it meets.
        decoding: as in ``Found``.
        seconds: of wall clock that the search took.
    """

    solution: Any
    objective: int | float
    proven_optimal: bool
    decoding: str | None
    seconds: float


@dataclass(frozen=True)
class Solver:
    """A solver before it is imported.

    Attributes:
        id: what it is called on the command line, and as an agent.
        problems: which it solves.
        code: ``"module:function"``, in ``mdpzoo_combinatorial.baselines``.
        summary: one line.
        source: the paper.
        extra: the extra of this distribution that it needs; None: none.
        package: the module that the extra brings.
        anytime: whether it goes on improving until its time is up; the others end by themselves.
    """

    id: str
    problems: tuple[str, ...]
    code: str
    summary: str
    source: str = ""
    extra: str | None = None
    package: str | None = None
    anytime: bool = False

    def __call__(self, instance: Any, seed: int, budget: Budget) -> Found:
        """Solves; errors are those of ``solve``."""
        self.check(instance.problem)
        function: Callable[[Any, int, Budget], Found] = load(f"mdpzoo_combinatorial.baselines.{self.code}")
        return function(instance, seed, budget)

    def check(self, problem: str) -> None:
        """Refuses a problem that it does not solve, and the lack of the package that it needs.

        Raises:
            SettingError: it does not solve this problem; names those that do.
            MissingExtraError: as ``require``.
        """
        if problem not in self.problems:
            able = ", ".join(each.id for each in SOLVERS.values() if problem in each.problems)
            raise SettingError(f"{self.id} solves {' and '.join(self.problems)}, not {problem}; use {able}")
        self.require()

    def require(self) -> None:
        """Raises MissingExtraError where the package that it needs is not installed."""
        if self.package is not None and importlib.util.find_spec(self.package) is None:
            text = f"{self.id} needs {self.package}; type: pip install 'mdpzoo-combinatorial[{self.extra}]'"
            raise MissingExtraError(text)


SOLVERS: dict[str, Solver] = {
    each.id: each
    for each in (
        Solver(
            id="nearest-neighbour",
            problems=ROUTING,
            code="constructive:nearest_neighbour",
            summary="goes to the nearest node that is legal",
            source="Rosenkrantz, Stearns and Lewis 1977 (SIAM Journal on Computing 6), section 2",
        ),
        Solver(
            id="farthest-insertion",
            problems=TOURS,
            code="constructive:farthest_insertion",
            summary="puts the node farthest from the tour where it costs least",
            source="Rosenkrantz, Stearns and Lewis 1977 (SIAM Journal on Computing 6), section 4",
        ),
        Solver(
            id="savings",
            problems=("CVRP",),
            code="clarke_wright:savings",
            summary="joins the routes that save most, the parallel version",
            source="Clarke and Wright 1964 (Operations Research 12)",
        ),
        Solver(
            id="greedy-ratio",
            problems=("OP", "Knapsack"),
            code="constructive:greedy_ratio",
            summary="takes most value for the weight, or prize for the distance",
            source="Dantzig 1957 (Operations Research 5)",
        ),
        Solver(
            id="two-opt",
            problems=ROUTING,
            code="descent:two_opt",
            summary="local search by 2-opt, Or-opt and their kin from a simple rule's solution",
            source="Croes 1958; Or 1976; Potvin and Rousseau 1995",
        ),
        Solver(
            id="iterated-local-search",
            problems=ROUTING,
            code="iterated:iterated_local_search",
            summary="kicks and repairs, or ruins and recreates, until the time is up",
            source="Martin, Otto and Felten 1991; Christiaens and Vanden Berghe 2020 (Transportation Science 54)",
            anytime=True,
        ),
        Solver(
            id="dynamic-programming",
            problems=("Knapsack",),
            code="dominance:dynamic_programming",
            summary="lists of undominated selections with bounds; proven optimal",
            source="Nemhauser and Ullmann 1969; Martello and Toth 1990, chapter 2",
        ),
        Solver(
            id="random",
            problems=ALL,
            code="constructive:random",
            summary="draws among what is legal",
        ),
        Solver(
            id="lkh",
            problems=TOURS,
            code="external.lkh_tours:lkh",
            summary="LKH through elkai, ten runs; its licence allows non-commercial use only",
            source="Helsgaun 2000 (European Journal of Operational Research 126); elkai 2.0",
            extra="lkh",
            package="elkai",
        ),
        Solver(
            id="pyvrp",
            problems=ROUTING,
            code="external.pyvrp_models:pyvrp",
            summary="PyVRP's iterated local search until the time is up",
            source="Wouda, Lan and Kool 2024 (INFORMS Journal on Computing 36)",
            extra="pyvrp",
            package="pyvrp",
            anytime=True,
        ),
        Solver(
            id="ortools",
            problems=ALL,
            code="external.ortools_models:ortools",
            summary="OR-tools: guided local search, or branch and bound (Knapsack, proven optimal)",
            source="Perron and Furnon, OR-tools 9.15",
            extra="ortools",
            package="ortools",
            anytime=True,
        ),
    )
}


def solve(
    instance: Any,
    agent: str,
    *,
    seconds: float | None = None,
    seed: int = 0,
    budget: Budget | None = None,
) -> Answer:
    """Solves an instance.

    Args:
        instance: any of the five kinds.
        agent: a key of ``SOLVERS`` that solves this kind.
        seconds: wall-clock limit; None: until the solver ends by itself, or 10 where it does not.
        seed: in ``[0, 2**63)``, of what the solver draws.
        budget: in place of ``seconds``, a limit that can be cut short.

    Raises:
        UnknownNameError: there is no such solver.
        SettingError: the solver does not solve this problem, the instance is too large for it, or a value is wrong.
        MissingExtraError: the package that the solver needs is not installed.
    """
    if agent not in SOLVERS:
        raise unknown("solver", agent, SOLVERS, "mdpzoo_combinatorial.baselines.SOLVERS")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise SettingError(f"seed must be an integer in [0, 2**63), got {seed!r}")
    began = time.monotonic()
    found = SOLVERS[agent](instance, seed, budget or Budget(seconds))
    return checked(instance, found, time.monotonic() - began)


def checked(instance: Any, found: Found, seconds: float) -> Answer:
    """What a search has found in so many seconds, checked against the instance."""
    solution = instance.checked(found.solution)
    if not isinstance(solution, list):
        solution = solution.tolist()
    proven = found.proven_optimal or _meets_a_bound(instance, solution)
    return Answer(solution, instance.objective(solution), proven, found.decoding, seconds)


def _meets_a_bound(instance: Any, solution: Any) -> bool:
    """Whether a simple bound proves a solution: nothing to choose, or all that there is to gain."""
    if instance.problem == "TSP":
        return bool(instance.num_nodes <= 3)
    if instance.problem == "ATSP":
        return bool(instance.num_nodes <= 2)
    if instance.problem == "CVRP":
        return bool(instance.num_customers == 1)
    gains = instance.prizes if instance.problem == "OP" else instance.values
    return bool(instance.objective(solution) == gains.sum())
