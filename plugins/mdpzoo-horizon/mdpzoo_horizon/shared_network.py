"""Former place of ``SharedNetwork``, which saved agents name; use ``mdpzoo_horizon.algorithms``."""

from mdpzoo_horizon.algorithms.shared_network import SharedNetwork

__all__ = ["SharedNetwork"]
