"""The table of baselines: summary, source, code as a solver and as an agent, and the extra that each needs.

Importing the table imports neither NumPy nor torch; ``plugin.py`` builds agents from it, ``registry.py`` runs its
solvers. The problems' records list the baselines that solve them.
"""

from dataclasses import dataclass
from importlib.util import find_spec

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo_combinatorial.problems import PROBLEMS

AGENTS = "mdpzoo_combinatorial.baselines.agents"
SMALL = 15  # largest number of nodes for which our anytime searches end without a time limit


@dataclass(frozen=True, kw_only=True)
class Solver:
    """A baseline, described without importing it.

    Attributes:
        id: its name on the command line, as a solver and as an agent.
        code: ``"module:function"`` in ``mdpzoo_combinatorial.baselines`` that solves an instance; None: it is only an
            agent.
        summary: one line.
        source: the paper.
        agent: ``"module:function"`` that builds the agent; None: it is only a solver.
        entries: entries of the observation that the agent needs besides ``action_mask``.
        extra: the extra of this distribution that it needs; None: it needs none.
        package: the module that the extra installs.
        licence: restrictions of its licence, in a few words; empty if there are none.
        anytime: whether it improves its solution until the time limit; other solvers end without a limit.
    """

    id: str
    code: str | None = None
    summary: str
    source: str = ""
    agent: str | None = None
    entries: tuple[str, ...] = ()
    extra: str | None = None
    package: str | None = None
    licence: str = ""
    anytime: bool = False

    @property
    def problems(self) -> tuple[str, ...]:
        """The problems that it solves."""
        return tuple(name for name, record in PROBLEMS.items() if self.id in record.baselines)

    def check(self, problem: str) -> None:
        """Checks that it solves a problem and that the package that it needs is installed.

        Raises:
            SettingError: if it does not solve this problem; the message names the baselines that do.
            MissingExtraError: as ``require``.
        """
        if problem not in self.problems:
            able = ", ".join(each.id for each in SOLVERS.values() if problem in each.problems)
            raise SettingError(f"{self.id} solves {' and '.join(self.problems)}, not {problem}; use {able}")
        self.require()

    def require(self) -> None:
        """Raises MissingExtraError if the package that it needs is not installed."""
        if self.package is not None and find_spec(self.package) is None:
            text = f"{self.id} needs {self.package}; type: pip install 'mdpzoo-combinatorial[{self.extra}]'"
            raise MissingExtraError(text)


BASELINES: dict[str, Solver] = {
    each.id: each
    for each in (
        Solver(
            id="nearest-neighbour",
            code="constructive:nearest_neighbour",
            summary="visits the nearest legal node, or the depot if no customer fits",
            source="Rosenkrantz, Stearns and Lewis 1977 (SIAM Journal on Computing 6), section 2",
            agent="mdpzoo_combinatorial.baselines.nearest_rule:nearest_neighbour",
            entries=("distance",),
        ),
        Solver(
            id="farthest-insertion",
            code="constructive:farthest_insertion",
            summary="inserts the node farthest from the tour at its cheapest position",
            source="Rosenkrantz, Stearns and Lewis 1977 (SIAM Journal on Computing 6), section 4",
            agent=f"{AGENTS}:farthest_insertion",
            entries=("distance",),
        ),
        Solver(
            id="savings",
            code="clarke_wright:savings",
            summary="joins routes in descending order of savings (the parallel version)",
            source="Clarke and Wright 1964 (Operations Research 12)",
            agent=f"{AGENTS}:savings",
            entries=("demand",),
        ),
        Solver(
            id="greedy-ratio",
            code="constructive:greedy_ratio",
            summary="chooses the highest ratio of value to weight, or prize to distance",
            source="Dantzig 1957 (Operations Research 5)",
            agent=f"{AGENTS}:greedy_ratio",
        ),
        Solver(
            id="two-opt",
            code="descent:two_opt",
            summary="local search by 2-opt, Or-opt and related moves from a heuristic solution",
            source="Croes 1958; Or 1976; Potvin and Rousseau 1995",
            agent=f"{AGENTS}:two_opt",
            entries=("distance",),
        ),
        Solver(
            id="iterated-local-search",
            code="anytime:iterated_local_search",
            summary="iterated Lin-Kernighan, 3-opt, or ruin and recreate, until the time limit",
            source="Lin and Kernighan 1973; Martin, Otto and Felten 1991; Christiaens and Vanden Berghe 2020",
            agent=f"{AGENTS}:iterated_local_search",
            entries=("distance",),
            anytime=True,
        ),
        Solver(
            id="edge-assembly",
            code="anytime:edge_assembly",
            summary="edge assembly crossover in populations of tours, until four of them agree",
            source="Nagata and Kobayashi 2013 (INFORMS Journal on Computing 25)",
            agent=f"{AGENTS}:edge_assembly",
            entries=("distance",),
            anytime=True,
        ),
        Solver(
            id="dynamic-programming",
            code="dominance:dynamic_programming",
            summary="lists of undominated selections with bounds; proven optimal",
            source="Nemhauser and Ullmann 1969; Martello and Toth 1990, chapter 2",
            agent=f"{AGENTS}:dynamic_programming",
            entries=("value", "weight"),
        ),
        Solver(
            id="nearest-action",
            summary="takes the shortest way to any customer, directly or via the depot",
            agent="mdpzoo_combinatorial.baselines.nearest_rule:nearest_action",
            entries=("distance", "distance_home"),
        ),
        Solver(id="random", code="constructive:random", summary="draws uniformly among the legal choices"),
        Solver(
            id="lkh",
            code="external.lkh_tours:lkh",
            summary="LKH through elkai, ten runs; its licence allows non-commercial use only",
            source="Helsgaun 2000 (European Journal of Operational Research 126); elkai 2.0",
            agent=f"{AGENTS}:lkh",
            entries=("distance",),
            extra="lkh",
            package="elkai",
            licence="non-commercial use only",
        ),
        Solver(
            id="pyvrp",
            code="external.pyvrp_models:pyvrp",
            summary="PyVRP's iterated local search until the time limit",
            source="Wouda, Lan and Kool 2024 (INFORMS Journal on Computing 36)",
            agent=f"{AGENTS}:pyvrp",
            entries=("distance",),
            extra="pyvrp",
            package="pyvrp",
            anytime=True,
        ),
        Solver(
            id="ortools",
            code="external.ortools_models:ortools",
            summary="OR-tools: guided local search, or branch and bound (Knapsack, proven optimal)",
            source="Perron and Furnon, OR-tools 9.15",
            agent=f"{AGENTS}:ortools",
            extra="ortools",
            package="ortools",
            anytime=True,
        ),
    )
}
SOLVERS = {name: each for name, each in BASELINES.items() if each.code is not None}
