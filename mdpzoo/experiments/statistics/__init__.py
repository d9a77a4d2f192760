"""Statistics of runs over seeds and environments: frozen results, computed with NumPy alone."""

from mdpzoo.experiments.statistics.aggregates import (
    area_under_curve,
    interquartile_mean,
    optimality_gap,
    steps_to_threshold,
)
from mdpzoo.experiments.statistics.comparisons import (
    Comparison,
    compare_paired,
    compare_unpaired,
    holm,
    improvement_interval,
    probability_of_improvement,
)
from mdpzoo.experiments.statistics.intervals import Interval, bootstrap_interval
from mdpzoo.experiments.statistics.means import mean_limits
from mdpzoo.experiments.statistics.profiles import Profile, performance_profile

__all__ = [
    "Comparison",
    "Interval",
    "Profile",
    "area_under_curve",
    "bootstrap_interval",
    "compare_paired",
    "compare_unpaired",
    "holm",
    "improvement_interval",
    "interquartile_mean",
    "mean_limits",
    "optimality_gap",
    "performance_profile",
    "probability_of_improvement",
    "steps_to_threshold",
]
