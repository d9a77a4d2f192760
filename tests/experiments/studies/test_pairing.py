"""Runs are all pairs that fit by the declared spaces; the others are skipped with a reason."""

import pytest

from mdpzoo.errors import SettingError, UnknownNameError
from tests.experiments.studies.study_texts import RIVER, planned


def test_pairs_that_fit_run_with_every_seed_and_the_others_say_why_not(tmp_path):
    plan = planned(tmp_path)
    assert [each.folder for each in plan.runs] == [
        f"{environment}/{agent}/seed-{seed}"
        for environment, agent in (
            ("mdpzoo-RiverSwim-v0", "q-learning"),
            ("mdpzoo-RiverSwim-v0", "random"),
            ("mdpzoo-TSP-v0", "random"),
        )
        for seed in (0, 1)
    ]
    skipped = plan.skipped[0]
    assert (skipped.environment, skipped.agent) == ("mdpzoo-TSP-v0", "q-learning")
    assert "observes Discrete spaces" in skipped.reason
    assert len(plan.skipped) == 1
    run = plan.runs[0].run
    assert (run.steps, run.num_envs, run.evaluation_episodes) == (40, 2, 2)


def test_an_agent_that_takes_one_environment_gets_one(tmp_path):
    plan = planned(tmp_path, RIVER.replace('id = "random"', 'id = "ucrl2"'))
    assert {each.agent.id: each.run.num_envs for each in plan.runs} == {"q-learning": 2, "ucrl2": 1}


def test_games_are_for_agents_that_learn_from_games(tmp_path):
    text = RIVER.replace("mdpzoo/TSP-v0", "mdpzoo/AdversarialCartPole-v0").replace("settings = {num_nodes = 4}", "")
    plan = planned(tmp_path, text.replace('id = "random"', 'id = "rarl"'))
    assert {(each.environment.id, each.agent.id) for each in plan.runs} == {
        ("mdpzoo/RiverSwim-v0", "q-learning"),
        ("mdpzoo/AdversarialCartPole-v0", "rarl"),
    }
    assert any("several players" in each.reason for each in plan.skipped)


@pytest.mark.parametrize(
    ("old", "new", "error", "sentence"),
    [
        ("mdpzoo/TSP-v0", "mdpzoo/TPS-v0", UnknownNameError, "Did you mean 'mdpzoo/TSP-v0'"),
        ('"random"', '"randon"', UnknownNameError, "Did you mean 'random'"),
        ("num_nodes = 4", "num_nods = 4", SettingError, "Did you mean 'num_nodes'"),
        ("num_nodes = 4", 'rules = "os:getcwd"', SettingError, "'rules' is no setting"),
        ('"q-learning"\n\n[[agents]]\nid = "random"', '"sac"', SettingError, "no agent of the study fits"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_runs(old, new, error, sentence, tmp_path):
    assert old in RIVER
    with pytest.raises(error, match=sentence):
        planned(tmp_path, RIVER.replace(old, new))
