"""Former place of ``Network``, which saved agents name; use ``mdpzoo_horizon.algorithms``."""

from mdpzoo_horizon.algorithms.network_regressor import Network

__all__ = ["Network"]
