"""Models as arrays: checked once, then frozen."""

from mdpzoo.models.tabular import TabularMDP

__all__ = ["TabularMDP"]
