"""Exact solvers for tabular models: pure functions over arrays, on one thread, with certified bounds."""

from mdpzoo.planning.average import AverageSolution, diameter, evaluate_average, solve_average
from mdpzoo.planning.discounted import DiscountedSolution, solve_discounted
from mdpzoo.planning.evaluation import Evaluation, Occupancy, evaluate, occupancy
from mdpzoo.planning.finite_horizon import FiniteHorizonSolution, solve_finite_horizon
from mdpzoo.planning.sensitivity import (
    PolicyMargin,
    cliff_map,
    policy_margin,
    soft_policy_bound,
    soft_value_bound,
)
from mdpzoo.planning.soft import SoftSolution, solve_soft_discounted, solve_soft_finite_horizon

__all__ = [
    "AverageSolution",
    "DiscountedSolution",
    "Evaluation",
    "FiniteHorizonSolution",
    "Occupancy",
    "PolicyMargin",
    "SoftSolution",
    "cliff_map",
    "diameter",
    "evaluate",
    "evaluate_average",
    "occupancy",
    "policy_margin",
    "soft_policy_bound",
    "soft_value_bound",
    "solve_average",
    "solve_discounted",
    "solve_finite_horizon",
    "solve_soft_discounted",
    "solve_soft_finite_horizon",
]
