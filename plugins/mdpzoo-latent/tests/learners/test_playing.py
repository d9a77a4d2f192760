import numpy as np
import pytest

from mdpzoo import streams
from mdpzoo_latent import signpost
from mdpzoo_latent.environments.random_contexts import latent_random
from mdpzoo_latent.learners.building import learner_for
from mdpzoo_latent.learners.playing import last_action, play
from mdpzoo_latent.learners.replanning import replan
from mdpzoo_latent.simulation import Truth

MODEL = latent_random(states=3, horizon=4, seed=2, weights=[0.3, 0.7])


def a_learner(name="l-ucrl", model=MODEL, **settings):
    learner = learner_for(name, settings, model.num_states, model.num_actions, model, 0)
    replan(learner)
    return learner


def played(learner, episodes, model=MODEL, position=None, seed=0):
    truth, made = Truth.of(model), learner.plan
    return play(
        truth.start_limits, truth.limits, truth.given, truth.horizon,
        streams.key(seed) if position is None else np.uint64(position), episodes, learner.roots, learner.tree.child,
        made.kernels, made.beliefs, made.leaves, made.chosen, learner.design.label, 0.0, 1.0, *learner.counts,
    )  # fmt: skip


def test_play_stops_after_the_episode_in_which_a_count_has_doubled():
    learner = a_learner()
    assert played(learner, 100)[0] == 1  # first visits
    replan(learner)
    done, _ = played(learner, 100)
    doubled = learner.counts.visits >= np.maximum(1, 2 * learner.counts.planned)
    assert doubled.any()
    assert done < 100


def test_play_goes_on_in_the_stream_where_it_stopped():
    one, other = a_learner(), a_learner()
    for learner in (one, other):
        learner.counts.planned[:] = np.inf
    played(one, 50)
    _, position = played(other, 20)
    played(other, 30, position=position)
    for ours, theirs in zip(one.counts, other.counts, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_frequencies_are_those_of_the_model():
    learner = a_learner()
    learner.counts.planned[:] = np.inf  # never due
    assert played(learner, 20_000)[0] == 20_000
    counts = learner.counts
    assert counts.visits.sum() == 80_000
    assert counts.starts.sum(1) / 20_000 == pytest.approx([0.3, 0.7], abs=0.015)
    often = counts.visits > 5_000
    assert often.any()
    np.testing.assert_allclose(
        (counts.moves / np.maximum(counts.visits, 1)[..., None])[often], MODEL.transitions[often], atol=0.03
    )
    np.testing.assert_allclose((counts.paid / np.maximum(counts.visits, 1))[often], MODEL.rewards[often], rtol=1e-9)


def test_a_learner_that_ignores_the_context_counts_all_episodes_as_one():
    learner = a_learner("ucbvi")
    learner.counts.planned[:] = np.inf
    played(learner, 500)
    assert learner.counts.visits.shape[0] == 1
    assert learner.counts.visits.sum() == 2_000


def test_soft_counts_sum_to_the_episodes():
    learner = a_learner(hindsight=False, initial={"noise": 0.5, "seed": 1})
    before = learner.counts.visits.sum()
    learner.counts.planned[:] = np.inf
    played(learner, 500)
    assert learner.counts.visits.sum() - before == pytest.approx(2_000)
    assert learner.counts.starts.sum() == pytest.approx(500)


def test_the_last_action_is_the_best_reward_at_the_belief():
    leaves = np.array([[[1.0, 0.0], [0.0, 1.0], [0.6, 0.6]]])  # one state, three actions, two contexts
    assert [last_action(leaves, 0, np.array([p, 1 - p])) for p in (0.9, 0.1, 0.5)] == [0, 1, 2]


def test_the_actions_of_the_last_step_follow_the_belief():
    # two steps: look, and then the guess comes too late; with one look behind it, the third step's guess is informed
    model = signpost(accuracy=0.9, horizon=3)
    learner = learner_for("l-ucrl", {}, 3, 3, model, 0)
    learner.counts.visits[:], learner.counts.moves[:] = 1e9, 1e9 * model.transitions
    learner.counts.paid[:], learner.counts.starts[:] = 1e9 * model.rewards, [[1e9, 0, 0]] * 2
    replan(learner)
    leaves = learner.plan.leaves
    assert [last_action(leaves, 0, np.array(belief)) for belief in ([0.9, 0.1], [0.1, 0.9])] == [0, 1]
