"""States of a network's own decodings with the regret of each choice that it considers, to learn from its mistakes.

Imitation shows a network only states of near-optimal solutions, and weighs all mistakes alike. Here the network decodes
greedily, and each choice that it considers in a state is judged: its regret is the increase of the cost of the best
completion. Training minimises the expected regret of the network's distribution beside the cross-entropy of the best
choices.

Source: AggreVaTe (Ross and Bagnell 2014, arXiv 1406.5979, section 2), with deterministic decodings of the current
network throughout; there, the policy that reaches a state is a mixture with the expert.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco.search.construction import Chooser
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder
from mdpzoo_combinatorial.bq_nco.training.completions import Completer, Completion
from mdpzoo_combinatorial.bq_nco.training.examples import Examples, mirror
from mdpzoo_combinatorial.problems import resolve

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO

OTHERS = 4  # maximum number of choices that are judged in a state besides the best ones
UNSURE, LEAST = 0.03, 0.01  # others than the network's are judged where its probability is below 1 - UNSURE, from LEAST
SEARCHES = 3  # maximum number of times that a state is judged anew, from a completion better than its own
EQUAL = 1e-4  # largest regret of a best choice, in mean costs
SELDOM = 0.15  # relative frequency of states without a wrong choice; with one of regret 1 or more, 1 + SELDOM


class Judged(NamedTuple):
    """S states of equal depth, with their judged choices.

    Attributes:
        left: the states, with ``node`` as int16.
        action: ``[S, A]`` int16, the judged actions ``K * position + variant``.
        regret: ``[S, A]`` float32, their regrets over the mean cost of a choice in the instance's best solution, at
            least 0; NaN: there is none. If that solution costs nothing, over the instance's mean regret.
    """

    left: Remainder
    action: Tensor
    regret: Tensor


@dataclass(frozen=True)
class Regrets:
    """States of decodings of I instances.

    Attributes:
        problem: its name.
        batch: the instances.
        steps: the states after each number of choices; instances whose last choice is forced are left out.
    """

    problem: str
    batch: Batch
    steps: tuple[Judged, ...]

    def __len__(self) -> int:
        return sum(len(each.action) for each in self.steps)

    def draw(self, tokens: int, generator: torch.Generator) -> Examples:
        """Samples about ``tokens`` tokens of states of equal depth; the more a mistake costs, the more often."""
        problem = PROBLEMS[self.problem]
        step = self.steps[int(torch.randint(len(self.steps), (), generator=generator))]
        count = max(1, tokens // step.left.node.shape[1])
        chosen = torch.multinomial(frequencies(step.regret), count, replacement=True, generator=generator)
        left, judged = step.left.pick(chosen), step.regret[chosen]
        batch = self.batch.rows(left.row)
        left = left._replace(row=torch.arange(count), node=left.node.long())
        regret = torch.full((count, left.node.shape[1] * problem.action_variants), torch.nan)
        column = torch.where(judged.isnan(), 0, step.action[chosen].long())  # action 0 is never legal
        regret.scatter_(1, column, judged)
        best = (regret <= EQUAL).float()
        return Examples(problem, mirror(batch, generator), left, best / best.sum(1, keepdim=True), regret)


def frequencies(regret: Tensor) -> Tensor:
    """Returns the relative frequencies ``[S]`` of states in training, from their judged choices ``[S, A]``.

    In most states, no choice that the network considers costs more than the best; little is to be learned there.
    """
    return SELDOM + regret.nan_to_num(0.0).amax(1).clamp(max=1.0).sqrt()


class _Step(NamedTuple):
    """One choice in every instance that has one."""

    left: Remainder
    probability: NDArray[np.float32]  # [S, K L]
    chosen: NDArray[np.int64]  # [S], actions


def measure_regrets(agent: "BQNCO", instances: Sequence[Any], *, seed: int = 0) -> Regrets:
    """Decodes instances greedily and judges the agent's choices, by one search for each state and choice.

    On one CPU thread, a state takes 2 ms (TSP with 100 nodes), 7 ms (ATSP with 50), 20 ms (CVRP with 100) or 40 ms (OP
    with 100), on average.

    Args:
        agent: on the CPU; not for Knapsack, whose solutions are optimal anyway.
        instances: of one size, at least 3 tokens each.
        seed: of the searches, in ``[0, 2**63)``.

    Raises:
        SettingError: if the problem is Knapsack, or no instance has a choice.
    """
    problem = agent.problem
    if problem.record.learning.completer is None:
        able = [name for name, each in PROBLEMS.items() if each.record.learning.completer is not None]
        raise SettingError(f"{problem.name} has no best completions to measure regrets by; {', '.join(able)} have")
    batch = batch_of(list(instances), exact=False)
    steps = _decode(Chooser(problem, agent.policy.network, agent.policy.settings.relative), batch)
    if not steps:
        raise SettingError(f"none of {len(batch)} instances has a choice to judge; give larger ones")
    return _Judge(problem, batch, seed).regrets(steps)


@torch.inference_mode()
def _decode(chooser: Chooser, batch: Batch) -> list[_Step]:
    """Returns all choices among several actions."""
    problem = chooser.problem
    left = problem.start(batch)
    steps: list[_Step] = []
    while True:
        several = problem.legal(batch, left).flatten(1).sum(1) > 1
        if not bool(several.all()):
            left = left.pick(several)
        if not len(left.row):
            return steps
        probability = chooser.look(batch, left).scores.softmax(1)
        action = probability.argmax(1)
        steps.append(_Step(left, probability.numpy(), action.numpy()))
        left = problem.step(batch, left, action // problem.action_variants, action % problem.action_variants)


class _Judge:
    """Best completions of the states of one batch."""

    def __init__(self, problem: Problem, batch: Batch, seed: int) -> None:
        self.problem, self.batch, self.seed = problem, batch, seed
        self.completer: Completer = resolve(problem.record.learning.completer)

    def regrets(self, steps: list[_Step]) -> Regrets:
        """Judges the choices of all steps."""
        plans: list[Any] = [None] * len(self.batch)
        units = [0.0] * len(self.batch)
        costs: list[list[float]] = [[] for _ in units]
        judged: list[list[dict[int, float]]] = []
        for step in steps:
            judged.append([])
            for index, row in enumerate(step.left.row.tolist()):
                found, regrets, plans[row] = self._judged(step, index, plans[row])
                if not costs[row]:
                    units[row] = abs(found.cost) / max(1, found.choices)
                costs[row] += regrets.values()
                judged[-1].append(regrets)
        for row, each in enumerate(costs):
            units[row] = units[row] or _mean_positive(each)
        return Regrets(
            self.problem.name,
            self.batch,
            tuple(_stored(step.left, each, units) for step, each in zip(steps, judged, strict=True)),
        )

    def _judged(self, step: _Step, index: int, plan: Any) -> tuple[Completion, dict[int, float], Any]:
        """Judges the choices in one state.

        Args:
            step: with this and other states.
            index: of the state.
            plan: with which its completion begins; None: there is none.

        Returns:
            The best completion, actions with their regrets in the instance's costs, and the plan of the next state.
        """
        left, probability, chosen = self._state(step.left, index), step.probability[index], int(step.chosen[index])
        others = [chosen]
        if probability[chosen] < 1.0 - UNSURE:
            others += [other for other in np.argsort(-probability).tolist() if probability[other] >= LEAST]
        for _ in range(SEARCHES):
            found = self.completer.complete(self.batch, left, self.seed, plan)
            total = dict.fromkeys(found.first, found.cost)
            later: dict[int, Completion] = {}
            for action in others:
                if action not in total and len(later) < OTHERS:
                    later[action] = self._after(left, found.plan, action, thorough=action == chosen)
                    total[action] = self.completer.price(self.batch, left, action) + later[action].cost
            best = min(total, key=lambda each: total[each])
            if best not in later:
                break
            plan = self.completer.before(left, later[best].plan, best)  # the search was not at its end
        least = total[best]
        plan = later[chosen].plan if chosen in later else self.completer.after(left, found.plan, chosen)
        return found, {each: cost - least for each, cost in total.items()}, plan

    def _state(self, left: Remainder, index: int) -> Remainder:
        """Returns one state, without padding."""
        one = left.pick(torch.tensor([index]))
        length = left.node.shape[1] if one.count is None else self.problem.ends + int(one.count)
        return one._replace(node=one.node[:, :length], count=None)

    def _after(self, left: Remainder, plan: Any, action: int, *, thorough: bool) -> Completion:
        """Returns the best completion after a choice; ``thorough``: by a search of its own as well."""
        position, variant = (torch.tensor([each]) for each in divmod(action, self.problem.action_variants))
        after = self.problem.step(self.batch, left, position, variant)
        rest = self.completer.after(left, plan, action)
        plans = (rest, None) if thorough and rest is not None else (rest,)
        found = (self.completer.complete(self.batch, after, self.seed, each) for each in plans)
        return min(found, key=lambda each: each.cost)


def _stored(left: Remainder, judged: list[dict[int, float]], units: list[float]) -> Judged:
    """Returns states with their regrets, relative to the units of their instances."""
    width = max(len(each) for each in judged)
    action = torch.tensor([[*each, *[0] * (width - len(each))] for each in judged], dtype=torch.int16)
    costs = torch.tensor([[*each.values(), *[torch.nan] * (width - len(each))] for each in judged], dtype=torch.float64)
    unit = torch.tensor([units[row] for row in left.row.tolist()], dtype=torch.float64).unsqueeze(1)
    return Judged(left._replace(node=left.node.to(torch.int16)), action, (costs / unit).float())


def _mean_positive(costs: list[float]) -> float:
    """Returns the mean of the positive regrets of an instance whose best solution costs nothing."""
    positive = [each for each in costs if each > 0.0]
    return sum(positive) / len(positive) if positive else 1.0
