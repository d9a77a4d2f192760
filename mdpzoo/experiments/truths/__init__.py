"""What is known exactly of an environment: the optimum that learning curves are held against."""

from mdpzoo.experiments.truths.record import Truth

__all__ = ["Truth"]
