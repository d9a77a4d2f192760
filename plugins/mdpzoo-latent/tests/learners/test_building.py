import pytest

from mdpzoo.errors import SettingError
from mdpzoo_latent import latent_river_swim, signpost
from mdpzoo_latent.environments.random_contexts import latent_random
from mdpzoo_latent.environments.rooms import latent_rooms
from mdpzoo_latent.learners.building import learner_for


def test_what_is_not_set_comes_from_the_model():
    settings = learner_for("l-ucrl", {}, 4, 2, latent_river_swim(horizon=5), 0).settings
    assert (settings.contexts, settings.horizon, settings.starts) == (2, 5, [2])


def test_what_is_set_stays():
    settings = learner_for("l-ucrl", {"contexts": 3, "horizon": 4}, 4, 2, latent_river_swim(horizon=5), 0).settings
    assert (settings.contexts, settings.horizon) == (3, 4)


def test_without_a_model_contexts_and_horizon_must_be_set():
    settings = learner_for("l-ucrl", {"contexts": 2, "horizon": 3}, 4, 2, None, 0).settings
    assert settings.starts == [0, 1, 2, 3]
    with pytest.raises(SettingError, match="must know contexts and horizon"):
        learner_for("l-ucrl", {"contexts": 2}, 4, 2, None, 0)
    with pytest.raises(SettingError, match="must know contexts and horizon"):
        learner_for("l-ucrl", {}, 4, 2, latent_river_swim(), 0)  # a model without an end


def test_rewards_range_over_what_the_model_pays_at_least_zero_to_one():
    assert learner_for("ucbvi", {}, 3, 3, signpost(penalty=2.0, horizon=3), 0).settings.reward_range == (-2.0, 1.0)
    assert learner_for("ucbvi", {}, 4, 2, latent_random(horizon=3), 0).settings.reward_range == (0.0, 1.0)
    set_by_hand = learner_for("ucbvi", {"reward_range": (0.0, 5.0)}, 4, 2, latent_random(horizon=3), 0)
    assert set_by_hand.settings.reward_range == (0.0, 5.0)


def test_a_learner_that_ignores_the_context_has_one():
    learner = learner_for("ucbvi", {}, 4, 2, latent_random(contexts=3, horizon=3), 0)
    assert learner.counts.visits.shape == (1, 4, 2)


def test_too_many_histories_are_refused_before_they_are_built():
    rooms = latent_rooms()
    with pytest.raises(SettingError, match="take a smaller environment"):
        learner_for("l-ucrl", {}, rooms.num_states, 4, rooms, 0)
    assert learner_for("ucbvi", {}, rooms.num_states, 4, rooms, 0).tree.depth == 38  # memory is not the matter there


def test_one_seed_samples_one_sequence_of_models():
    learners = [learner_for("lmdp-posterior", {}, 4, 2, latent_random(horizon=3), seed) for seed in (5, 5, 6)]
    first, same, other = (each.generator.random() for each in learners)
    assert first == same != other
