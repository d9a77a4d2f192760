"""Compiled beliefs against Python's long integers, step by step."""

import numpy as np
import pytest

from mdpzoo_coding import Coder
from mdpzoo_coding.couplings.integer_masses import TOTAL, apportioned_exactly, fixed_entropy


def live(weights):
    """Shares of 2^40; whatever has weight keeps at least 1, taken from the largest, the first on ties."""
    shares = apportioned_exactly(weights)
    for k, weight in enumerate(weights):
        if weight and not shares[k]:
            shares[shares.index(max(shares))] -= 1
            shares[k] = 1
    return shares


def posterior(step, belief, action, noise, available):
    """What Bayes' rule says of a belief after an action; noise is in units of 2^-16."""
    weights = [0] * len(belief)
    for row, column, mass in zip(step.rows.tolist(), step.columns.tolist(), step.masses.tolist(), strict=True):
        if row != action:
            continue
        if step.labels is None:
            weights[column] += mass
            continue
        inside = [m for m, label in enumerate(step.labels.tolist()) if label == column]
        share = max((mass << 20) // sum(belief[m] for m in inside), 1)
        for m in inside:
            weights[m] += share * belief[m] >> (20 if noise else 0)
    if noise:
        bits = next(k for k in range(64) if 2**16 * available >> k <= 16)
        mixed = [(2**16 - noise) * available * w + noise * b for w, b in zip(weights, belief, strict=True)]
        weights = [max(each >> bits, 1) if b else w for each, b, w in zip(mixed, belief, weights, strict=True)]
    return live(weights)


@pytest.mark.parametrize("actions", [2, 3, 4])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"noise": 0.01},
        {"noise": 0.5},
        {"rate": 3.0},
        {"rate": 2.0, "noise": 0.1},
        {"rate": 3.5, "encoder": "quantise"},
    ],
    ids=str,
)
def test_a_belief_is_what_long_integers_make_of_it(settings, actions):
    generator = np.random.default_rng(actions)
    coder, message = Coder([40, 256, 3], **settings), (7, 200, 1)
    units = round(settings.get("noise", 0.0) * 2**16)
    for _ in range(40):
        step = coder.couple(generator.dirichlet(np.full(actions, 0.7)))
        belief = coder.belief.blocks[step.block].tolist()
        action = coder.sample(message, generator)
        if generator.random() < settings.get("noise", 0.0):
            action = int(generator.integers(actions))
        coder.update(action)
        after = coder.belief.blocks[step.block]
        assert after.tolist() == posterior(step, belief, action, units, actions)
        assert coder.doubt() * TOTAL >= TOTAL - after.max()
    assert coder.entropy() == sum(int(fixed_entropy(each)) for each in coder.belief.blocks) / 2**56
    assert coder.decode() == tuple(int(each.argmax()) for each in coder.belief.blocks)
