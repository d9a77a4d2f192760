"""Games with one fault each; the sound one is the example plugin's MatrixGame."""

import numpy as np

from mdpzoo_example.matrix_batches import MatrixGames
from mdpzoo_example.matrix_game import MatrixGame


class OwnGenerator(MatrixGame):
    """Adds noise from a generator of its own to what is paid."""

    def __init__(self):
        super().__init__("rock-paper-scissors")
        self.generator = np.random.default_rng(0)

    def step(self, state, actions, draw):
        after, rewards, ended = super().step(state, actions, draw)
        return after, {player: each + self.generator.random() for player, each in rewards.items()}, ended


class BatchDiffers(MatrixGame):
    """Its batched form pays something else, so that a seat differs from the game."""

    def __init__(self):
        super().__init__("rock-paper-scissors")

    def batched(self):
        return MatrixGames(MatrixGame([[[0, -2, 1], [1, 0, -1], [-1, 1, 0]], self.payoffs[1]]))


class ObservesInteger(MatrixGame):
    """Observes a number without a player."""

    def observe(self, state):
        return int(state)


class ObservesOutside(MatrixGame):
    """Observes a state that the space has not."""

    def observe(self, state):
        return {player: np.int64(99) for player in self.players}


class NotANumber(MatrixGame):
    """Pays nan for one pair of actions."""

    def step(self, state, actions, draw):
        after, rewards, ended = super().step(state, actions, draw)
        return after, rewards | ({"player_1": float("nan")} if after == 1 else {}), ended
