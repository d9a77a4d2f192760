import numpy as np
import pytest

import mdpzoo
from mdpzoo_adversarial.agents.conditioned_policies import ConditionedPolicy, IdlePolicy, TemperatureScale
from mdpzoo_adversarial.agents.learning_seats import LearningSeat
from mdpzoo_adversarial.agents.players import Player, own_game, player_seed
from mdpzoo_adversarial.agents.turns import Turns

CART = "mdpzoo/AdversarialCartPole-v0"
OWN, OTHER = "protagonist", "adversary"
SCALE = TemperatureScale(0.1, 0.001)
PLAN = np.array([0.1, 0.01, 0.001])
ONES = np.ones(3)
QUICK = {"learning_starts": 10, "batch_size": 8, "buffer_size": 500, "policy_kwargs": {"net_arch": [8]}}


class Watching(IdlePolicy):
    """Plays 0 and remembers what it was shown."""

    def __init__(self, space):
        super().__init__(space)
        self.seen = []

    def act(self, observations, numbers, masks=None):
        self.seen.append(observations.copy())
        return super().act(observations, numbers)


def seat(player=OWN, scale=SCALE, cycles=4, discount=0.5):
    game = mdpzoo.make_parallel(CART, max_cycles=cycles)
    other = OTHER if player == OWN else OWN
    idle = IdlePolicy(game.action_space(other))
    inner = mdpzoo.seat(game, player, {other: idle})
    return LearningSeat(inner, other, 1.0 if player == OWN else -1.0, discount, scale), game


def play(env, episodes):
    """The last coordinate of every first observation of an episode."""
    shown, action = [], np.zeros(env.action_space.shape, np.float32)
    for _ in range(episodes):
        seen, _ = env.reset(seed=0)
        shown.append(float(seen[-1]))
        ended = False
        while not ended:
            _, _, terminated, truncated, _ = env.step(action)
            ended = terminated or truncated
    return shown


def test_episodes_follow_the_plan_and_start_it_again():
    env, game = seat()
    watching = Watching(game.action_space(OTHER))
    opponent = ConditionedPolicy(watching, (4,))
    assert env.follow(PLAN, ONES, lambda: opponent) is None  # no episode has begun
    # follow has begun the first temperature's episode, which reset then leaves for the second's
    assert play(env, 5) == pytest.approx([0.5, 0.0, 1.0, 0.5, 0.0], abs=1e-6)
    assert [float(each[0, -1]) for each in watching.seen[::4]] == pytest.approx([0.5, 0.0, 1.0, 0.5, 0.0], abs=1e-6)


def test_a_phase_takes_over_the_episode_that_has_just_begun():
    env, game = seat()
    env.reset(seed=0)
    seen = env.follow(PLAN, ONES, lambda: ConditionedPolicy(IdlePolicy(game.action_space(OTHER)), (4,)))
    assert seen[-1] == pytest.approx(1.0)
    assert env.temperature == 0.1


@pytest.mark.parametrize(("player", "sign"), [(OWN, 1), (OTHER, -1)])
def test_finished_episodes_hold_the_protagonists_discounted_return(player, sign):
    env, _ = seat(player)
    play(env, 2)
    # four steps of 1, halved each time: 1.875, whoever's seat it is
    assert [discounted for _, discounted in env.finished] == [1.875, 1.875]
    assert env.step(np.zeros(env.action_space.shape, np.float32))[1] == sign


def test_without_a_scale_the_observation_is_the_games():
    env, _ = seat(scale=None)
    assert env.observation_space.shape == (4,)
    assert env.reset(seed=0)[0].shape == (4,)


def test_the_adversarys_own_actions_are_limited_to_its_share():
    env, game = seat(OTHER)
    opponent = ConditionedPolicy(IdlePolicy(game.action_space(OWN)), (4,))
    results = []
    for share in (1.0, 0.25):
        env.follow(PLAN, np.full(3, share), lambda: opponent)
        env.reset(seed=0)
        results.append(env.step(np.ones(2, np.float32))[0])
    env.follow(PLAN, ONES, lambda: opponent)
    env.reset(seed=0)
    quarter = env.step(np.full(2, 0.25, np.float32))[0]
    assert np.array_equal(results[1][:4], quarter[:4])
    assert not np.array_equal(results[0][:4], quarter[:4])


def make_player(name=OTHER, every=1, tempered=True):
    game = mdpzoo.make_parallel(CART, max_cycles=10)
    return Player(game, name, QUICK, SCALE, tempered, every, 0, "cpu")


class Silent:
    """A callback that does nothing; SB3 asks for these."""

    def on_rollout_start(self):
        pass

    on_rollout_end = on_rollout_start

    def update_locals(self, locals_):
        pass

    def on_step(self):
        return True


class Records(dict):
    """A logger that keeps the last value."""

    def record(self, key, value, exclude=None):
        self[key] = value

    def dump(self, step=0):
        raise AssertionError("a player's logger never writes")


def test_a_gradient_step_is_taken_every_so_many_steps_after_the_warm_up():
    player, records = make_player(every=4), Records()
    player.begin(records, 60, True)
    ended = [player.step(Silent()) for _ in range(50)]
    assert np.flatnonzero(ended).tolist() == [9, 19, 29, 39, 49]
    assert player.model._n_updates == 10  # steps 12, 16, ... 48
    assert records[f"{OTHER}/n_updates"] == 10
    assert not any(key.startswith(("time/", "rollout/")) for key in records)
    assert np.isfinite(player.mean_return)


def test_a_frozen_player_does_not_learn_with_its_model():
    player = make_player()
    player.begin(Records(), 100, True)
    frozen, seen = player.frozen(0.01), np.ones((3, 4), np.float32)
    before = frozen.predict(seen, deterministic=True)[0]
    for _ in range(60):
        player.step(Silent())
    assert np.array_equal(frozen.predict(seen, deterministic=True)[0], before)
    assert not np.array_equal(player.frozen(0.01).predict(seen, deterministic=True)[0], before)


def test_a_player_without_episodes_has_no_return():
    assert np.isnan(make_player().mean_return)


def test_games_of_rules_are_shared_by_their_rules_only():
    game = mdpzoo.make_parallel(CART, max_cycles=7)
    other = own_game(game)
    assert other is not game
    assert other.rules is game.rules
    assert other.max_cycles == 7


def test_players_have_seeds_of_their_own():
    assert len({player_seed(seed, place) for seed in range(3) for place in range(2)}) == 6


def test_the_adversary_begins_and_the_protagonist_ends_an_iteration():
    turns = Turns()
    assert [turns.pass_on(True) for _ in range(4)] == [False, True, False, True]
    assert (turns.taken, turns.learner) == (4, 1)
    alone = Turns(learner=0)
    assert [alone.pass_on(False) for _ in range(2)] == [True, True]
    assert alone.learner == 0
