"""What a problem is, as data: one frozen record each, which every room reads instead of asking for a problem's name.

A record is light: whatever needs torch, a compiler or another room is named as ``"module:attribute"`` in this package
and imported when it is first used (``ProblemRecord.load``). In place of such a name a record also takes the object
itself, so that an experiment can exchange one part: ``dataclasses.replace(record, learning=replace(...))``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mdpzoo.codes import load

BQ_NCO = "Drakulic, Michel, Mai, Sors and Andreoli 2023, BQ-NCO (NeurIPS), arXiv:2301.03313"
Reference = Any  # "module:attribute" within this package, or the object itself


def resolve(reference: Reference) -> Any:
    """Returns what a reference names; costs an import the first time."""
    return load(f"mdpzoo_combinatorial.{reference}") if isinstance(reference, str) else reference


@dataclass(frozen=True, kw_only=True)
class Observation:
    """How an environment's observation shows a problem.

    Attributes:
        mark: the entry by which the problem is recognised.
        amounts: entries ``[n]`` that hold what a token has beside its position, in the order of ``Batch.numbers``.
        resource: the entry ``[1]`` that holds the remaining capacity or budget; None: nothing is used up.
        entries: what an instance is read from.
        read: reference to ``(entries, size) -> instance``, from arrays of float64.
        matches: reference to ``(instance, observation, size) -> bool``: whether it shows this very instance.
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
        choices: reference to the known values of an option, by its name.
        least: smallest value of a numerical option, by its name.
        fractional: numerical options that need not be integers.
        mixture: reference to the ``Mixture`` that networks are trained on.
    """

    draw: Reference
    options: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, Reference] = field(default_factory=dict)
    least: Mapping[str, float] = field(default_factory=dict)
    fractional: tuple[str, ...] = ()
    mixture: Reference


@dataclass(frozen=True, kw_only=True)
class Learning:
    """What BQ-NCO has to know of a problem.

    Attributes:
        states: reference to the subclass of ``bq_nco.states.problem.Problem``.
        batch: reference to ``(instances, exact) -> Batch``.
        array: reference to ``array -> Posed``, where instances may be given as one array; None: they may not.
        sampler: reference to the ``Sampler`` of labelled states.
        expert: reference to ``(instances, iterations, seed) -> sequence [K, M]``, compiled local search; None: the
            record's ``exact`` solver makes the labels.
        iterations: of the expert, for each token.
        smallest: size of the smallest instance worth learning from.
        rule: reference to ``(batch, state) -> scores [B, L]``, what is chosen where the network is not asked.
        certain: reference to ``(batch, state, neighbours)``, what is chosen before the network is asked; None: nothing.
        near_and_good: whether half of the tokens shown are the nearest ones, the others those that the rule prefers.
        sequence: reference to ``actions [B, M] -> Solutions.sequence``.
        descent: reference to the subclass of ``Descent`` that may follow each decoding; None: there is none.
        subproblems: reference to the subclass of ``Subproblems`` for re-construction.
        largest_subproblem: its tokens at most.
        temperature: of re-construction; 0: the best score wins.
        temperature_settled: likewise where a descent follows; None: the same.
        start: the decoding that re-construction begins with.
        published: features of a token, scores and whether there are ends, in the published checkpoints; None: none.
    """

    states: Reference
    batch: Reference
    array: Reference = None
    sampler: Reference
    expert: Reference = None
    iterations: int = 0
    smallest: int = 3
    rule: Reference
    certain: Reference = None
    near_and_good: bool = False
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
        name: as instances and environments call it.
        rules: ``"module:attribute"`` of the environment's builder, with the package's name.
        source: the paper, with its section.
        summary: one line, for ``mdpzoo list``.
        variants: settings that the contract tests run besides the defaults.
        instance: reference to the class of its instances.
        count: the attribute of an instance that counts its tokens.
        ends: 2 where a state begins with origin and destination, else 0.
        depot: whether token 0 is a depot, which is no choice and does not count as size.
        action_variants: K; an action is ``K * token + variant``.
        coordinates: whether tokens have coordinates.
        costs: whether tokens are known by the costs between them.
        shrinks: whether tokens become illegal for good before they are chosen.
        maximise: whether a larger objective is better.
        closed: whether a solution is a tour that may begin at any of its nodes.
        routes: whether a solution is a list of routes.
        length_limited: whether the length of a tour is limited.
        without_coordinates: the problem that instances without coordinates are solved as; None: its own.
        observation: how it is shown.
        generation: random instances.
        learning: what BQ-NCO needs.
        baselines: the ids of its solvers, see ``baselines/registry.py``.
        rule: the solver that animations show by default.
        search: the solver that ``mdpzoo solve`` takes by default.
        exact: the solver whose answers are proven optimal; None: there is none without an extra.
        large_rule: a solver for instances whose distances do not fit into memory.
        descent: reference to ``(instance, budget) -> solution``, local search; None: ``two-opt`` has none.
        iterated: reference to ``(instance, iterations, seed, budget) -> solution``; None: none.
        meets_bound: ``(instance, objective)``, whether a simple bound proves a solution of this objective optimal.
        actions: ``solution ->`` actions of the direct form.
        solution: ``actions ->`` a solution, as an instance's ``objective`` takes it; without padding.
        words: ``(solution, objective) ->`` what a solution is, for people.
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
    meets_bound: Callable[[Any, float], bool]
    actions: Callable[[Any], list[int]]
    solution: Callable[[list[int]], Any]
    words: Callable[[Any, str], str]

    @property
    def id(self) -> str:
        """The environment's."""
        return f"mdpzoo/{self.name}-v0"

    @property
    def first(self) -> int:
        """The first token that an action can choose at the beginning: 1 where there is a current node, else 0."""
        return self.ends // 2

    def size(self, instance: Any) -> int:
        """Tokens of an instance, the depot included."""
        return int(getattr(instance, self.count))

    def choices(self, tokens: int) -> int:
        """How many choices a solution has at most, of an instance of so many tokens."""
        return tokens - self.first
