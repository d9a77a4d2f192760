import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_adversarial.games.linear_quadratic import adversarial_lq

PLANE = {
    "A": [[1.0, 0.1], [0.0, 1.0]],
    "B": [[0.0], [0.1]],
    "D": [[0.1, 0.0], [0.0, 0.2]],
    "Q": [[1.0, 0.0], [0.0, 2.0]],
    "S": [[4.0, 1.0], [1.0, 4.0]],
}


@pytest.mark.parametrize("settings", [{}, PLANE], ids=["scalar", "plane"])
def test_a_step_is_the_equation(settings):
    games = adversarial_lq(**settings)
    generator = np.random.default_rng(0)
    n, m, k = (len(games.matrices[name]) for name in "QRS")
    x = generator.normal(size=(5, n))
    u, w = (generator.uniform(-1, 1, (5, size)).astype(np.float32) for size in (m, k))
    state = games.initial(torch.zeros(5, n, dtype=torch.float64))._replace(x=torch.from_numpy(x))
    actions = {"protagonist": torch.from_numpy(u), "adversary": torch.from_numpy(w)}
    found = games.step(state, actions, torch.zeros(5, 0))
    A, B, D, Q, R, S = (games.matrices[name] for name in "ABDQRS")
    for row in range(5):
        after = A @ x[row] + B @ u[row].astype(float) + D @ w[row].astype(float)
        np.testing.assert_allclose(found.state.x[row], after, atol=1e-12)
        own, other = u[row].astype(float), w[row].astype(float)
        reward = -(x[row] @ Q @ x[row] + own @ R @ own - other @ S @ other)
        assert found.rewards[row].tolist() == pytest.approx([reward, -reward])


def test_tensors_and_arrays_agree_to_the_last_bit():
    games = adversarial_lq(**PLANE)
    arrays, generator = games.compiled(), np.random.default_rng(1)
    draws = generator.random((7, 2))
    on_tensors, in_arrays = games.initial(torch.from_numpy(draws)), arrays.initial(draws)
    for _ in range(50):
        u, w = (generator.uniform(-2, 2, (7, size)).astype(np.float32) for size in (1, 2))
        one = games.step(
            on_tensors, {"protagonist": torch.from_numpy(u), "adversary": torch.from_numpy(w)}, in_arrays.x
        )
        other = arrays.step(in_arrays, {"protagonist": u, "adversary": w}, draws, np.zeros(7, bool))
        on_tensors, in_arrays = one.state, other.state
        assert np.array_equal(on_tensors.x.numpy(), in_arrays.x)
        assert np.array_equal(one.rewards.numpy(), other.rewards)


def test_actions_are_limited_and_must_be_finite():
    games = adversarial_lq(action_limit=0.5).compiled()
    state = games.initial(np.full((3, 1), 0.5))  # x = 0
    own = np.array([[9.0], [np.nan], [0.1]], np.float32)
    awake = np.array([False, False, True])
    found = games.step(state, {"protagonist": own, "adversary": np.zeros((3, 1), np.float32)}, state.x, awake)
    assert found.state.x.ravel().tolist() == [0.5, 0.0, 0.0]  # limited, illegal, asleep
    assert found.illegal.tolist() == [[False, False], [True, False], [False, False]]
    assert found.terminated[:, 0].tolist() == [False, True, False]


def test_a_state_that_runs_away_ends_its_game():
    games = adversarial_lq(A=100.0).compiled()
    state = games.initial(np.ones((1, 1)))
    zero = np.zeros((1, 1), np.float32)
    ended = []
    for _ in range(4):
        outcome = games.step(state, {"protagonist": zero, "adversary": zero}, zero, np.zeros(1, bool))
        state, ended = outcome.state, [*ended, bool(outcome.terminated[0, 0])]
    assert ended == [False, False, False, True]  # 1, 100, 1e4, 1e6, 1e8


def test_the_game_knows_its_equilibrium():
    rules = mdpzoo.make_parallel("mdpzoo/AdversarialLQ-v0").unwrapped.rules.batched()
    assert rules.solution(0.95, 0.3, 0.3).K[0, 0] == pytest.approx(0.8225021292)


@pytest.mark.parametrize("settings", [{"start": 0.0}, {"action_limit": -1.0}, {"R": 0.0}, {"D": [[1.0], [2.0]]}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        adversarial_lq(**settings)
