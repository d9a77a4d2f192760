"""Alpha vectors: the value of every belief as the largest of finitely many linear functions, by incremental pruning.

Sources: Smallwood and Sondik 1973; Cassandra, Littman and Zhang 1997 (incremental pruning).

What differs: a set belongs to a visible state, so a latent MDP's vectors have one entry a context instead of one a pair
of context and state.
"""

import time
from dataclasses import dataclass

import numpy as np

from mdpzoo_latent.planning.processes import BeliefProcess
from mdpzoo_latent.planning.vector_kernels import useful

TOLERANCE = 1e-12  # relative to the rewards' range: margins up to this count as none


@dataclass(frozen=True, eq=False)
class VectorSet:
    """The value of the beliefs in one visible state.

    Attributes:
        vectors: ``[n, Y]`` float64; none is dominated.
        actions: ``[n]`` int64, the action with which each begins.
    """

    vectors: np.ndarray
    actions: np.ndarray

    def value(self, belief: np.ndarray) -> np.ndarray:
        """Returns the values of beliefs ``[..., Y]``."""
        return (belief @ self.vectors.T).max(-1)

    def action(self, belief: np.ndarray) -> int:
        """Returns the best action at a belief ``[Y]``."""
        return int(self.actions[(self.vectors @ belief).argmax()])


Stage = list[VectorSet]  # one set a visible state


def last_stage(process: BeliefProcess) -> Stage:
    """Returns the sets with no step to go: zero."""
    return [VectorSet(np.zeros((1, process.num_hidden)), np.zeros(1, np.int64)) for _ in range(process.num_visible)]


def earlier(process: BeliefProcess, stage: Stage, discount: float, deadline: float = np.inf) -> Stage | None:
    """Returns the sets with one step more to go; None if the time limit is reached before they are done.

    Costs one small linear program a vector of each cross sum.
    """
    tolerance = TOLERANCE * max(np.abs(process.rewards).max(), 1e-6)
    fresh = []
    for x in range(process.num_visible):
        parts, actions = [], []
        for action in range(process.num_actions):
            total = process.rewards[x, action][None]
            for j in process.branches(x, action):
                after = discount * _pulled(process, stage[process.targets[j]].vectors, j)
                after = after[useful(after, tolerance)]
                total = (total[:, None] + after[None]).reshape(-1, process.num_hidden)
                total = total[useful(total, tolerance)]
                if time.process_time() > deadline:
                    return None
            parts.append(total)
            actions.append(np.full(len(total), action))
        vectors = np.concatenate(parts)
        kept = useful(vectors, tolerance)
        fresh.append(VectorSet(vectors[kept], np.concatenate(actions)[kept]))
    return fresh


def limited(process: BeliefProcess, stage: Stage, discount: float, beliefs: np.ndarray) -> Stage:
    """Returns sets with one step more to go that are exact at given beliefs ``[n, Y]`` and a lower bound elsewhere."""
    fresh = []
    for x in range(process.num_visible):
        vectors, actions = [], []
        for belief in beliefs:
            candidates = [_at(process, stage, discount, x, action, belief) for action in range(process.num_actions)]
            best = int(np.argmax([each @ belief for each in candidates]))
            vectors.append(candidates[best])
            actions.append(best)
        _, first = np.unique(np.round(vectors, 12), axis=0, return_index=True)
        fresh.append(VectorSet(np.array(vectors)[first], np.array(actions)[first]))
    return fresh


def _at(process: BeliefProcess, stage: Stage, discount: float, x: int, action: int, belief: np.ndarray) -> np.ndarray:
    """Returns the best vector at a belief that begins with an action."""
    total = process.rewards[x, action].copy()
    for j in process.branches(x, action):
        pulled = _pulled(process, stage[process.targets[j]].vectors, j)
        total += discount * pulled[(pulled @ belief).argmax()]
    return total


def _pulled(process: BeliefProcess, vectors: np.ndarray, branch: int) -> np.ndarray:
    """Returns vectors ``[n, Y]`` over the hidden part before a branch."""
    kernel = process.kernels[branch]
    return np.ascontiguousarray(vectors * kernel[:, 0] if kernel.shape[1] == 1 else vectors @ kernel.T)
