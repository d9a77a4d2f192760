"""Frozen policies: players that do not learn, pure functions of observations and numbers, one row or many at a time."""

from mdpzoo.policies.freezing import freeze
from mdpzoo.policies.predictors import Predictor
from mdpzoo.policies.tables import TablePolicy

__all__ = ["Predictor", "TablePolicy", "freeze"]
