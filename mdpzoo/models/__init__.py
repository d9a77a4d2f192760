"""Models as arrays: checked once, then frozen."""

from mdpzoo.models.markov_game import MarkovGame
from mdpzoo.models.tabular import TabularMDP

__all__ = ["MarkovGame", "TabularMDP"]
