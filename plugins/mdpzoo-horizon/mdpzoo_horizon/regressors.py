"""Former place of ``Histogram`` and ``Ridge``, which saved agents name; use ``mdpzoo_horizon.algorithms``."""

from mdpzoo_horizon.algorithms.regressors import Histogram, Ridge

__all__ = ["Histogram", "Ridge"]
