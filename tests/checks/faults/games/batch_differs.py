"""Its batched form pays something else, so that a seat differs from the game."""

from mdpzoo_example.matrix_batches import MatrixGames
from mdpzoo_example.matrix_game import MatrixGame
from tests.checks.faults.sound import Scissors


class BatchDiffers(Scissors):
    def batched(self):
        return MatrixGames(MatrixGame([[[0, -2, 1], [1, 0, -1], [-1, 1, 0]], self.payoffs[1]]))
