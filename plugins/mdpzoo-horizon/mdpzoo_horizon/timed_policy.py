"""Former place of ``TimedPolicy``, which saved agents name; use ``mdpzoo_horizon.algorithms``."""

from mdpzoo_horizon.algorithms.timed_policy import TimedPolicy

__all__ = ["TimedPolicy"]
