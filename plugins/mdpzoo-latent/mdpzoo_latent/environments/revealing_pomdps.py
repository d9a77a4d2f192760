"""POMDPs whose observations reveal the state, at once or only after a step that costs (Chen et al. 2023).

What differs from the paper (arXiv 2302.01333): instances in its spirit, not its own.
"""

from typing import Annotated

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularPOMDP
from mdpzoo.settings import Choices, Range, ranged

MODES = ("one-step", "multi-step")


def balanced_emission(pairs: int, sigma: float) -> np.ndarray:
    """Returns ``[2 pairs, 2]`` emission probabilities of a good and a bad state, which differ by ``sigma``.

    Symbol i has probability (1 + sigma mu_i) / (2 pairs) in the good state and (1 - sigma mu_i) / (2 pairs) in the bad
    one, with mu alternating between 1 and -1.

    Raises:
        SettingError: if ``pairs`` is below 1 or ``sigma`` outside [0, 1].
    """
    if pairs < 1 or not 0 <= sigma <= 1:
        raise SettingError(f"pairs must be at least 1 and sigma lie in [0, 1], got {pairs} and {sigma}")
    signs = np.tile([1.0, -1.0], pairs)
    return np.stack([1 + sigma * signs, 1 - sigma * signs], 1) / (2 * pairs)


def two_step(sigma: float = 0.5, horizon: int = 0) -> TabularPOMDP:
    """Builds the smallest POMDP that two steps reveal and one does not.

    States good (0) and bad (1) both emit symbol 0. Action 0 stays; action 1 leads from good to state 2 and from bad to
    state 3, which absorb and emit symbol 1 with probability (1 + sigma) / 2 and (1 - sigma) / 2, else symbol 2. Staying
    in good pays 1.
    """
    transitions, rewards = np.zeros((4, 2, 4)), np.zeros((4, 2))
    transitions[:, 0] = np.eye(4)
    transitions[[0, 1, 2, 3], 1, [2, 3, 2, 3]] = 1.0
    rewards[0, 0] = 1.0
    emission = np.zeros((4, 3))
    emission[:2, 0] = 1.0
    emission[2:, 1:] = balanced_emission(1, sigma).T
    start = [0.5, 0.5, 0.0, 0.0]
    return TabularPOMDP(transitions, np.stack([emission] * 2), rewards, start, emission, horizon)


@ranged
def revealing_lock(
    mode: Annotated[str, Choices(MODES)] = "one-step",
    depth: Annotated[int, Range(1)] = 3,
    positions: Annotated[int, Range(1)] = 2,
    pulls: Annotated[int, Range(1)] = 2,
    edge: Annotated[float, Range(0, 0.5)] = 0.3,
    sigma: Annotated[float, Range(0, 1)] = 0.5,
    pairs: Annotated[int, Range(1)] = 1,
    seed: Annotated[int, Range(0)] = 0,
    horizon: Annotated[int, Range(0)] = 0,
) -> TabularPOMDP:
    """Builds the lock: wait at a random, visible position each step, or pull; one pull of one position is the secret.

    A pull leads to the good state with probability 1/2, the secret one with 1/2 + edge, else to the bad state. Each
    further pull in the good state pays 1, in the bad one nothing. Action 0 waits; actions 1 .. pulls pull. In mode
    "one-step" good and bad emit the symbols of ``balanced_emission`` at every step. In mode "multi-step" they emit one
    common symbol; waiting there leads to a state that emits those symbols and never pays again.

    Rewards: 1 for each further pull in the good state, else 0.

    Ends: After ``horizon`` steps.

    Args:
        mode: ``"one-step"`` or ``"multi-step"``.
        depth: steps with positions; after the last one, waiting leads to the bad state.
        positions: at each step, at least 1.
        pulls: at least 1.
        edge: in [0, 1/2].
        sigma: how much the symbols differ, in [0, 1].
        pairs: half the number of symbols.
        seed: of the secret.
        horizon: steps of an episode; 0: ``depth + 3``.

    Raises:
        SettingError: if a number is out of its range.
    """
    cells, actions = depth * positions, pulls + 1
    good, bad, shown_good, shown_bad = range(cells, cells + 4)
    transitions, rewards = np.zeros((cells + 4, actions, cells + 4)), np.zeros((cells + 4, actions))
    for cell in range(cells):
        after = (cell // positions + 1) * positions
        transitions[cell, 0, after : after + positions] = 1 / positions
        if after == cells:
            transitions[cell, 0] = np.eye(cells + 4)[bad]
        transitions[cell, 1:, good] = transitions[cell, 1:, bad] = 0.5
    cell, pull = np.random.default_rng(seed).integers((cells, pulls))
    transitions[cell, 1 + pull, [good, bad]] += edge, -edge
    multi = mode == "multi-step"
    for state, waited in ((good, shown_good), (bad, shown_bad), (shown_good, shown_good), (shown_bad, shown_bad)):
        transitions[state, 1:, state] = 1.0
        transitions[state, 0, waited if multi else state] = 1.0
    rewards[good, 1:] = 1.0
    emission = _lock_emission(cells, multi, balanced_emission(pairs, sigma).T)
    start = np.repeat([1 / positions, 0.0], [positions, cells + 4 - positions])
    kept = np.arange(cells + 4) if multi else np.arange(cells + 2)
    return TabularPOMDP(
        transitions[kept][:, :, kept], np.stack([emission[kept]] * actions), rewards[kept], start[kept],
        emission[kept], horizon or depth + 3,
    )  # fmt: skip


def _lock_emission(cells: int, multi: bool, symbols: np.ndarray) -> np.ndarray:
    """Returns ``[cells + 4, cells + 1 + 2 pairs]``, rows for the cells, good, bad, and what waiting leads to."""
    emission = np.zeros((cells + 4, cells + 1 + symbols.shape[1]))
    emission[:cells, :cells] = np.eye(cells)
    emission[cells + 2 :, cells + 1 :] = symbols
    if multi:
        emission[cells : cells + 2, cells] = 1.0
    else:
        emission[cells : cells + 2, cells + 1 :] = symbols
    return emission
