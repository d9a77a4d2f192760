"""What RL Baselines3 Zoo calls; with ``rl_zoo3`` itself it is run by ``make recipes``."""

import sys
from importlib.util import find_spec

import pytest
from stable_baselines3.common.utils import ConstantSchedule

import mdpzoo
from mdpzoo.errors import MissingExtraError, UnknownNameError
from mdpzoo.interop import rl_zoo3

RIVER = "mdpzoo/RiverSwim-v0"
OFFERED = {"tensorboard_log": None, "seed": 0, "verbose": 0, "device": "auto"}  # to every algorithm


def test_an_agent_built_by_rl_zoo3_is_the_zoos_own():
    envs, settings = mdpzoo.make_sb3(RIVER, 2), {"learning_rate": 0.3, "initial_value": 10.0}
    given = settings | {"learning_rate": ConstantSchedule(0.3)}  # what rl_zoo3 makes of the number
    theirs = rl_zoo3.Algorithm("q-learning")(env=envs, **OFFERED, **given).learn(400)
    ours = mdpzoo.make_agent("q-learning", mdpzoo.make_sb3(RIVER, 2), seed=0, **settings).learn(400)
    assert (theirs.policy.table == ours.policy.table).all()


def test_what_an_agent_does_not_take_is_left_out():
    envs = mdpzoo.make_sb3(RIVER, 2)
    rl_zoo3.Algorithm("random")(env=envs, **OFFERED)  # has no tensorboard_log
    rl_zoo3.Algorithm("recurrent-ppo")(env=envs, **OFFERED)  # takes whatever its class takes


def test_a_saved_agent_is_read_without_what_sb3s_reader_is_told(tmp_path):
    algorithm = rl_zoo3.Algorithm("q-learning")
    saved = algorithm(env=mdpzoo.make_sb3(RIVER, 2), **OFFERED).learn(400)
    saved.save(tmp_path / "agent")
    loaded = algorithm.load(str(tmp_path / "agent.zip"), custom_objects={"lr_schedule": None}, device="auto", seed=0)
    assert (loaded.policy.table == saved.policy.table).all()


def test_hyper_parameters_are_new_for_every_reader():
    del rl_zoo3.hyperparams["default"]["n_timesteps"]  # as rl_zoo3 does
    assert rl_zoo3.hyperparams["default"]["n_timesteps"] == rl_zoo3.STEPS
    with pytest.raises(AttributeError, match="'hyper'"):
        _ = rl_zoo3.hyper


def test_a_command_that_needs_no_zoo_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["rl_zoo3", "plot_train"])
    with pytest.raises(SystemExit, match="one of train, enjoy, got 'plot_train'"):
        rl_zoo3.main()


@pytest.mark.skipif(find_spec("rl_zoo3") is not None, reason="rl_zoo3 is installed")
def test_without_rl_zoo3_it_says_what_to_install():
    with pytest.raises(MissingExtraError, match="pip install rl-zoo3"):
        rl_zoo3.add_agents()


def test_an_unknown_agent_is_named():
    with pytest.raises(UnknownNameError, match="q-learnin"):
        rl_zoo3.Algorithm("q-learnin")(env=mdpzoo.make_sb3(RIVER, 2))
