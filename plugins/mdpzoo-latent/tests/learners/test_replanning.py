import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_latent import latent_river_swim, plan, signpost
from mdpzoo_latent.environments.random_contexts import latent_random
from mdpzoo_latent.learners.building import learner_for
from mdpzoo_latent.learners.playing import count_episode
from mdpzoo_latent.learners.records import history_tree
from mdpzoo_latent.learners.replanning import bonuses, estimates, replan
from mdpzoo_latent.simulation import Truth, value_of


def with_the_truth(name, model, **settings):
    """A learner that has seen every pair a million times, exactly as often as the model says."""
    learner = learner_for(name, settings, model.num_states, model.num_actions, model, 0)
    learner.counts.visits[:] = 1e9
    learner.counts.moves[:] = 1e9 * model.transitions
    learner.counts.paid[:] = 1e9 * model.rewards
    learner.counts.starts[:] = 1e9 * model.weights[:, None] * model.start
    replan(learner)
    return learner


@pytest.mark.parametrize("name", ["lmdp-value-optimistic", "lmdp-model-optimistic", "l-ucrl", "lmdp-posterior"])
@pytest.mark.parametrize("model", [signpost(penalty=1.0, horizon=5), latent_river_swim(3, horizon=5)])
def test_a_learner_that_knows_the_model_plays_the_optimum(name, model):
    learner = with_the_truth(name, model)
    assert value_of(learner, Truth.of(model)) == pytest.approx(plan(model).value, abs=1e-3)


@pytest.mark.parametrize("horizon", [1, 2])
def test_short_episodes_are_planned_too(horizon):
    model = latent_random(horizon=horizon)
    learner = with_the_truth("l-ucrl", model)
    assert value_of(learner, Truth.of(model)) == pytest.approx(plan(model).value, abs=1e-3)


def test_histories_with_equal_counts_of_moves_are_one():
    # two states, one action, three steps taken: moves form a path from state 0
    tree = history_tree(2, 1, 5, [0], ordered=True)
    counts = set()
    for path in np.ndindex(2, 2, 2):
        moves = list(zip((0, *path), path, strict=False))
        counts.add((path[-1], tuple(sorted(moves))))
    assert tree.levels[-1] - tree.levels[-2] == len(counts)


def test_without_memory_only_step_and_state_matter():
    tree = history_tree(3, 2, 6, [0], ordered=False)
    assert np.diff(tree.levels).tolist() == [1, 3, 3, 3, 3]


def test_more_bonus_is_more_optimistic():
    model = latent_random(horizon=4, seed=1)
    learners = [learner_for("l-ucrl", {"bonus_scale": scale}, 4, 2, model, 0) for scale in (0.1, 1.0)]
    assert bonuses(learners[1])[0] == pytest.approx(10 * bonuses(learners[0])[0])


def test_unseen_moves_keep_a_probability_and_unseen_rewards_are_the_largest():
    learner = learner_for("l-ucrl", {}, 4, 2, latent_random(), 0)
    learner.counts.visits[0, 0, 0] = learner.counts.moves[0, 0, 0, 2] = 3.0
    learner.counts.paid[0, 0, 0] = 1.5
    kernels, rewards = estimates(learner)
    np.testing.assert_allclose(kernels[0, 0, 0], [1 / 16, 1 / 16, 13 / 16, 1 / 16])
    assert rewards[0, 0, 0] == pytest.approx(0.5)
    assert rewards[1, 0, 0] == 1.0


def an_episode(learner, label, context=0, rewards=(0.0, 1.0)):
    states, taken = np.array([0, 1, 0]), np.array([2, 0])
    return count_episode(label, context, states, taken, np.array(rewards), 2, 0.0, 1.0, *learner.counts)


def test_in_hindsight_an_episode_counts_for_its_context_alone():
    learner = learner_for("l-ucrl", {}, 3, 3, signpost(horizon=2), 0)
    assert an_episode(learner, 0, context=1)  # first visits: a plan is due
    assert learner.counts.visits[0].sum() == 0
    assert learner.counts.moves[1, 0, 2, 1] == learner.counts.moves[1, 1, 0, 0] == 1
    assert learner.counts.paid[1, 1, 0] == 1


def test_without_hindsight_an_episode_counts_by_its_probability():
    model = signpost(accuracy=0.8, horizon=2)
    settings = {"hindsight": False, "initial": {"noise": 0.0}, "initial_count": 1e9}
    learner = learner_for("l-ucrl", settings, 3, 3, model, 0)
    before = learner.counts.visits.copy()
    an_episode(learner, 1, rewards=(0.0, 0.0))
    # the signpost reads 0: probability 0.8 of context 0
    np.testing.assert_allclose((learner.counts.visits - before)[:, 0, 2], [0.8, 0.2], rtol=1e-5)


@pytest.mark.parametrize(
    ("initial", "sentence"),
    [
        ({"noise": 2.0}, r"must lie in \[0, 1\]"),
        ({"transitions": [[1.0]], "rewards": [1.0]}, "initial must have transitions"),
        ({"transition": []}, "initial must have transitions and rewards"),
    ],
)
def test_an_initial_model_that_cannot_be_is_refused(initial, sentence):
    with pytest.raises(SettingError, match=sentence):
        learner_for("l-ucrl", {"hindsight": False, "initial": initial}, 3, 3, signpost(horizon=2), 0)
