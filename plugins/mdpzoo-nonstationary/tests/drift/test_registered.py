"""Drift as registered ids."""

import gymnasium
import pytest

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_nonstationary import Drift, Step
from mdpzoo_nonstationary.drift.registered import schedule_of


@pytest.mark.parametrize(
    ("id", "parameter", "change", "factor", "limit"),
    [("CartPole", "pole_length", 10_000, 2.0, 500), ("Pendulum", "gravity", 5_000, 1.6, 200)],
)
def test_by_default_one_parameter_changes(id, parameter, change, factor, limit):
    env = gymnasium.make(f"mdpzoo/Drifting{id}-v0", notify="value")
    assert env.spec.max_episode_steps == limit
    _, info = env.reset(seed=0)
    assert info["drift"] == {parameter: 1.0}
    env.set_wrapper_attr("clock", change)  # as after so many steps
    assert env.reset()[1]["drift"] == {parameter: factor}
    assert env.reset(seed=0)[1]["drift"] == {parameter: 1.0}  # a seed starts the clock again


def test_a_changed_pole_moves_otherwise_and_the_same_one_does_not():
    level = {"pole_length": {"kind": "step", "changes": [3], "levels": [1.0, 3.0]}}
    moving, still = mdpzoo.make("mdpzoo/DriftingCartPole-v0", schedules=level), gymnasium.make("CartPole-v1")
    first, second = moving.reset(seed=4)[0], still.reset(seed=4)[0]
    equal = []
    for _ in range(6):
        equal.append(bool((first == second).all()))
        first, second = moving.step(1)[0], still.step(1)[0]
    assert equal == [True] * 4 + [False] * 2  # step 3 is the first with the longer pole


def test_schedules_are_read_from_what_json_holds():
    assert schedule_of({"kind": "step", "changes": [5], "levels": [1.0, 2.0]}) == Step([5], [1.0, 2.0])
    assert schedule_of({"kind": "drift", "first": 1.0, "last": 2.0, "begin": 0, "end": 9}) == Drift(1.0, 2.0, 0, 9)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"kind": "steps"}, "Did you mean 'step'"),
        ({"changes": [5]}, "a schedule needs a kind, got None"),
        ("step", "a schedule needs a kind"),
        ({"kind": "sinus", "amplitude": 0.5}, "cannot be made of"),
        ({"kind": "sinus", "amplitude": 0.5, "periode": 3}, "periode"),
        ({"kind": "sinus", "amplitude": 0.5, "period": 0}, "period must be positive"),
    ],
)
def test_a_wrong_schedule_is_an_error(written, sentence):
    with pytest.raises(SettingError, match=sentence):
        mdpzoo.make("mdpzoo/DriftingPendulum-v0", schedules={"mass": written})
