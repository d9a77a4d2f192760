"""Seats of games: with masks, players who leave, memories, hidden facts, simulators."""

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import SyncVectorEnv
from pettingzoo.test import parallel_api_test
from stable_baselines3 import PPO

import mdpzoo
from mdpzoo.errors import IllegalActionError, ResetNeededError, SettingError
from mdpzoo.interop.pettingzoo import GameParallelEnv
from mdpzoo.interop.shells.batched_vector import BatchedVectorEnv
from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv
from mdpzoo.policies import TablePolicy

ID = "mdpzoo/MatrixGame-v0"


class Race:
    """Three players roll a die each round; who has 6 points leaves; a player may not play 1 twice in a row.

    The tie-breaker, a number drawn at the start, is hidden; the season counts games and survives resets.
    """

    players = ("ann", "bob", "cyd")
    observation_spaces = {player: spaces.Discrete(40) for player in players}
    action_spaces = {player: spaces.Discrete(2) for player in players}

    def initial(self, draw, before=None):
        season = 0 if before is None else before[3] + 1
        return (0, 0, 0), (0, 0, 0), int(draw() * 10), season

    def step(self, state, actions, draw):
        points, last, tie, season = state
        chosen = [actions.get(player, 0) for player in self.players]
        for player, before, action in zip(self.players, last, chosen, strict=True):
            if before and action and player in actions:
                raise IllegalActionError(f"{player} may not play 1 twice in a row")
        rolled = [int(draw() * 3) + action for action in chosen]
        after = tuple(each + roll if each < 6 else each for each, roll in zip(points, rolled, strict=True))
        rewards = {player: float(roll) for player, roll in zip(self.players, rolled, strict=True)}
        ended = {player: each >= 6 for player, each in zip(self.players, after, strict=True)}
        return (after, tuple(chosen), tie, season), rewards, ended

    def observe(self, state):
        return {
            player: np.int64(points * 2 + last) for player, points, last in zip(self.players, *state[:2], strict=True)
        }

    def action_masks(self, state):
        return {player: np.array([True, not last]) for player, last in zip(self.players, state[1], strict=True)}

    def reveal(self, state):
        return {"tie": state[2], "season": state[3]}


class Cautious:
    """Always plays 0."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return np.zeros(np.shape(observation), np.int64), state


class Counting:
    """Plays 1 at every other decision of an episode: it remembers how many there were."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        count = 0 if state is None or episode_start[0] else int(state[0])
        return np.int64(count % 2), (np.array(count + 1),)


def test_players_leave_one_by_one_and_the_game_ends_with_the_last():
    game = GameParallelEnv(Race())
    game.reset(seed=1)
    left = []
    while game.agents:
        playing = list(game.agents)
        _, _, terminated, _, _ = game.step(dict.fromkeys(playing, 0))
        left += [player for player in playing if terminated[player]]
        assert game.agents == [player for player in playing if not terminated[player]]
    assert sorted(left) == list(Race.players)
    with pytest.raises(ResetNeededError, match="the game has ended"):
        game.step({"ann": 0})


@pytest.mark.filterwarnings("ignore:Observation is not a NumPy array")
def test_a_game_with_masks_and_leavers_passes_pettingzoos_test():
    class Free(Race):
        """Without the rule that PettingZoo's sampler, which looks for masks in observations, would break."""

        action_masks = None

        def __getattribute__(self, name):
            if name == "action_masks":
                raise AttributeError(name)
            return super().__getattribute__(name)

        def step(self, state, actions, draw):
            return super().step((state[0], (0, 0, 0), *state[2:]), actions, draw)

    parallel_api_test(GameParallelEnv(Free()), num_cycles=50)


def test_masks_reach_the_players_infos():
    game = GameParallelEnv(Race())
    _, infos = game.reset(seed=0)
    assert infos["ann"]["action_mask"].tolist() == [1, 1]
    _, _, _, _, infos = game.step({"ann": 1, "bob": 0, "cyd": 0})
    assert infos["ann"]["action_mask"].tolist() == [1, 0]


class OneMasked(Race):
    """Only ann's actions are masked."""

    def action_masks(self, state):
        return {"ann": super().action_masks(state)["ann"]}


