"""Exactly known values of an environment: the optimum that learning curves are compared with."""

from mdpzoo.experiments.truths.record import Truth

__all__ = ["Truth"]
