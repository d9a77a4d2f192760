"""What every single environment does: errors at the right moment, limits, hidden facts."""

import gymnasium
import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import IllegalActionError, ResetNeededError, SettingError
from tests.toys import Cards, Countdown, Slide, coin_walk

RIVER = "mdpzoo/RiverSwim-v0"
RULES = {"model": Countdown, "table": coin_walk, "problem": Cards, "compiled": Slide}


def legal(env):
    return env.action_space.sample() * 0  # action 0 is legal in all of them, at first


@pytest.mark.parametrize("name", RULES)
def test_a_step_before_the_first_reset_says_so(name):
    env = mdpzoo.make(RULES[name]())
    with pytest.raises(ResetNeededError, match=r"no episode has begun; call reset\(\)"):
        env.step(legal(env))


def test_a_step_after_the_end_says_so_and_reset_helps():
    env = mdpzoo.make(Countdown())
    env.reset(seed=0)
    for _ in range(3):
        ended = env.step(0)[2]
    assert ended
    with pytest.raises(gymnasium.error.ResetNeeded, match="the episode has ended"):
        env.step(0)
    env.reset()
    env.step(0)


def test_a_terminal_state_pays_nothing_any_more():
    walk = mdpzoo.make(coin_walk(2))  # state 1 is terminal; its rows would pay 1
    walk.reset(seed=0)
    while not walk.step(1)[2]:
        pass
    with pytest.raises(ResetNeededError):
        walk.step(1)


@pytest.mark.parametrize("name", RULES)
def test_unknown_reset_options_are_named(name):
    for env in (mdpzoo.make(RULES[name]()), mdpzoo.make_vec(coin_walk(), 2)):
        with pytest.raises(SettingError, match="unknown reset option 'nonsense'"):
            env.reset(options={"nonsense": 1})


def test_a_misspelt_option_of_a_vector_environment_has_a_hint():
    with pytest.raises(SettingError, match="Did you mean 'reset_mask'"):
        mdpzoo.make_vec(coin_walk(), 2).reset(options={"reset_masks": [True, False]})


@pytest.mark.parametrize("limit", [0, -2, 2.5, True, "ten"])
def test_a_limit_is_a_positive_whole_number(limit):
    for make in (mdpzoo.make, lambda rules, **more: mdpzoo.make_vec(rules, 2, **more)):
        with pytest.raises(SettingError, match="max_episode_steps must be a whole number of at least 1"):
            make(coin_walk(), max_episode_steps=limit)


@pytest.mark.parametrize(("limit", "ends"), [(2, True), (-1, False), (None, False)])
def test_a_limit_truncates(limit, ends):
    env = mdpzoo.make(coin_walk(40), max_episode_steps=limit)
    env.reset(seed=0)
    assert [env.step(0)[3] for _ in range(2)] == [False, ends]


@pytest.mark.parametrize("action", [1.7, True, [[1], [2]], -1, 4, None])
def test_an_action_that_is_none_is_refused_and_nothing_is_lost(action):
    env = mdpzoo.make(Cards())
    env.reset(seed=0)
    with pytest.raises(IllegalActionError):
        env.step(action)
    assert env.step(0)[0]["action_mask"].tolist() == [False, True, True, True]


def test_an_unknown_reveal_is_named():
    for make in (mdpzoo.make, lambda rules, **more: mdpzoo.make_vec(rules, 2, **more)):
        with pytest.raises(SettingError, match="unknown reveal 'allways'. Did you mean 'always'"):
            make(coin_walk(), reveal="allways")


def test_asking_rules_without_secrets_to_reveal_gives_nothing():
    env = mdpzoo.make(coin_walk(), reveal="always")
    assert env.reset(seed=0)[1] == {}
    assert env.step(1)[4] == {}


def test_a_picture_needs_an_episode():
    with pytest.raises(ResetNeededError, match="no state to draw"):
        mdpzoo.make(Slide(), render_mode="rgb_array").render()


def test_a_game_given_to_an_agent_is_named_with_its_players():
    with pytest.raises(SettingError, match=r"has the players player_0, player_1; give it a seat"):
        mdpzoo.make_agent("ppo", mdpzoo.make_parallel("mdpzoo/MatrixGame-v0"))


def test_seeds_given_to_some_rows_leave_the_others_going_on():
    envs, alone = mdpzoo.make_vec(coin_walk(), 2), mdpzoo.make(coin_walk())
    envs.reset(seed=3)
    alone.reset(seed=4)
    envs.step(np.array([1, 1]))
    alone.step(1)
    seen, _ = envs.reset(seed=[9, None])
    assert seen[0] == mdpzoo.make(coin_walk()).reset(seed=9)[0]
    assert seen[1] == alone.reset()[0]


@pytest.mark.parametrize("seed", [1.5, "1", True, -1])
def test_a_seed_that_is_none_is_named_in_every_face(seed):
    for env in (mdpzoo.make(RIVER).unwrapped, mdpzoo.make_vec(RIVER, 2), mdpzoo.make_parallel("mdpzoo/MatrixGame-v0")):
        with pytest.raises(SettingError, match="seed must be an integer of at least 0 or None, got"):
            env.reset(seed=seed)


@pytest.mark.parametrize("action", [1.7, 1.0, [[1], [2]], True, "left", None, np.array([1])])
def test_an_action_of_another_type_or_shape_is_refused_by_a_model(action):
    env = mdpzoo.make(RIVER).unwrapped
    env.reset(seed=0)
    with pytest.raises(
        IllegalActionError, match=r"does not fit the action space Discrete\(2\); play one of its elements"
    ):
        env.step(action)
    env.step(np.int64(1))  # nothing is lost


def test_a_first_action_that_was_sampled_before_reset_ends_the_episode_where_it_is_illegal():
    env = mdpzoo.make("mdpzoo/Knapsack-v0", num_items=2).unwrapped
    env.reset(seed=0)
    while True:  # until the sample of one episode is illegal in the next
        sample = env.action_space.sample()
        env.reset()
        if not env.action_masks()[sample]:
            break
    _, reward, terminated, _, info = env.step(sample)
    assert (terminated, info) == (True, {"illegal": True})
    assert reward < 0
    env.reset(seed=0)
    env.step(int(np.flatnonzero(env.action_masks())[0]))  # from here on the sample is like any other action
    if not env._idle:
        with pytest.raises(IllegalActionError, match="illegal here"):
            env.step(int(np.flatnonzero(~env.action_masks())[0]))