def test_a_player_whom_the_masks_leave_out_may_do_anything():
    game = GameParallelEnv(OneMasked())
    _, infos = game.reset(seed=0)
    assert "action_mask" in infos["ann"]
    assert "action_mask" not in infos["bob"]
    seat = mdpzoo.seat(OneMasked(), "bob", Cautious())
    seat.reset(seed=0)
    assert seat.action_masks().tolist() == [True, True]
    seat.step(1)


def test_a_seat_has_masks_and_ends_when_its_player_leaves():
    seat = mdpzoo.seat(Race(), "ann", Cautious())
    check_env(seat, skip_render_check=True)
    seat.reset(seed=0)
    seat.step(1)
    assert seat.action_masks().tolist() == [True, False]
    with pytest.raises(IllegalActionError, match="ann may not play 1 twice"):
        seat.step(1)
    seat.reset(seed=0)
    while not seat.step(0)[2]:
        assert seat.action_masks()[0]
    with pytest.raises(ResetNeededError):
        seat.step(0)


@pytest.mark.parametrize(("reveal", "every"), [("never", 0), ("end", 1), ("always", 2)])
def test_a_seat_and_a_game_reveal_the_same(reveal, every):
    seat = mdpzoo.seat(Race(), "ann", Cautious(), reveal=reveal)
    game = GameParallelEnv(Race(), reveal=reveal)
    _, info = seat.reset(seed=2)
    _, infos = game.reset(seed=2)
    assert ("tie" in info, "tie" in infos["bob"]) == (every == 2, every == 2)
    for _ in range(30):
        _, _, ended, _, info = seat.step(0)
        assert ("tie" in info) == (every == 2 or (every == 1 and ended))
        if ended:
            assert seat.reset()[1].get("season", 1) == 1
            break
    while game.agents:
        _, _, _, _, infos = game.step(dict.fromkeys(game.agents, 0))
    assert all(("season" in each) == (every > 0) for each in infos.values())


def test_the_season_survives_resets_of_a_seat_and_a_seed_starts_it_again():
    seat = mdpzoo.seat(Race(), "bob", Cautious(), reveal="always")
    assert [seat.reset(seed=0)[1]["season"], seat.reset()[1]["season"], seat.reset()[1]["season"]] == [0, 1, 2]
    assert seat.reset(seed=0)[1]["season"] == 0


def test_a_policy_with_a_memory_plays_in_every_face_of_a_seat():
    faces = [
        mdpzoo.seat(ID, "player_0", Counting(), num_envs=2, autoreset_mode="same_step"),
        mdpzoo.seat(ID, "player_0", Counting(), num_envs=2, output="sb3"),
    ]
    assert isinstance(faces[0], SyncVectorEnv)  # a memory has no batched form
    faces[0].reset(seed=0)
    faces[1].seed(0)
    faces[1].reset()
    alone = mdpzoo.seat(ID, "player_0", Counting())
    alone.reset(seed=0)
    for step in range(20):
        seen = alone.step(0)[0]
        assert seen == step % 2  # row shows heads, column what it counts
        assert faces[0].step(np.zeros(2, int))[0].tolist() == [seen, seen]
        assert faces[1].step(np.zeros(2, int))[0].tolist() == [seen, seen]


def test_a_stochastic_table_draws_the_same_in_every_face_and_leaves_the_games_numbers_alone():
    table = TablePolicy(np.full((5, 2), 0.5))
    alone = mdpzoo.seat(ID, "player_0", table)
    batch = mdpzoo.seat(ID, "player_0", table, num_envs=3, autoreset_mode="same_step")
    dense = TensorVectorEnv(alone.rules.batched(), 3, max_episode_steps=25)
    for_sb3 = mdpzoo.make_sb3(alone, 3)
    assert isinstance(batch, BatchedVectorEnv)
    alone.reset(seed=8)
    batch.reset(seed=6)
    dense.reset(seed=6)
    for_sb3.seed(6)
    for_sb3.reset()
    seen = []
    for _ in range(24):
        seen.append(int(alone.step(1)[0]))
        assert batch.step(np.ones(3, int))[0][2] == dense.step(np.ones(3, int))[0][2] == seen[-1]
        assert for_sb3.step(np.ones(3, int))[0][2] == seen[-1]
    assert {2, 3} == set(seen)  # both of column's actions


