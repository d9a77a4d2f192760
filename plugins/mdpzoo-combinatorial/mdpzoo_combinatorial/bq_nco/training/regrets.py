"""States of a network's own decodings with the regret of each choice that it considers, to learn from its mistakes.

Imitation shows a network only states of near-optimal solutions, and weighs all mistakes alike. Here the network decodes
greedily, and each choice that it considers in a state is judged: its regret is the increase of the shortest completion.
Training minimises the expected regret of the network's distribution beside the cross-entropy of the best choices.

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
from mdpzoo_combinatorial.bq_nco.training.examples import Examples, mirror
from mdpzoo_combinatorial.problems import resolve

if TYPE_CHECKING:
    from mdpzoo_combinatorial.bq_nco.algorithm import BQNCO

CHOICES = 5  # maximum number of choices that are judged in a state
UNSURE, LEAST = 0.03, 0.01  # others than the network's are judged where its probability is below 1 - UNSURE, from LEAST
EQUAL = 1e-4  # largest regret of a best choice, in mean costs


@dataclass(frozen=True)
class Regrets:
    """States of decodings of I instances, by number of tokens.

    Attributes:
        problem: its name.
        batch: the instances.
        node: for each number L of tokens, ``[I, L]`` int16, the tokens of the state of each instance.
        position: for each L, ``[I, K]`` int16, the choices that were judged, as positions in the state.
        regret: for each L, ``[I, K]`` float32, their regrets over the mean cost of a choice in the instance's shortest
            solution, at least 0; NaN: there is none. If that solution costs nothing, over the instance's mean regret.
    """

    problem: str
    batch: Batch
    node: tuple[Tensor, ...]
    position: tuple[Tensor, ...]
    regret: tuple[Tensor, ...]

    def __len__(self) -> int:
        return len(self.batch) * len(self.node)

    def draw(self, tokens: int, generator: torch.Generator) -> Examples:
        """Samples about ``tokens`` tokens of states with the same number of tokens, drawn uniformly."""
        step = int(torch.randint(len(self.node), (), generator=generator))
        count = max(1, tokens // self.node[step].shape[1])
        row = torch.randint(len(self.batch), (count,), generator=generator)
        batch = self.batch.rows(row)
        left = Remainder(torch.arange(count), self.node[step][row].long(), None, batch.resource)
        regret = torch.full(left.node.shape, torch.nan)
        judged = self.regret[step][row]
        column = torch.where(judged.isnan(), 0, self.position[step][row].long())  # column 0 is the origin
        regret.scatter_(1, column, judged)
        regret[:, 0] = torch.nan
        best = (regret <= EQUAL).float()
        return Examples(
            PROBLEMS[self.problem], mirror(batch, generator), left, best / best.sum(1, keepdim=True), regret
        )


class _Step(NamedTuple):
    """One choice in every instance."""

    node: NDArray[np.int64]  # [I, L]
    probability: NDArray[np.float32]  # [I, L]
    chosen: NDArray[np.int64]  # [I]


def measure_regrets(agent: "BQNCO", instances: Sequence[Any], *, seed: int = 0) -> Regrets:
    """Decodes instances greedily and judges the agent's choices, by one search for each state and choice.

    On one CPU thread, a state of TSP with 100 nodes takes 5 ms, one of ATSP with 50 nodes 11 ms.

    Args:
        agent: for TSP or ATSP, on the CPU.
        instances: of one size, at least 3 nodes each.
        seed: of the searches, in ``[0, 2**63)``.

    Raises:
        SettingError: if the problem is another.
    """
    problem = agent.problem
    if problem.record.learning.completion is None:
        able = [name for name, each in PROBLEMS.items() if each.record.learning.completion is not None]
        raise SettingError(f"{problem.name} has no shortest completions to measure regrets by; {', '.join(able)} have")
    batch = batch_of(list(instances), exact=False)
    judge = _Judge(problem, batch, seed)
    return judge.regrets(_decode(Chooser(problem, agent.policy.network, agent.policy.settings.relative), batch))


@torch.inference_mode()
def _decode(chooser: Chooser, batch: Batch) -> list[_Step]:
    """Returns all choices but the last, which is forced."""
    left, steps = chooser.problem.start(batch), []
    while left.node.shape[1] > chooser.problem.ends + 1:
        probability = chooser.look(batch, left).scores.softmax(1)
        chosen = probability.argmax(1)
        steps.append(_Step(left.node.numpy(), probability.numpy(), chosen.numpy()))
        left = chooser.problem.step(batch, left, chosen)
    return steps


class _Judge:
    """Shortest completions of the states of one batch."""

    def __init__(self, problem: Problem, batch: Batch, seed: int) -> None:
        self.problem, self.batch, self.seed = problem, batch, seed
        self.complete = resolve(problem.record.learning.completion)

    def regrets(self, steps: list[_Step]) -> Regrets:
        """Judges the choices of all steps."""
        found = [
            [self.complete(self.batch, row, node, self.seed) for row, node in enumerate(each.node)] for each in steps
        ]
        rows = range(len(self.batch))
        lengths = [[length for _, length in each] for each in found]
        judged = [
            [self._judged(step, row, paths[row], None if later is None else later[row]) for row in rows]
            for step, paths, later in zip(steps, found, [*lengths[1:], None], strict=True)
        ]
        position = tuple(
            torch.tensor([[*each, *[0] * (CHOICES - len(each))] for each in step], dtype=torch.int16) for step in judged
        )
        costs = np.array([[[*each.values(), *[np.nan] * (CHOICES - len(each))] for each in step] for step in judged])
        for row in rows:
            costs[:, row] /= _unit(lengths[0][row] / self.batch.size, costs[:, row])
        node = tuple(torch.from_numpy(each.node.astype(np.int16)) for each in steps)
        return Regrets(self.problem.name, self.batch, node, position, tuple(torch.from_numpy(costs).float()))

    def _judged(
        self, step: _Step, row: int, path: tuple[NDArray[np.int64], float], later: float | None
    ) -> dict[int, float]:
        """Returns positions with their regrets, in the instance's costs.

        Args:
            step: the choice.
            row: the instance.
            path: the shortest completion and its length.
            later: length of the shortest completion after the network's choice; None: not computed yet.
        """
        node, probability, chosen = step.node[row], step.probability[row], int(step.chosen[row])
        order, shortest = path
        lengths = {int(order[1]): shortest}
        if self.problem.planar and node[0] == node[1]:  # a closed tour has two directions
            lengths[int(order[-2])] = shortest
        if chosen not in lengths:
            lengths[chosen] = self._after(row, node, chosen, later)
        if probability[chosen] < 1.0 - UNSURE:
            for other in np.argsort(-probability)[:CHOICES].tolist():
                if len(lengths) < CHOICES and other not in lengths and probability[other] >= LEAST:
                    lengths[other] = self._after(row, node, other, None)
        least = min(lengths.values())  # a completion may be slightly too long
        return {each: length - least for each, length in lengths.items()}

    def _after(self, row: int, node: NDArray[np.int64], position: int, later: float | None) -> float:
        """Returns the length of the shortest completion that begins with a choice."""
        cost = self.complete(self.batch, row, node[[0, position]], self.seed)[1]
        if later is None:
            others = np.delete(np.arange(2, len(node)), position - 2)
            later = self.complete(self.batch, row, node[[position, 1, *others]], self.seed)[1]
        return float(cost + later)


def _unit(mean: float, costs: NDArray[np.float64]) -> float:
    """Returns the mean cost of a choice or, if the shortest solution costs nothing, the mean positive regret."""
    if mean > 0.0:
        return mean
    positive = costs[costs > 0.0]
    return float(positive.mean()) if len(positive) else 1.0
