"""Policy iteration with linear equations inside one small end component (Puterman 1994, section 8.6; Howard 1960).

What differs from the textbook: a policy that falls apart into several recurrent classes is led to the best of them,
which an end component allows, so that its equations have one gain.
"""

import numpy as np

from mdpzoo.planning import structure
from mdpzoo.planning.rows import Rows

TURNS = 100  # policies tried at most; the caller's certificate tells whether the last one is good
MARGIN = 1e-11  # relative; a better action must be better by this


def relative_values(rows: Rows, members: np.ndarray, allowed: np.ndarray, policy: np.ndarray) -> np.ndarray:
    """Returns relative values ``[n]`` of the best policy found in an end component.

    Args:
        rows: the model's.
        members: ``[n]`` int64, the component's states, ascending.
        allowed: ``[S A]`` bool, the rows that stay in end components.
        policy: ``[n]`` int64, where to start.

    Costs O(n^3 + A n^2) a policy and O(A n^2) memory.
    """
    law, rewards, usable = _dense(rows, members, allowed)
    policy = np.where(usable[np.arange(len(members)), policy], policy, usable.argmax(1))
    values = np.zeros(len(members))
    for _ in range(TURNS):
        policy = _one_class(law, rewards, usable, policy)
        _, values = _solve(law, rewards, policy)
        worth = np.where(usable, rewards + law @ values, -np.inf)
        now = worth[np.arange(len(policy)), policy]
        better = worth.max(1) > now + MARGIN * (1 + np.abs(now) + np.abs(values).max())
        if not better.any():
            break
        policy = np.where(better, worth.argmax(1), policy)
    return values


def _dense(rows: Rows, members: np.ndarray, allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns probabilities ``[n, A, n]``, rewards ``[n, A]`` and the rows that stay ``[n, A]``; other rows are 0."""
    actions = rows.num_actions
    place = np.zeros(rows.num_states, np.int64)
    place[members] = np.arange(len(members))
    law = np.zeros((len(members), actions, len(members)))
    usable = allowed.reshape(-1, actions)[members]
    for state, action in zip(*usable.nonzero(), strict=True):
        part = slice(*rows.offsets[members[state] * actions + action :][:2])
        np.add.at(law[state, action], place[rows.successors[part]], rows.probabilities[part])
    return law, rows.rewards.reshape(-1, actions)[members], usable


def _one_class(law: np.ndarray, rewards: np.ndarray, usable: np.ndarray, policy: np.ndarray) -> np.ndarray:
    """Returns the policy if it has one recurrent class, otherwise one that leads to the best of them."""
    size = len(policy)
    chain = law[np.arange(size), policy]
    offsets = np.concatenate(([0], (chain > 0).sum(1).cumsum()))
    successors = np.nonzero(chain)[1].astype(np.int32)
    label, count, closed = structure.end_components(offsets, successors, np.zeros(size, np.bool_))
    classes = np.unique(label[closed])
    if len(classes) == 1:
        return policy
    gains = []
    for each in classes:
        inside = np.flatnonzero((label == each) & closed)
        gains.append(_solve(law[inside][:, :, inside], rewards[inside], policy[inside])[0])
    reached = (label == classes[int(np.argmax(gains))]) & closed
    policy = policy.copy()
    while not reached.all():  # an end component: some state outside always has a row that leads in
        leads = usable & ((law @ reached.astype(float)) > 0)
        fresh = ~reached & leads.any(1)
        policy[fresh] = leads[fresh].argmax(1)
        reached |= fresh
    return policy


def _solve(law: np.ndarray, rewards: np.ndarray, policy: np.ndarray) -> tuple[float, np.ndarray]:
    """Returns the gain and the relative values ``[n]``, 0 in a recurrent state, of a policy with one class."""
    size = len(policy)
    here = np.arange(size)
    equations = np.eye(size) - law[here, policy]
    # the first column's value is set to 0, whichever class it is in, and makes room for the gain
    equations[:, 0] = 1.0
    found = np.linalg.solve(equations, rewards[here, policy])
    return float(found[0]), np.concatenate(([0.0], found[1:]))
