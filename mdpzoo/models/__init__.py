"""Models as arrays: checked once, then frozen."""

from typing import TYPE_CHECKING

from mdpzoo.codes import lazily
from mdpzoo.models.tabular import TabularMDP

if TYPE_CHECKING:
    from mdpzoo.models.latent import LatentMDP
    from mdpzoo.models.markov_game import MarkovGame
    from mdpzoo.models.pomdp import TabularPOMDP

__all__ = ["LatentMDP", "MarkovGame", "TabularMDP", "TabularPOMDP"]
HOMES = {"LatentMDP": "latent", "MarkovGame": "markov_game", "TabularPOMDP": "pomdp"}
__getattr__, __dir__ = lazily(__name__, HOMES)
