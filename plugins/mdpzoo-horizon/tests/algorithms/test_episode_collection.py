"""Collecting exactly m episodes in rows that step together."""

import numpy as np
import pytest

from mdpzoo_horizon.algorithms.episode_collection import Collection

LENGTHS = [3, 1, 4, 2, 5, 1, 2]  # of the episodes, in the order in which they begin


def collected(episodes, rows, first=0, last=4, horizon=5):
    """Plays episodes of known lengths; step t of episode e shows 10 e + t and pays 1."""
    found = Collection(episodes, rows, first, last, horizon, (), np.int64)
    playing, clock = list(range(rows)), [0] * rows
    begun = rows
    found.begin(np.arange(rows))
    while not found.complete:
        seen = np.array([10 * e + t for e, t in zip(playing, clock, strict=True)])
        dones = np.array([t + 1 == LENGTHS[e % 7] for e, t in zip(playing, clock, strict=True)])
        found.record(seen, seen % 3, np.ones(rows), dones)
        for row in range(rows):
            clock[row] += 1
            if dones[row]:
                playing[row], clock[row] = begun, 0
                begun += 1
    return found


@pytest.mark.parametrize("rows", [1, 2, 3, 6])
def test_the_first_episodes_that_begin_are_kept_whole(rows):
    found = collected(6, rows)
    assert found.lengths.tolist() == LENGTHS[:6]
    assert found.returns.tolist() == LENGTHS[:6]
    assert found.steps == sum(LENGTHS[:6])
    assert found.environment_steps >= found.steps  # rows that are not needed any more idle
    assert found.environment_steps % rows == 0


@pytest.mark.parametrize("rows", [1, 2, 6])
def test_the_window_holds_what_was_shown_and_done(rows):
    found = collected(6, rows)
    for episode, length in enumerate(LENGTHS[:6]):
        alive = found.window.alive[:, episode]
        assert alive.tolist() == [step < length for step in range(5)]
        shown = found.window.observations[alive, episode]
        assert shown.tolist() == [10 * episode + step for step in range(length)]
        assert found.window.actions[alive, episode].tolist() == (shown % 3).tolist()


def test_a_later_window_adds_all_rewards_behind_it_to_its_last_step():
    found = collected(6, 2, first=1, last=2)
    for episode, length in enumerate(LENGTHS[:6]):
        # step 1 pays 1; step 2 gets its own reward and those of steps 3 and 4
        assert found.window.rewards[:, episode].tolist() == [float(length > 1), float(max(length - 2, 0))]


def test_the_horizon_ends_an_episode_that_goes_on():
    found = Collection(1, 1, 0, 1, 2, (), np.int64)
    found.begin(np.array([0]))
    for _ in range(2):
        assert not found.complete
        found.record(np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1), np.zeros(1, bool))
    assert found.complete
    assert found.lengths.tolist() == [2]


def test_more_episodes_begin_in_rows_that_were_just_reset():
    found = Collection(1, 2, 0, 1, 9, (), np.int64)
    found.begin(np.arange(2))
    assert found.playing.tolist() == [0, -1]
    found.record(np.zeros(2, np.int64), np.zeros(2, np.int64), np.ones(2), np.array([True, True]))
    assert found.complete
    found.grow(2)
    assert not found.complete
    assert found.playing.tolist() == [1, 2]
    assert found.lengths.tolist() == [1, 0, 0]
    assert found.window.alive[:, 0].tolist() == [True, False]  # what was kept stays


def test_rows_in_the_middle_of_an_episode_are_stuck_until_a_reset():
    found = Collection(1, 1, 0, 1, 1, (), np.int64)
    found.begin(np.array([0]))
    found.record(np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1), np.zeros(1, bool))
    found.grow(1)  # the horizon ended the episode, the environment goes on
    assert found.stuck
    found.begin(np.array([0]))
    assert not found.stuck