def test_two_rows_draw_differently_and_two_players_too():
    table = TablePolicy(np.full((40, 2), 0.5))
    rows = mdpzoo.seat(ID, "player_0", TablePolicy(np.full((5, 2), 0.5)), num_envs=64)
    rows.reset(seed=0)
    assert 15 < (rows.step(np.zeros(64, int))[0] == 0).sum() < 49  # 32, standard deviation 4
    race = mdpzoo.seat(Race(), "ann", table)
    equal = 0
    for seed in range(100):
        race.reset(seed=seed)
        race.step(0)
        _, last, _, _ = race.unwrapped._state.game
        equal += last[1] == last[2]
    assert 30 < equal < 70  # 50, standard deviation 5


def test_a_frozen_policy_is_replaced_in_every_face():
    heads, tails = TablePolicy([[1.0, 0.0]] * 5), TablePolicy([[0.0, 1.0]] * 5)
    alone = mdpzoo.seat(ID, "player_0", heads)
    batch = mdpzoo.seat(ID, "player_0", heads, num_envs=2)
    for_sb3 = mdpzoo.seat(ID, "player_0", heads, num_envs=2, output="sb3")
    alone.reset(seed=0)
    batch.reset(seed=0)
    for_sb3.reset()
    assert (alone.step(0)[1], batch.step(np.zeros(2, int))[1].tolist()) == (1.0, [1.0, 1.0])
    assert for_sb3.step(np.zeros(2, int))[1].tolist() == [1.0, 1.0]
    alone.set_policy("player_1", tails)
    batch.set_policy("player_1", tails)
    for_sb3.env_method("set_policy", "player_1", tails)
    assert (alone.step(0)[1], batch.step(np.zeros(2, int))[1].tolist()) == (-1.0, [-1.0, -1.0])
    assert for_sb3.step(np.zeros(2, int))[1].tolist() == [-1.0, -1.0]
    with pytest.raises(SettingError, match="'player_0' is none of the other players"):
        alone.set_policy("player_0", heads)
    with pytest.raises(SettingError, match="is no seat of a game"):
        mdpzoo.make("mdpzoo/RiverSwim-v0").unwrapped.set_policy("player_1", heads)


def test_an_sb3_opponent_plays_from_exported_weights():
    opponent = PPO("MlpPolicy", mdpzoo.seat(ID, "player_1", TablePolicy([[0.5, 0.5]] * 5)), seed=0, device="cpu")
    seat = mdpzoo.seat(ID, "player_0", opponent, num_envs=4, deterministic=True)
    seat.reset(seed=0)
    seen, *_ = seat.step(np.zeros(4, int))
    wanted, _ = opponent.predict(np.full(4, 4), deterministic=True)  # 4: nothing has been played yet
    assert seen.tolist() == wanted.tolist()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((ID, "player_2", Cautious()), "Did you mean 'player_0'|unknown player 'player_2'"),
        ((ID, "player_0", {}), "'player_1' needs a policy"),
        ((ID, "player_0", {"player_1": Cautious(), "player_9": Cautious()}), "'player_9' is none of the other players"),
        ((ID, "player_0", 3), r"a policy needs predict\(\), got 3"),
        ((3, "player_0", Cautious()), "expected a game's id, rules or a parallel environment, got 3"),
        (("mdpzoo/RiverSwim-v0", "player_0", Cautious()), "has one decision maker"),
    ],
)
def test_a_wrong_argument_is_named(arguments, words):
    with pytest.raises(SettingError, match=words):
        mdpzoo.seat(*arguments)


def test_an_unknown_output_or_setting_is_named():
    with pytest.raises(SettingError, match="output must be one of numpy, torch, sb3, got 'jax'"):
        mdpzoo.seat(ID, "player_0", Cautious(), num_envs=2, output="jax")
    with pytest.raises(SettingError, match="unknown setting 'payofs'"):
        mdpzoo.seat(ID, "player_0", Cautious(), payofs="stag-hunt")
