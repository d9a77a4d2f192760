"""Sensitivity of optimal policies to the rewards."""

from mdpzoo.planning.sensitivity.policy_cliff import (
    PolicyMargin,
    cliff_map,
    policy_margin,
    soft_policy_bound,
    soft_value_bound,
)

__all__ = ["PolicyMargin", "cliff_map", "policy_margin", "soft_policy_bound", "soft_value_bound"]
