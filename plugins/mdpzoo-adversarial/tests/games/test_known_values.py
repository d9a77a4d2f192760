"""What is said of a game's value is what both players' best play brings in the environment itself."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo.experiments.truths.finding import Question, find_truth
from mdpzoo_adversarial.games.known_values import known_value, largest_action
from mdpzoo_adversarial.games.linear_quadratic import adversarial_lq
from mdpzoo_adversarial.solvers.lq_games import solve_lq_episode

LQ = "mdpzoo/AdversarialLQ-v0"
OWN, OTHER = "protagonist", "adversary"


def known(environment, **settings):
    return find_truth(Question(environment, settings, seeds=[1], episodes=2, steps=100))


@pytest.mark.parametrize(("payoffs", "steps", "value"), [
    # 2 x 2 without a saddle point: (ad - bc) / (a + d - b - c) = (.58 .70 - .95 .93) / (.58 + .70 - .95 - .93)
    ("penalty-kick", 10, 10 * 0.4775 / 0.6),
    ("morra", 3, -3 / 12),  # (2 4 - 3 3) / (2 + 4 + 3 + 3) a round
    ([[2.0, 5.0], [1.0, 9.0]], 4, 8.0),  # a saddle point: 2
])  # fmt: skip
def test_the_value_of_a_matrix_game_is_that_of_a_round_times_the_rounds(payoffs, steps, value):
    found = known("mdpzoo/ZeroSumMatrix-v0", payoffs=payoffs, max_cycles=steps)
    assert found.optimum == pytest.approx(value)
    assert (found.exact, found.of_game, found.random) == (True, True, None)


@pytest.mark.parametrize(("environment", "settings"), [
    ("mdpzoo/PursuitEvasion-v0", {"size": 2}),
    ("mdpzoo/RobustNavigation-v0", {}),
    ("mdpzoo/MarkovSoccer-v0", {"max_cycles": 3}),
])  # fmt: skip
def test_the_finite_games_have_a_value(environment, settings):
    assert known(environment, **settings).of_game


def test_a_game_of_one_step_costs_what_the_first_state_does():
    # nobody gains by an action: E x'Qx = start^2 / 3
    assert known(LQ, max_cycles=1, start=1.5, Q=2.0).optimum == pytest.approx(-2 * 1.5**2 / 3)


def played(first, gains, nudges):
    """What the protagonist earns from a first state, both playing the gains, nudged."""
    matrices = adversarial_lq().matrices
    A, B, D, Q, R, S = (matrices[name].item() for name in "ABDQRS")
    x, total = first, 0.0
    for each, (own, other) in zip(gains, nudges, strict=True):
        u, w = -each[:, 0] * x + [own, other]
        total -= Q * x**2 + R * u**2 - S * w**2
        x = A * x + B * u + D * w
    return total


def test_nobody_gains_by_leaving_the_equilibrium_of_an_episode():
    steps = 6
    P, gains = solve_lq_episode(adversarial_lq().matrices, steps)
    still = np.zeros((steps, 2))
    assert played(0.8, gains, still) == pytest.approx(-P[0, 0] * 0.8**2)
    for step in range(steps - 1):  # in the last step both actions are 0
        for sign in (-0.3, 0.3):
            own, other = still.copy(), still.copy()
            own[step, 0] = other[step, 1] = sign
            assert played(0.8, gains, own) < played(0.8, gains, still) < played(0.8, gains, other)


def test_equilibrium_play_in_the_environment_earns_the_value_of_its_first_state():
    env = mdpzoo.make_parallel(LQ, max_cycles=6)
    P, gains = solve_lq_episode(adversarial_lq().matrices, 6)
    seen, _ = env.reset(seed=3)
    first, total = seen[OWN].astype(float), 0.0
    for each in gains:
        u, w = -each @ seen[OWN]
        seen, rewards, *_ = env.step({OWN: np.array([u], np.float32), OTHER: np.array([w], np.float32)})
        total += rewards[OWN]
    assert total == pytest.approx(-P[0, 0] * first[0] ** 2, rel=1e-5)  # float32 observations


def test_where_actions_would_leave_their_limits_nothing_is_known():
    largest = largest_action(adversarial_lq(), solve_lq_episode(adversarial_lq().matrices, 25)[1])
    assert known(LQ, action_limit=1.01 * largest).exact
    assert known(LQ, action_limit=0.99 * largest) is None


def test_of_a_game_without_a_limit_of_steps_nothing_is_known():
    assert known_value(rules="mdpzoo_adversarial.games.matrix_rounds:zero_sum_matrix") is None
    assert known("mdpzoo/AdversarialCartPole-v0") is None  # and nothing of a game that nobody has solved
