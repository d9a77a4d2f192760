"""The kit raises no false alarm on environments of others, and says what it could not test."""

import importlib
import subprocess
import sys

import pytest

from mdpzoo.checks import run_checks
from mdpzoo.errors import SettingError, UnknownNameError

# what stands before a colon, or before the game's name, must be installed
GYMNASIUM = (
    "Blackjack-v1",  # toy text
    "CliffWalking-v1",
    "FrozenLake-v1",
    "Taxi-v4",
    "Acrobot-v1",  # classic control
    "CartPole-v1",
    "MountainCar-v0",
    "MountainCarContinuous-v0",
    "Pendulum-v1",
    "HalfCheetah-v5",  # MuJoCo
    "Hopper-v5",
    "InvertedPendulum-v5",
    "Reacher-v5",
    "minigrid:MiniGrid-DoorKey-5x5-v0",  # MiniGrid
    "minigrid:MiniGrid-Empty-5x5-v0",
    "minigrid:MiniGrid-FourRooms-v0",
)
PETTINGZOO = (
    "pettingzoo.classic.chess_v6",
    "pettingzoo.classic.connect_four_v3",
    "pettingzoo.classic.go_v5",
    "pettingzoo.classic.rps_v2",
    "pettingzoo.classic.tictactoe_v3",
)
NEEDS = {"HalfCheetah": "mujoco", "Hopper": "mujoco", "InvertedPendulum": "mujoco", "Reacher": "mujoco"}


def needs(id):
    """The module without which an environment cannot be made."""
    return NEEDS.get(id.partition("-")[0]) or (id.partition(":")[0] if ":" in id else id if "." in id else "gymnasium")


@pytest.mark.parametrize("id", [*GYMNASIUM, *PETTINGZOO])
def test_an_environment_of_others_gives_no_false_alarm(id):
    try:
        importlib.import_module(needs(id))
    except ImportError as error:
        pytest.skip(f"{id} cannot be made here: {error}")
    results = run_checks(id)
    assert [(each.name, each.failure) for each in results if each.failure] == []
    passed = {each.name for each in results if each.verdict == "passed"}
    wanted = "it passes PettingZoo's api_test" if id in PETTINGZOO else "it passes Gymnasium's check_env"
    assert wanted in passed
    assert len(passed) >= 4


def test_settings_reach_an_environment_of_others():
    assert not [each for each in run_checks("FrozenLake-v1", is_slippery=False) if each.failure]
    with pytest.raises(SettingError, match=r"rps_v2 refuses these settings: .*unexpected keyword argument 'rounds'"):
        run_checks("pettingzoo.classic.rps_v2", rounds=3)


def test_a_game_without_a_parallel_form_says_so():
    results = {each.name: each for each in run_checks("pettingzoo.classic.tictactoe_v3")}
    assert results["every player's observation, reward and mask is right"].skipped == (
        "its players act in turn: it has no parallel environment"
    )
    assert results["every turn's observation, reward and mask is right"].verdict == "passed"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("CartPoel-v1", "Did you mean 'CartPole-v1'"),  # misspelt
        ("nowhere:X-v0", "the module of 'nowhere' cannot be imported"),
        ("minigrid:Nothing-v0", "importing 'minigrid' registers no environment 'Nothing-v0'"),
        ("os.path", "has neither env nor parallel_env"),  # a module, and no game
        ("acme-maze", "unknown plugin, environment or agent 'acme-maze'"),
    ],
)
def test_a_name_that_means_nothing_is_told_as_such(name, sentence):
    with pytest.raises(UnknownNameError, match=sentence):
        run_checks(name)


WITHOUT_TORCH = """
import sys
sys.modules.update(torch=None, stable_baselines3=None)  # importing them raises, as where they are not installed
from mdpzoo.checks import run_checks
results = run_checks("CartPole-v1") + run_checks("mdpzoo/RiverSwim-v0")
assert [each for each in results if each.failure] == []
assert sum(each.verdict == "passed" for each in results) > 15
assert any("stable_baselines3 is not installed; type: pip install" in str(each.skipped) for each in results)
"""


def test_without_torch_the_kit_runs_what_it_can_and_says_what_to_install():
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
