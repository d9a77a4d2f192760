from math import comb

import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_latent import latent_river_swim, plan, separation_of, signpost, solve_memoryless, tiger
from mdpzoo_latent.environments.bandits import latent_bandit
from mdpzoo_latent.environments.random_contexts import latent_random, latent_rewards
from mdpzoo_latent.environments.revealing_pomdps import balanced_emission, revealing_lock, two_step
from mdpzoo_latent.environments.rooms import latent_rooms
from mdpzoo_latent.environments.trees import latent_tree


@pytest.mark.parametrize("delay", [1, 3])
def test_the_way_back_from_a_signpost_takes_its_delay(delay):
    env = mdpzoo.make(signpost(delay=delay))
    env.reset(seed=0)
    states = [env.step(2)[0] for _ in range(1 + delay)]
    assert states[0] in (1, 2)
    assert states[1:] == [*range(3, 2 + delay), 0]


def test_a_certain_signpost_is_worth_one_look():
    # a look and the way back cost two steps, after which every guess is right: H - 2 against H / 2
    assert plan(signpost(accuracy=1.0), 10).value == pytest.approx(8)


def test_a_signpost_that_says_nothing_is_not_looked_at():
    assert plan(signpost(accuracy=0.5), 6).value == pytest.approx(3)


def test_the_mirrored_river_mirrors_states_and_actions():
    model = latent_river_swim(5)
    np.testing.assert_array_equal(model.transitions[1], model.transitions[0][::-1, ::-1, ::-1])
    np.testing.assert_array_equal(model.rewards[1], model.rewards[0][::-1, ::-1])
    assert model.start.argmax(1).tolist() == [2, 2]


@pytest.mark.parametrize("separation", [0.05, 0.3])
def test_random_contexts_have_the_separation_asked_for(separation):
    model = latent_random(contexts=3, states=5, separation=separation, seed=4)
    assert separation_of(model) == pytest.approx(separation)


def test_random_supports_are_shared_and_of_the_size_asked_for():
    model = latent_random(states=6, support=2, seed=1)
    assert ((model.transitions > 0).sum(-1) == 2).all()
    np.testing.assert_array_equal(model.transitions[0] > 0, model.transitions[1] > 0)


