import math

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo_adversarial.control.cart_game import adversarial_cart_pole
from mdpzoo_adversarial.control.cart_physics import STEP

OWN, OTHER = "protagonist", "adversary"


def actions(push=0.0, fx=0.0, fz=0.0):
    return {OWN: np.array([push], np.float32), OTHER: np.array([fx, fz], np.float32)}


def accelerations(state, push, fx, fz, game):
    """Solves the two equations of motion as they stand, without eliminating anything by hand."""
    (_, _, angle, turning), p = state, game.physics
    M, m, L, sin, cos = p.cart_mass, p.pole_mass, p.pole_length, math.sin(angle), math.cos(angle)
    # (M + m) a + m L cos q = F + fx + m L sin w^2;   m L cos a + (4/3) m L^2 q = m g L sin + L (fx cos - fz sin)
    matrix = [[M + m, m * L * cos], [m * L * cos, 4 / 3 * m * L**2]]
    right = [push + fx + m * L * sin * turning**2, m * p.gravity * L * sin + L * (fx * cos - fz * sin)]
    return np.linalg.solve(matrix, right)


@pytest.mark.parametrize("settings", [{}, {"pole_mass": 0.7, "cart_mass": 2.0, "pole_length": 0.8, "gravity": 3.7}])
def test_a_step_obeys_the_equations_of_motion(settings):
    game, generator = adversarial_cart_pole(**settings), np.random.default_rng(0)
    for _ in range(20):
        state = tuple(generator.normal(scale=0.1, size=4).tolist())
        push, fx, fz = (float(np.float32(each)) for each in generator.uniform(-1, 1, 3))
        after, rewards, _ = game.step(state, actions(push, fx, fz), None)
        expected = accelerations(state, 10 * push, 2 * fx, 2 * fz, game)
        found = (after[1] - state[1]) / STEP, (after[3] - state[3]) / STEP
        assert found == pytest.approx(expected, rel=1e-9)
        assert after[0] == state[0] + STEP * state[1]
        assert rewards == {OWN: 1.0, OTHER: -1.0}


def test_without_an_adversary_it_is_gymnasiums_cart():
    import gymnasium

    theirs = gymnasium.make("CartPole-v1").unwrapped
    theirs.reset(seed=0)
    game, state = adversarial_cart_pole(), tuple(theirs.state)
    for push in (1, 1, 0, 1, 0, 0, 0, 1):
        theirs.step(push)
        state, _, _ = game.step(state, actions(2.0 * push - 1), None)
        np.testing.assert_allclose(theirs.state, state, atol=1e-12)


@pytest.mark.parametrize(
    ("state", "ends"),
    [((2.39, 0, 0, 0), False), ((2.39, 1, 0, 0), True), ((0, 0, 0.2089, 0), False), ((0, 0, -0.2089, -0.1), True)],
)
def test_an_episode_ends_off_the_track_or_when_the_pole_leans(state, ends):
    assert adversarial_cart_pole(gravity=0.0).step(state, actions(), None)[2] is ends


def test_every_face_agrees_to_the_last_bit():
    game, generator = adversarial_cart_pole(), np.random.default_rng(0)
    tensors, arrays, asleep = game.batched(), game.batched().compiled(), np.zeros(9, bool)
    draws = generator.random((9, 4))
    on_tensors, in_arrays = tensors.initial(torch.from_numpy(draws)), arrays.initial(draws)
    singles = [game.initial(iter(row).__next__) for row in draws]
    for _ in range(60):
        push, force = (generator.uniform(-1.3, 1.3, (9, size)).astype(np.float32) for size in (1, 2))
        one = tensors.step(on_tensors, {OWN: torch.from_numpy(push), OTHER: torch.from_numpy(force)}, None)
        other = arrays.step(in_arrays, {OWN: push, OTHER: force}, draws, asleep)
        results = [
            game.step(state, {OWN: push[row], OTHER: force[row]}, None) for row, state in enumerate(singles)
        ]  # fmt: skip
        singles = [each[0] for each in results]
        assert np.array_equal(on_tensors.values.shape, (9, 4))
        assert np.array_equal(one.state.values.numpy(), other.state.values)
        assert np.array_equal(other.state.values, np.array(singles))
        assert other.terminated[:, 1].tolist() == one.terminated[:, 0].tolist() == [each[2] for each in results]
        on_tensors, in_arrays = one.state, other.state


def test_rows_that_are_asleep_or_illegal_stay_where_they_are():
    arrays = adversarial_cart_pole().batched().compiled()
    state = arrays.initial(np.full((3, 4), 0.7))
    push = np.array([[np.nan], [1.0], [1.0]], np.float32)
    force = np.array([[0, 0], [0, np.inf], [0, 0]], np.float32)
    found = arrays.step(state, {OWN: push, OTHER: force}, None, np.array([False, False, True]))
    assert np.array_equal(found.state.values, state.values)
    assert found.illegal.tolist() == [[True, False], [False, True], [False, False]]
    assert found.terminated[:, 0].tolist() == [True, True, False]
    assert not found.rewards.any()
    on_tensors = adversarial_cart_pole().batched()
    same = on_tensors.step(
        on_tensors.initial(torch.full((3, 4), 0.7)), {OWN: torch.from_numpy(push), OTHER: torch.from_numpy(force)}, None
    )
    assert same.illegal.tolist() == [[True, False], [False, True], [False, False]]


@pytest.mark.parametrize("wrong", [[float("nan")], [0.0, 0.0]])
def test_an_action_that_is_none_is_refused(wrong):
    with pytest.raises(IllegalActionError, match="action of protagonist must be 1 finite numbers"):
        adversarial_cart_pole().step((0, 0, 0, 0), {**actions(), OWN: np.array(wrong)}, None)


@pytest.mark.parametrize(
    "settings", [{"pole_mass": 0.0}, {"cart_mass": -1.0}, {"gravity": float("nan")}, {"adversary_force": -0.1}]
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        adversarial_cart_pole(**settings)


def test_the_picture_leans_with_the_pole():
    game = adversarial_cart_pole()
    red = [np.argwhere(game.render((0, 0, angle, 0))[:, :, 0] == 200).mean(0)[1] for angle in (-0.2, 0.0, 0.2)]
    assert red[0] < red[1] < red[2]


def test_seats_have_their_own_spaces_and_truncation_reaches_sb3():
    game = mdpzoo.make_parallel("mdpzoo/AdversarialCartPole-v0")
    assert game.action_space(OWN).shape == (1,)
    assert game.action_space(OTHER).shape == (2,)

    class Idle:
        draws = 0

        def act(self, observations, numbers, masks=None):
            return np.zeros((len(observations), 1), np.float32)

        def to(self, device):
            return self

    envs = mdpzoo.seat(
        "mdpzoo/AdversarialCartPole-v0", OTHER, {OWN: Idle()}, num_envs=2, output="sb3", max_cycles=3, gravity=0.0
    )
    envs.seed(0)
    envs.reset()
    for _ in range(3):
        _, rewards, dones, infos = envs.step(np.zeros((2, 2), np.float32))
    assert dones.all()
    assert [info["TimeLimit.truncated"] for info in infos] == [True, True]
    assert rewards.tolist() == [-1.0, -1.0]
