"""A data set of Minari names the environment that it was recorded in, if that can be made again."""

from dataclasses import replace

import pytest

import mdpzoo
from mdpzoo.records import record

RIVER = "mdpzoo/RiverSwim-v0"


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    env = mdpzoo.make(RIVER, length=4, max_episode_steps=7)
    return record(mdpzoo.make_agent("random", env, seed=0), env, episodes=2, seed=0)


def test_minari_makes_the_recorded_environment_again(recorded):
    again = recorded.to_minari("river/random-v0").recover_environment()
    assert (again.observation_space.n, again.spec.max_episode_steps) == (4, 7)


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"environment": [RIVER], "settings": {}},  # no name
        {"environment": f"os:{RIVER}", "settings": {}},  # Gymnasium would import os
        {"environment": RIVER, "settings": {"rules": "os:getcwd"}},  # names code
        {"environment": RIVER, "settings": {"length": -1}},  # there is no such river
    ],
)
def test_an_environment_that_cannot_be_made_is_not_named(recorded, source):
    assert replace(recorded, source=source).to_minari("river/random-v0").env_spec is None
