"""An agent that learns from games is evaluated: its own policies play, the first player's returns count."""

import csv
import json

import numpy as np
import pytest

import mdpzoo
from mdpzoo import registry
from mdpzoo.codes import load
from mdpzoo.errors import CheckpointError
from mdpzoo.experiments import evaluation
from mdpzoo.experiments.evaluation import evaluate_saved
from mdpzoo.experiments.game_evaluation import is_game, seated
from mdpzoo.experiments.run import Run
from mdpzoo.experiments.training import train
from mdpzoo.experiments.truths.finding import Question, find_truth
from mdpzoo.policies import TablePolicy

LQ, MATRIX = "mdpzoo/AdversarialLQ-v0", "mdpzoo/MatrixGame-v0"
RUN = {"agent": "rarl", "environment": LQ, "steps": 60, "settings": {"sac": {"learning_starts": 20}}}


class Solved:
    """Both players' equilibrium in the linear-quadratic game, which has settled after a few steps."""

    def __init__(self, game):
        found = load(registry.environment(LQ).rules)().solution(0.999999)
        self.gains = dict(zip(game.possible_agents, (found.K, found.L), strict=True))

    def policy_of(self, player):
        return Linear(self.gains[player])


class Linear:
    def __init__(self, gains):
        self.gains = gains

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        assert deterministic  # actions are Boxes
        return (-np.asarray(observation) @ self.gains.T).astype(np.float32), None


class Tables:
    """Plays rock or paper in every state."""

    def policy_of(self, player):
        return TablePolicy([[0.0, 1.0, 0.0] if player == "player_0" else [1.0, 0.0, 0.0]] * 10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run that learnt from a game, evaluated twice."""
    folder = tmp_path_factory.mktemp("runs") / "game"
    train(Run(**RUN, evaluate_every=30, evaluation_episodes=3), folder)
    return folder


def test_a_run_of_a_game_is_evaluated_at_set_steps(folder):
    with (folder / "evaluations.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["steps"]) for row in rows] == [30] * 3 + [60] * 3
    last = np.mean([float(row["return"]) for row in rows[3:]])
    assert json.loads((folder / "result.json").read_text())["final_return"] == pytest.approx(last)


def test_the_evaluation_of_a_game_leaves_the_training_alone(folder, tmp_path):
    train(Run(**RUN), tmp_path / "without")
    first, second = (mdpzoo.load_agent(each).get_parameters()["progress"] for each in (folder, tmp_path / "without"))
    assert str(first) == str(second)
    parts = [mdpzoo.load_agent(each).protagonist.model.policy.state_dict() for each in (folder, tmp_path / "without")]
    assert all((parts[0][name] == parts[1][name]).all() for name in parts[0])


def test_a_saved_agent_of_games_is_evaluated(folder):
    found = evaluate_saved(folder, 4)
    assert (found.agent, found.environment, found.player) == ("rarl", LQ, "protagonist")
    assert len(found.result.returns) == 4
    assert evaluate_saved(folder, 4).result.returns.tolist() == found.result.returns.tolist()
    assert evaluate_saved(folder, 2, environment_settings={"max_cycles": 3}).result.lengths.tolist() == [3, 3]


def test_best_play_on_both_sides_earns_the_value_of_the_game():
    envs, policy = seated(Solved(mdpzoo.make_parallel(LQ)), LQ, {}, 16, seed=5)[1:3]
    returns = evaluation.evaluate(policy, envs, 600).returns
    value = find_truth(Question(LQ, {}, [5], 10, 100)).optimum
    # the gains of the endless game cost next to nothing in 25 steps
    assert abs(returns.mean() - value) < 4 * returns.std() / np.sqrt(600)


def test_where_actions_are_discrete_they_are_drawn():
    found = seated(Tables(), MATRIX, {"payoffs": "rock-paper-scissors", "max_cycles": 5}, 2, seed=0)
    assert (found.player, found.deterministic) == ("player_0", False)
    assert evaluation.evaluate(found.policy, found.envs, 2, found.deterministic).returns.tolist() == [5.0, 5.0]


def test_what_is_a_game_is_known_by_its_id():
    assert [is_game(each) for each in (LQ, "mdpzoo/RiverSwim-v0", "CartPole-v1")] == [True, False, False]


def test_an_agent_without_a_policy_for_each_player_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr(evaluation, "read", lambda saved, env: object())
    with pytest.raises(CheckpointError, match=r"no policy for each player .* must have the method policy_of\(player\)"):
        evaluate_saved("some.zip", 1, environment=MATRIX)


def test_every_installed_agent_of_games_has_a_policy_for_each_player():
    for id, spec in registry.agents().items():
        if spec.learns_from == "game":
            game = mdpzoo.make_parallel(LQ)
            assert all(mdpzoo.make_agent(id, game, seed=0).policy_of(each) for each in game.possible_agents)
