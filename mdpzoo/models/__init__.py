"""Models as arrays: checked once, then frozen."""

from mdpzoo.models.tabular import TabularMDP
from mdpzoo.specs import lazily

HOMES = {"LatentMDP": "latent", "TabularPOMDP": "pomdp"}
__all__ = ["LatentMDP", "TabularMDP", "TabularPOMDP"]
__getattr__, __dir__ = lazily(__name__, HOMES)
