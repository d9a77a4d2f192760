"""Problems as data: one frozen record each, which the other packages read instead of checking a problem's name.

Whatever needs torch, a compiler or another package is named as ``"module:attribute"`` and imported when it is first
used (``resolve``). A record also accepts the object itself instead of such a name, so that an experiment can replace
one part: ``dataclasses.replace(record, learning=replace(...))``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mdpzoo.codes import load

BQ_NCO = "Drakulic, Michel, Mai, Sors and Andreoli 2023, BQ-NCO (NeurIPS), arXiv:2301.03313"
Reference = Any  # "module:attribute" within this package, or the object itself


def resolve(reference: Reference) -> Any:
    """Returns the object that a reference names; imports its module the first time."""
    return load(f"mdpzoo_combinatorial.{reference}") if isinstance(reference, str) else reference


@dataclass(frozen=True, kw_only=True)
class Observation:
    """The observations of a problem's environment.

    Attributes:
        mark: the entry by which the problem is recognised.
        amounts: entries ``[n]`` of demands, prizes, values or weights, in the order of ``Batch.numbers``.
        resource: the entry ``[1]`` of the remaining capacity or budget; None: there is none.
        entries: the entries from which an instance is reconstructed.
        read: reference to ``(entries, size) -> instance``, for arrays of float64.
        matches: reference to ``(instance, observation, size) -> bool``: whether the observation shows the instance.
    """

    mark: str
    amounts: tuple[str, ...] = ()
    resource: str | None = None
    entries: tuple[str, ...]
    read: Reference
    matches: Reference


@dataclass(frozen=True, kw_only=True)
class Generation:
    """Random instances of a problem.

    Attributes:
        draw: reference to ``(names, size, rng, **options) -> iterator of instances``.
        options: of ``generate``, with their defaults.
        choices: references to the known values of options, by name.
        least: smallest values of numerical options, by name.
        fractional: numerical options that need not be integers.
        mixture: reference to the ``Mixture`` on which networks are trained.
    """

    draw: Reference
    options: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, Reference] = field(default_factory=dict)
    least: Mapping[str, float] = field(default_factory=dict)
    fractional: tuple[str, ...] = ()
    mixture: Reference


@dataclass(frozen=True, kw_only=True)
class Learning:
    """The parts of BQ-NCO for a problem.

    Attributes:
        states: reference to the subclass of ``bq_nco.states.problem.Problem``.
        batch: reference to ``(instances, exact) -> Batch``.
        array: reference to ``array -> Posed``, for instances in one array; None: this is not supported.
        sampler: reference to the ``Sampler`` of labelled states.
        expert: reference to ``(instances, iterations, seed) -> sequence [K, M]``, compiled local search; None: labels
            are computed by the record's ``exact`` solver.
        iterations: iterations of the expert per token.
        completer: reference to the ``Completer`` of states, by which choices of a network are judged; None: there is
            none.
        smallest: size of the smallest training instances.
        rule: reference to ``(batch, state) -> scores [B, L]``, by which tokens are chosen without the network.
        certain: reference to ``(batch, state, neighbours)``, choices made before the network is used; None: there are
            none.
        near_and_good: whether half of the tokens that the network sees are the nearest ones, and the others those with
            the highest scores of ``rule``.
        endgame: reference to ``(batch, state) -> actions [B, M]``, optimal completions of states with few tokens; None:
            there are none.
        sequence: reference to ``actions [B, M] -> Solutions.sequence``.
        descent: reference to the subclass of ``Descent`` that can follow each decoding; None: there is none.
        subproblems: reference to the subclass of ``Subproblems`` for re-construction.
        largest_subproblem: maximum number of tokens of a subproblem.
        temperature: of re-construction; 0: the highest score is chosen.
        temperature_settled: the temperature if a descent follows; None: the same.
        start: the decoding with which re-construction begins.
        published: number of features and of scores per token, and whether there are ends, in the published
            checkpoints; None: there are none.
    """

    states: Reference
    batch: Reference
    array: Reference = None
    sampler: Reference
    expert: Reference = None
    iterations: int = 0
    completer: Reference = None
    smallest: int = 3
    rule: Reference
    certain: Reference = None
    near_and_good: bool = False
    endgame: Reference = None
    sequence: Reference
    descent: Reference = None
    subproblems: Reference
    largest_subproblem: int
    temperature: float
    temperature_settled: float | None = None
    start: str = "greedy"
    published: tuple[int, int, bool] | None = None


@dataclass(frozen=True, kw_only=True)
class ProblemRecord:
    """One problem.

    Attributes:
        name: its name in instances and environments.
        rules: ``"module:attribute"`` of the environment's builder, including the package's name.
        source: the paper, with its section.
        summary: one line, for ``mdpzoo list``.
        variants: settings with which the contract tests run, in addition to the defaults.
        instance: reference to the class of its instances.
        count: the attribute of an instance that counts its tokens.
        ends: 2 if a state begins with origin and destination, else 0.
        depot: whether token 0 is a depot, which cannot be chosen and does not count in sizes.
        action_variants: K; an action is ``K * token + variant``.
        coordinates: whether tokens have coordinates.
        costs: whether tokens are described by the costs between them.
        shrinks: whether tokens can become illegal for the rest of an episode without being chosen.
        maximise: whether a larger objective is better.
        closed: whether a solution is a tour that may begin at any of its nodes.
        routes: whether a solution is a list of routes.
        length_limited: whether the length of a tour is limited.
        without_coordinates: the problem as which instances without coordinates are solved; None: the same.
        observation: its observations.
        generation: random instances.
        learning: what BQ-NCO needs.
        baselines: the ids of its solvers, see ``baselines/table.py``.
        rule: the default agent of animations.
        search: the default solver of ``mdpzoo solve``.
        exact: a solver whose answers are proven optimal; None: there is none without an extra.
        large_rule: a solver for instances whose distances do not fit into memory.
        descent: reference to ``(instance, budget) -> solution``, the local search of ``two-opt``; None: there is none.
        iterated: reference to ``(instance, iterations, seed, budget) -> solution``; None: there is none.
        optima: reference to ``instance -> LocalOptima``, the tours of ``edge-assembly``; None: there are none.
        meets_bound: ``(instance, objective) -> bool``: whether a simple bound proves that the objective is optimal.
        actions: ``solution -> actions`` of the direct form.
        solution: ``actions -> solution`` without padding, as an instance's ``objective`` expects it.
        words: ``(solution, objective) -> str``, a description of the solution.
    """

    name: str
    rules: str
    summary: str
    source: str = f"{BQ_NCO}, section 3"
    variants: tuple[Mapping[str, Any], ...] = ({"form": "bq"},)
    instance: Reference
    count: str = "num_nodes"
    ends: int = 2
    depot: bool = False
    action_variants: int = 1
    coordinates: bool = True
    costs: bool = False
    shrinks: bool = False
    maximise: bool = False
    closed: bool = False
    routes: bool = False
    length_limited: bool = False
    without_coordinates: str | None = None
    observation: Observation
    generation: Generation
    learning: Learning
    baselines: tuple[str, ...]
    rule: str = "nearest-neighbour"
    search: str = "iterated-local-search"
    exact: str | None = None
    large_rule: str = "nearest-neighbour"
    descent: Reference = None
    iterated: Reference = None
    optima: Reference = None
    meets_bound: Callable[[Any, float], bool]
    actions: Callable[[Any], list[int]]
    solution: Callable[[list[int]], Any]
    words: Callable[[Any, str], str]

    @property
    def id(self) -> str:
        """The environment's id."""
        return f"mdpzoo/{self.name}-v0"

    @property
    def first(self) -> int:
        """The first token that the first action can choose: 1 if there is a current node, else 0."""
        return self.ends // 2

    def size(self, instance: Any) -> int:
        """Returns the number of tokens of an instance, including the depot."""
        return int(getattr(instance, self.count))

    def choices(self, tokens: int) -> int:
        """Returns the maximum number of choices in an episode of an instance with so many tokens."""
        return tokens - self.first
