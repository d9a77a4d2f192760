"""The learners by name, as data: their confidence sets, causes of restarts, and settings.

No learner is a copy of another: all run ``learning.py`` on a design from here.

What differs from the papers: BORL chooses among windows and widenings on this project's own logarithmic grid.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from mdpzoo.errors import SettingError, unknown
from mdpzoo.models.piecewise import PiecewiseMDP
from mdpzoo.planning import solve_average
from mdpzoo.settings import Choices, Range, check_fields, check_names, check_types
from mdpzoo_nonstationary.detectors.restarting import check_eta
from mdpzoo_nonstationary.environments.tables import continuing
from mdpzoo_nonstationary.learners.records import (
    ARM,
    BERNSTEIN,
    BOXES,
    DESIGN,
    KL,
    KNOWN,
    L1,
    POSTERIOR,
    Learner,
    blank,
)

KINDS = {
    "r-bocpd-ucrl2": L1,
    "ucrl2": L1,
    "ucrl2b": BERNSTEIN,
    "kl-ucrl": KL,
    "ucrl3": BOXES,
    "psrl": POSTERIOR,
    "sw-ucrl2": L1,
    "borl": L1,
    "restart-ucrl2": L1,
    "oracle-restart": L1,
    "optimal": KNOWN,
}
OPTIMISM = ("delta", "radius_scale", "explore", "reward_range")
OWN = {  # the settings that each learner takes besides those
    "r-bocpd-ucrl2": ("eta", "scope", "reward_bins", "max_hypotheses"),
    "sw-ucrl2": ("window", "widening", "horizon", "variation"),
    "borl": ("horizon",),
    "restart-ucrl2": ("expected_changes", "every", "horizon"),
    "oracle-restart": ("horizon",),
    "optimal": ("horizon",),
}
SCOPES = ("global", "local")
PRECISION = 1e-9  # of the gains that oracles plan with


@dataclass(frozen=True, kw_only=True)
class LearnerSettings:
    """The settings of all learners; ``settings_of`` returns those of one learner.

    Attributes:
        delta: probability with which the confidence sets, and the detectors together, may fail; in (0, 1).
        radius_scale: multiplies the logarithms of the radii; 1 keeps the guarantees, 0.05 is the practical setting.
        explore: probability of a uniform action.
        reward_range: the smallest and the largest reward; learners see them scaled to [0, 1].
        eta: of the detectors; see ``RBOCPD``. The delta of each stream is ``delta`` divided by the number of streams.
        scope: what the learner forgets at an alarm: everything (``"global"``) or the alarmed pair (``"local"``).
        reward_bins: symbols of the reward stream; 2: Bernoulli rounding, more: equal bins, 0: no reward stream.
        max_hypotheses: forecasters that each detector keeps.
        window: steps in a sliding window; None: from the variation, as tuned by Cheung et al.
        widening: added to the radii of transitions; None: from the variation.
        variation: the total change of transitions and rewards over the horizon that None is tuned for.
        horizon: steps that windows and bandits are tuned for and oracles look ahead; None: the steps of the first run.
        expected_changes: changes C that the schedule of restarts is tuned for: restart i at ``ceil(i^3 / C^2)``.
        every: steps between restarts, instead of that schedule; None: the schedule.
    """

    delta: Annotated[float, Range(0, 1, above=True, below=True)] = 0.05
    radius_scale: Annotated[float, Range(0, above=True)] = 1.0
    explore: Annotated[float, Range(0, 1)] = 0.0
    reward_range: tuple[float, float] = (0.0, 1.0)
    eta: str = "delta/n2"
    scope: Annotated[str, Choices(SCOPES)] = "global"
    reward_bins: Annotated[int, Range(0)] = 2
    max_hypotheses: Annotated[int, Range(3)] = 32
    window: Annotated[int | None, Range(1)] = None
    widening: Annotated[float | None, Range(0)] = None
    variation: Annotated[float, Range(0, above=True)] = 1.0
    horizon: Annotated[int | None, Range(1)] = None
    expected_changes: Annotated[int, Range(1)] = 4
    every: Annotated[int | None, Range(1)] = None

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            SettingError: if a value is out of its range; says which.
        """
        check_fields(self)
        low, high = self.reward_range
        if not low < high:
            raise SettingError(f"reward_range must be the smallest and the largest reward, got {self.reward_range!r}")
        if self.reward_bins == 1:
            raise SettingError("reward_bins must be 0 or at least 2, got 1")
        check_eta(self.eta)


def settings_of(algorithm: str) -> tuple[str, ...]:
    """Returns the names of the settings that a learner takes.

    Raises:
        UnknownNameError: if there is no such learner.
    """
    if algorithm not in KINDS:
        raise unknown("agent", algorithm, KINDS, "mdpzoo list agents")
    return (("reward_range",) if algorithm == "optimal" else OPTIMISM) + OWN.get(algorithm, ())


def taken_by(algorithm: str = "ucrl2", **_: Any) -> tuple[str, ...]:
    """Returns ``settings_of`` for the settings that a spec presets."""
    return settings_of(algorithm)


