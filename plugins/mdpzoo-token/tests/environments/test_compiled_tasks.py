"""The compiled forms of the tasks against their rules on tensors, row by row and to the last bit."""

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo.interop.shells.states import leaves
from mdpzoo_token.environments.copy_sort import CopySort
from mdpzoo_token.environments.countdown import Countdown
from mdpzoo_token.environments.key_door import KeyDoor
from mdpzoo_token.environments.masked_denoise import MaskedDenoise
from mdpzoo_token.environments.sum_target import SumTarget

TASKS = [
    (SumTarget, {"length": 3, "turn_length": 2, "vocabulary": 12}),
    (CopySort, {"length": 2, "vocabulary": 10, "prompts": 4}),  # one answer in a hundred
    (Countdown, {"numbers": 2, "highest": 3}),
    (KeyDoor, {"rooms": 2, "vocabulary": 2, "turns": 6, "prompts": 5}),
    (MaskedDenoise, {"source": "ring", "length": 4, "steps": 3}),
    (MaskedDenoise, {"source": "two-cycles", "length": 3, "steps": 2, "remask": False}),
]
ROWS = 400


@pytest.mark.parametrize(("kind", "settings"), TASKS)
def test_both_forms_play_the_same_games_with_illegal_actions_among_them(kind, settings):
    task = kind(**settings)
    fast, generator, nobody = task.compiled(), np.random.default_rng(0), np.zeros(ROWS, bool)
    shape = task.action_space.shape
    sizes = task.action_space.nvec if shape else task.action_space.n
    paid = 0.0
    for _ in range(4):
        draws = generator.random((ROWS, task.initial_draws))
        slow_state, state = task.initial(torch.from_numpy(draws)), fast.initial(draws)
        over = np.zeros(ROWS, bool)
        while not over.all():
            action = generator.integers(0, sizes, (ROWS, *shape))
            wrong = generator.random(ROWS) < 0.02
            action[wrong] = generator.choice([-1, 99], (wrong.sum(), *shape))
            slow = task.step(slow_state, torch.from_numpy(action), None)
            now = fast.step(state, action, None, nobody)
            for name in ("reward", "terminated", "illegal"):
                assert np.array_equal(getattr(slow, name).numpy()[~over], getattr(now, name)[~over]), name
            assert np.array_equal(now.illegal, wrong)
            assert np.array_equal(task.observe(slow.state).numpy()[~over], fast.observe(now.state)[~over])
            for name, fact in task.reveal(slow.state).items():
                assert np.array_equal(fact.numpy()[~over], fast.reveal(now.state)[name][~over]), name
            paid += now.reward[~over].sum()
            over |= now.terminated
            slow_state, state = slow.state, now.state
    assert paid > 0


@pytest.mark.parametrize(("kind", "settings"), TASKS)
def test_rows_that_are_asleep_stay_as_they_are(kind, settings):
    fast = kind(**settings).compiled()
    state = fast.initial(np.full((2, fast.initial_draws), 0.5))
    action = np.zeros((2, *fast.action_space.shape), np.int64)
    before = [each.copy() for each in leaves(state)]
    outcome = fast.step(state, action, None, np.array([True, False]))
    assert outcome.reward[0] == 0
    assert not outcome.terminated[0]
    changed = [not np.array_equal(old[1], new[1]) for old, new in zip(before, leaves(outcome.state), strict=True)]
    assert any(changed)
    for old, new in zip(before, leaves(outcome.state), strict=True):
        assert np.array_equal(old[0], new[0])


@pytest.mark.parametrize("id", ["SumTarget", "CopySort", "Countdown", "KeyDoor", "MaskedDenoise"])
@pytest.mark.parametrize("action", [-1, 1000])
def test_an_illegal_token_ends_its_row_at_an_observation_within_the_space(id, action):
    envs = mdpzoo.make_vec(f"mdpzoo/{id}-v0", 3)
    first, _ = envs.reset(seed=0)
    actions = np.zeros((3, *envs.single_action_space.shape), np.int64)
    actions[1] = action
    seen, reward, terminated, _, infos = envs.step(actions)
    assert infos["illegal"].tolist() == terminated.tolist() == [False, True, False]
    assert reward[1] == 0
    assert np.array_equal(seen[1], first[1])  # where it stood


def test_a_step_leaves_the_actions_of_the_caller_alone():
    fast = MaskedDenoise().compiled()
    action = np.zeros((4, 16), np.int64)
    fast.step(fast.initial(np.empty((4, 0))), action, None, np.zeros(4, bool))
    assert not action.any()
