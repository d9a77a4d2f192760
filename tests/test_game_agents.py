"""Agents that learn from games: how they are made, tagged and refused."""

import pytest

import mdpzoo
from mdpzoo import codes, registry
from mdpzoo.checkpoints import describe
from mdpzoo.errors import PluginError, SettingError
from mdpzoo.experiments.run import Run
from mdpzoo.experiments.training import train
from mdpzoo.front import make_any
from mdpzoo.specs import AgentSpec

GAME = "mdpzoo/MatrixGame-v0"
LOAD = codes.load


class Counter:
    """Learns nothing from a game, and counts the steps that it is asked for."""

    def __init__(self, env=None, seed=None):
        self.env, self.num_timesteps = env, 0

    def learn(self, steps, callback=None, reset_num_timesteps=True):
        self.num_timesteps += steps

    def save(self, path):
        with open(f"{path}.zip", "w") as file:
            file.write(str(self.num_timesteps))


@pytest.fixture
def counter(monkeypatch):
    """The id of such an agent, known while the test runs."""
    spec = AgentSpec(
        id="counter", build=f"{__name__}:Counter", summary="", actions=("Discrete",), learns_from="game"
    )  # fmt: skip
    monkeypatch.setitem(registry._agents, spec.id, spec)
    monkeypatch.setattr("mdpzoo.codes.load", lambda code: Counter if code.endswith(":Counter") else LOAD(code))
    return spec.id


def test_what_an_agent_learns_from_is_an_environment_or_a_game():
    with pytest.raises(PluginError, match="learns_from of agent 'mine' must be one of environment, game"):
        AgentSpec(id="mine", build="mine:agent", summary="", learns_from="dreams")


def test_an_agent_of_games_takes_an_id_or_a_parallel_environment(counter):
    assert mdpzoo.make_agent(counter, GAME).env.possible_agents == ["player_0", "player_1"]
    game = mdpzoo.make_parallel(GAME)
    assert mdpzoo.make_agent(counter, game).env is game


@pytest.mark.parametrize(
    ("agent", "environment", "words"),
    [
        ("counter", "mdpzoo/RiverSwim-v0", "learns from a game of several players"),
        ("q-learning", GAME, "learns in an environment of one decision maker"),
        ("counter", "mdpzoo/AdversarialCartPole-v0", "acts in Discrete spaces"),
    ],
)
def test_an_agent_and_what_it_cannot_learn_from_are_refused(counter, agent, environment, words):
    with pytest.raises(SettingError, match=words):
        mdpzoo.make_agent(agent, environment)


def test_a_game_says_how_it_was_made():
    game = mdpzoo.make_parallel(GAME, payoffs="stag-hunt", max_cycles=9)
    assert describe(game) == {"id": GAME, "settings": {"payoffs": "stag-hunt", "max_cycles": 9}}
    note = describe(game)
    again = make_any(note["id"], **note["settings"])
    assert again.max_cycles == 9
    assert again.rules.payoffs.tolist() == game.rules.payoffs.tolist()


def test_an_id_makes_what_it_names():
    assert make_any(GAME).possible_agents == ["player_0", "player_1"]
    assert make_any("CartPole-v1").spec.id == "CartPole-v1"


def test_a_run_trains_an_agent_of_games(counter, tmp_path):
    run = Run(agent=counter, environment=GAME, steps=30, environment_settings={"payoffs": "stag-hunt"})
    trained = train(run, tmp_path / "run")
    assert trained.steps == 30
    assert trained.agent.env.rules.payoffs[0, 0, 0] == 4
    assert (tmp_path / "run" / "agent.zip").read_text() == "30"
