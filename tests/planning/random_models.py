"""Random models of every kind, and their truth by policy iteration with refined linear equations."""

import numpy as np

from mdpzoo.models import TabularMDP

KINDS = [
    "dense",
    "sparse",
    "deterministic",
    "periodic",
    "terminal",
    "absorbing",
    "multichain",
    "repeated",
    "lazy",
    "one",
]


def random_model(seed, kind=None):
    """A model, and the size of its rewards."""
    generator = np.random.default_rng(seed)
    kind = kind or KINDS[seed % len(KINDS)]
    states, actions = (1 if kind == "one" else int(generator.integers(2, 25))), int(generator.integers(1, 5))
    fixed = {"dense": states, "deterministic": 1, "periodic": 1}
    width = fixed.get(kind, int(generator.integers(1, min(states, 6) + 1)))
    successors = generator.integers(states, size=(states, actions, width))
    terminal = np.zeros(states, bool)
    if kind == "dense":
        successors[:] = np.arange(states)
    if kind == "periodic":  # every state leads to the next block of a cycle of three
        further = 1 + 3 * generator.integers(states, size=(states, actions))
        successors[..., 0] = (np.arange(states)[:, None] + further) % states
    if kind == "terminal":
        terminal = generator.random(states) < 0.3
    if kind == "absorbing":
        successors[generator.random(states) < 0.3] = states - 1
        successors[states - 1] = states - 1
    if kind == "multichain":  # two halves that cannot be left, the first state apart
        half = 1 + (states - 1) // 2
        successors[1:half] = 1 + successors[1:half] % max(half - 1, 1)
        successors[half:] = half + successors[half:] % (states - half)
    law = generator.dirichlet(np.ones(width), (states, actions))
    if kind == "lazy":  # almost nothing ever happens
        successors[..., 0] = np.arange(states)[:, None]
        law = 0.001 * law
        law[..., 0] += 0.999
    scale = float(generator.choice([1e-9, 1e-3, 1.0, 1e3, 1e9]))
    rewards = scale * (generator.normal(size=(states, actions, width)) + generator.choice([-5, 0, 5]))
    offsets = np.arange(0, states * actions * width + 1, width)
    start = generator.dirichlet(np.ones(states))
    model = TabularMDP(offsets, successors.ravel(), law.ravel(), rewards.ravel(), start, terminal)
    return model, float(np.abs(rewards).max())


def dense(model):
    """``[S, A, S]`` and ``[S, A]`` long doubles; the rows of terminal states are 0, so that their values are."""
    states, actions = model.num_states, model.num_actions
    rows = np.repeat(np.arange(states * actions), np.diff(model.offsets))
    law = np.zeros((states * actions, states), np.longdouble)
    means = np.zeros(states * actions, np.longdouble)
    np.add.at(law, (rows, model.successors), model.probabilities)
    np.add.at(means, rows, model.probabilities.astype(np.longdouble) * model.rewards)
    law, means = law.reshape(states, actions, states), means.reshape(states, actions)
    law[model.terminal], means[model.terminal] = 0, 0
    return law, means


def solved(matrix, right):
    """The solution of linear equations, refined until doubles are exact."""
    found = np.zeros(len(right), np.longdouble)
    for _ in range(6):
        rest = right - matrix @ found
        found += np.linalg.solve(matrix.astype(float), rest.astype(float))
    return found


def policy_values(model, discount, policy):
    """``[S]`` true values of actions ``[S]`` or probabilities ``[S, A]``."""
    law, means = dense(model)
    weights = np.eye(model.num_actions, dtype=np.longdouble)[policy] if policy.ndim == 1 else policy
    chain, earned = np.einsum("sa,sat->st", weights, law), (weights * means).sum(1)
    return solved(np.eye(model.num_states) - np.longdouble(discount) * chain, earned)


def optimal_values(model, discount):
    """``[S]`` true optimal values by policy iteration."""
    law, means = dense(model)
    policy, here = np.zeros(model.num_states, int), np.arange(model.num_states)
    while True:
        values = policy_values(model, discount, policy)
        worth = means + np.longdouble(discount) * law @ values
        gains = worth.max(1) - worth[here, policy]
        if (gains <= 1e-17 * (1e-30 + np.abs(values).max())).all():
            return values
        policy = np.where(gains > 0, worth.argmax(1), policy)