def read_settings(algorithm: str, given: Mapping[str, Any]) -> LearnerSettings:
    """Builds the settings of a learner from those that differ from the defaults.

    Raises:
        SettingError: if the learner does not take one of them, or a value is out of its range.
        UnknownNameError: if there is no such learner.
    """
    check_names(given, settings_of(algorithm), f"agent {algorithm!r}")
    check_types(LearnerSettings, given, f"agent {algorithm!r}")
    values = dict(given)
    if "reward_range" in values:
        values["reward_range"] = tuple(values["reward_range"])
    return LearnerSettings(**values)


def build(
    algorithm: str, settings: LearnerSettings, states: int, actions: int, model: PiecewiseMDP | None, events: int
) -> Learner:
    """Builds an untrained learner.

    Args:
        algorithm: a name of ``KINDS``.
        settings: with a horizon.
        states: S.
        actions: A.
        model: the model, for ``oracle-restart`` and ``optimal``; None for the others.
        events: capacity for restarts between two readings.

    Raises:
        SettingError: if an oracle has no model.
    """
    assert settings.horizon is not None
    if model is None and algorithm in ("oracle-restart", "optimal"):
        raise SettingError(f"agent {algorithm!r} must know the changes; give it a piecewise-stationary environment")
    design = _design(algorithm, settings, states * actions)
    schedule, known = np.zeros(0, np.int64), None
    if algorithm == "restart-ucrl2":
        schedule = _restarts(settings)
    elif model is not None and algorithm in ("oracle-restart", "optimal"):
        schedule = model.change_points(settings.horizon)
        known = _best_policies(model, schedule) if algorithm == "optimal" else None
    arms = np.zeros(1, ARM)
    if algorithm == "borl":
        arms = _arms(design, settings.horizon, states, actions)
    elif algorithm == "sw-ucrl2":
        arms["window"], arms["widening"] = _window(settings, states, actions)
    ring = int(arms["window"].max())
    learner = blank(design, states, actions, settings.max_hypotheses, schedule, known, ring, arms, events)
    learner.clock["window"], learner.clock["widening"] = arms["window"][0], arms["widening"][0]
    if known is not None:  # also played before learning starts
        learner.policy[:] = known[0]
    return learner


def with_horizon(settings: LearnerSettings, steps: int) -> LearnerSettings:
    """Returns the settings with a horizon of ``steps`` unless they have one."""
    return settings if settings.horizon is not None else replace(settings, horizon=steps)


def _design(algorithm: str, settings: LearnerSettings, pairs: int) -> np.ndarray:
    design = np.zeros(1, DESIGN)
    for name in ("delta", "radius_scale", "explore", "horizon"):
        design[name] = getattr(settings, name)
    low, high = settings.reward_range
    detects = algorithm == "r-bocpd-ucrl2"
    bins = settings.reward_bins if detects else 0
    design["kind"], design["reward_low"], design["reward_width"] = KINDS[algorithm], low, high - low
    design["detects"], design["bins"], design["eta"] = detects, bins, check_eta(settings.eta)
    design["eta_delta"] = settings.delta / (pairs * (2 if bins else 1))
    design["local"] = settings.scope == "local"
    return design


def _restarts(settings: LearnerSettings) -> np.ndarray:
    """Returns ``[R]`` int64, restart i at ceil(i^3 / expected_changes^2) (Jaksch et al. 2010, section 6), or evenly."""
    assert settings.horizon is not None
    if settings.every is not None:
        return np.arange(settings.every, settings.horizon, settings.every)
    count = int((settings.horizon * settings.expected_changes**2) ** (1 / 3)) + 1
    steps = np.unique(-(-(np.arange(1, count + 1) ** 3) // settings.expected_changes**2))
    return steps[steps < settings.horizon]


def _best_policies(model: PiecewiseMDP, schedule: np.ndarray) -> np.ndarray:
    """Computes policies of best gain, ``[R + 1, S]``, of the segments that start at the schedule's steps."""
    best = {id(each): solve_average(continuing(each), PRECISION).policy for each in model.models}
    return np.array([best[id(model.at(int(t)))] for t in np.append(0, schedule)])


def _window(settings: LearnerSettings, states: int, actions: int) -> tuple[int, float]:
    """Returns the window and the widening, as given or as tuned for a variation by Cheung et al. (2020)."""
    assert settings.horizon is not None
    tuned = states ** (2 / 3) * math.sqrt(actions * settings.horizon / (2 * settings.variation + 1))
    window = settings.window or max(1, min(round(tuned), settings.horizon))
    widening = math.sqrt((settings.variation + 1) * window / settings.horizon)
    return window, widening if settings.widening is None else settings.widening


def _arms(design: np.ndarray, horizon: int, states: int, actions: int) -> np.ndarray:
    """Returns the bandit's choices, windows and widenings a factor of ten apart; sets ``design.block``."""
    block = max(2, min(math.ceil(3 * states ** (2 / 3) * math.sqrt(actions * horizon)), horizon))
    design["block"] = block
    windows = sorted({max(1, block // 10**power) for power in range(3)})
    grid = [(window, widening) for window in windows for widening in (0.0, 0.01, 0.1, 1.0)]
    arms = np.zeros(len(grid), ARM)
    arms["window"], arms["widening"] = zip(*grid, strict=True)
    return arms