def test_random_contexts_are_those_of_their_seed():
    one, same, other = (latent_random(seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.transitions, same.transitions)
    assert (one.transitions != other.transitions).any()


def test_mixed_rewards_share_their_kernel_and_observing_them_is_worth_something():
    hidden, shown = (latent_rewards(seed=3, observed=each) for each in (False, True))
    np.testing.assert_array_equal(hidden.transitions[0], hidden.transitions[1])
    assert plan(shown).value > plan(hidden).value + 0.005
    # nothing tells contexts apart, so that histories are worth nothing
    assert plan(hidden).value == pytest.approx(solve_memoryless(hidden).value, abs=1e-9)


def test_a_tree_has_two_successors_at_most_and_each_context_its_own_secret():
    model = latent_tree(depth=2, actions=3, contexts=4, edge=0.25)
    assert ((model.transitions > 0).sum(-1) <= 2).all()
    better = np.argwhere(model.transitions[..., -3] == 0.75)  # success more likely than 1/2
    assert len({tuple(each[1:]) for each in better}) == len(better) == 4
    assert better[:, 0].tolist() == [0, 1, 2, 3]


def test_a_trees_values_are_those_of_its_pulls():
    model = latent_tree(contexts=2, edge=0.2)
    found = plan(model)
    assert found.informed == pytest.approx(0.7)  # the secret, known
    assert found.value == pytest.approx(0.5 * 0.7 + 0.5 * 0.5)  # one pull: the secret of one context or the other


def test_a_bandits_contexts_are_the_orders_of_its_arms():
    model = latent_bandit((0.9, 0.5, 0.1))
    wins = model.transitions[:, 0, :, 2]
    assert sorted(map(tuple, wins)) == sorted({tuple(each) for each in wins})
    assert len(wins) == 6
    assert len(latent_bandit((0.5, 0.5, 0.1)).models) == 3  # equal arms are not told apart


def test_a_bandit_with_certain_arms_is_solved_by_trying():
    # arm 0 or 1 wins always, the other never: one pull tells which, and half of the first pulls win
    assert plan(latent_bandit((1.0, 0.0), horizon=6)).value == pytest.approx(5.5)


@pytest.mark.parametrize("size", [5, 7, 9])
def test_every_room_can_be_reached_and_its_corner_leads_back(size):
    model = latent_rooms(size)
    reached = model.start[0] > 0
    for _ in range(size * size):
        reached = reached | (model.transitions[0].max(1)[reached] > 0).any(0)
    assert reached.all()
    for context in range(4):
        corner = int(model.rewards[context].max(1).argmax())
        np.testing.assert_array_equal(model.transitions[context, corner], [model.start[0]] * 4)


def test_the_picture_of_the_rooms_does_not_show_the_goal():
    pictures = set()
    for seed in range(20):
        env = mdpzoo.make("mdpzoo/LatentRooms-v0", render_mode="rgb_array", reveal="always", slip=0.0)
        _, info = env.reset(seed=seed)
        env.step(0)
        pictures.add((info["context"], env.render().tobytes()))
    assert len({context for context, _ in pictures}) == 4
    assert len({picture for _, picture in pictures}) == 1


def test_balanced_symbols_are_equally_likely_on_average():
    emission = balanced_emission(4, 0.5)
    np.testing.assert_allclose(emission.sum(0), 1)
    np.testing.assert_allclose(emission.mean(1), 1 / 8)


def test_the_locks_secret_pull_is_worth_its_edge():
    # one position: wait or pull at once; three steps: a pull at the secret's step, then pulls that pay in good
    model = revealing_lock(depth=1, positions=1, pulls=2, edge=0.3, horizon=3)
    assert plan(model).informed >= plan(model).value == pytest.approx(2 * 0.8)


def test_revealing_costs_the_rest_of_the_episode_in_the_multi_step_lock():
    model = revealing_lock("multi-step", depth=1, positions=1)
    good, shown = 1, 3
    assert model.transitions[good, 0, shown] == 1
    assert (model.transitions[shown, :, shown] == 1).all()
    assert (model.rewards[shown] == 0).all()


def test_hearing_is_right_as_often_as_said():
    envs = mdpzoo.make_vec(tiger(accuracy=0.7), 20_000, reveal="always")
    envs.reset(seed=0)
    heard, _, _, _, infos = envs.step(np.zeros(20_000, int))
    assert (heard == infos["hidden_state"]).mean() == pytest.approx(0.7, abs=0.015)


def test_the_optimum_of_two_certain_steps():
    # staying in good, which is as likely as bad, pays 1 a step
    assert plan(two_step(), 4).value == pytest.approx(2)


def test_a_bandits_optimum_of_two_pulls_by_hand():
    # the first pull wins with 0.6 on average; then the arm believed in more is pulled
    p, q, total = 0.9, 0.3, 0.0
    for mean, other in ((p, q), (q, p)):  # what the first arm really is, each half of the time
        stay = mean  # after a win the same arm is the better guess
        total += (mean * (1 + stay) + (1 - mean) * other) / comb(2, 1)
    assert plan(latent_bandit((p, q), horizon=2)).value == pytest.approx(total)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: signpost(penalty=-1.0), "penalty must be at least 0"),
        (lambda: signpost(accuracy=0.4), r"accuracy must lie in \[0.5, 1\]"),
        (lambda: signpost(delay=0), "delay must be at least 1"),
        (lambda: latent_river_swim(1), "length must be at least 2"),
        (lambda: tiger(accuracy=2.0), "accuracy must lie"),
        (lambda: latent_random(contexts=0), "contexts must be at least 1"),
        (lambda: latent_random(states=3, support=4), r"support must lie in 0..3"),
        (lambda: latent_random(separation=0.99), "the distance of the contexts drawn"),
        (lambda: latent_random(weights=[1.0]), "2 positive numbers"),
        (lambda: latent_tree(depth=0), "depth must lie in 1..12"),
        (lambda: latent_tree(contexts=9), "contexts must lie in 1..8"),
        (lambda: latent_tree(edge=0.6), r"edge must lie in \[0, 0.5\]"),
        (lambda: latent_bandit(()), "1 to 6 probabilities"),
        (lambda: latent_bandit((0.5, 1.5)), "1 to 6 probabilities"),
        (lambda: latent_rooms(6), "size must be odd"),
        (lambda: latent_rooms(slip=1.0), r"slip must lie in \[0, 1\)"),
        (lambda: balanced_emission(0, 0.5), "pairs must be at least 1"),
        (lambda: revealing_lock("two-step"), "unknown mode 'two-step'. Did you mean 'one-step'"),
        (lambda: revealing_lock(edge=0.7), "edge must lie in"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)
