"""Curricula of the adversary's temperatures, episode by episode: QARL's and its variants.

* ``gamma``: drawn from the self-paced teacher's distribution (``gamma_teacher``).
* ``single``: the same, with one temperature for all episodes of an iteration.
* ``homogeneous``: as ``gamma``; the protagonist uses the temperature as its own, too.
* ``linear``: the mean falls linearly over a part of the training.
* ``point``: one temperature that falls by a step whenever enough episodes reach the threshold.
* ``force``: no temperature for the learner; the adversary's force rises as the temperature of ``point`` falls.
* ``none``: no curriculum: RARL.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_adversarial.agents.gamma_teacher import GammaTeacher

VARIANTS = ("gamma", "single", "homogeneous", "linear", "point", "force", "none")
LEAST = 1e-8  # a temperature
POINT_STEP = 1e-3  # of a temperature, in variants ``point`` and ``force``
LINEAR_PART = 2 / 3  # of the training in which ``linear`` falls


@dataclass
class Curriculum:
    """The state of a curriculum.

    Attributes:
        variant: one of ``VARIANTS``.
        teacher: the distribution's settings; the other variants take their first and last mean from it.
        shape: k of the present Gamma distribution.
        temperature: the present one of ``linear``, ``point`` and ``force``.
        trained: the lowest and the highest temperature of any episode.
        pairs: ``[n, 2]`` temperatures and discounted returns of the episodes since the last update.
    """

    variant: str
    teacher: GammaTeacher
    shape: float = field(init=False)
    temperature: float = field(init=False)
    trained: tuple[float, float] = field(init=False)
    pairs: list[tuple[float, float]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Starts at the first distribution.

        Raises:
            SettingError: if there is no such variant.
        """
        if self.variant not in VARIANTS:
            hint = did_you_mean(self.variant, VARIANTS) or f" Known: {', '.join(VARIANTS)}"
            raise SettingError(f"unknown variant {self.variant!r}.{hint}")
        self.shape, self.temperature = self.teacher.start_shape, self.highest
        self.trained = math.inf, -math.inf

    @property
    def highest(self) -> float:
        """The mean temperature at the start."""
        return self.teacher.start_shape / self.teacher.rate

    @property
    def lowest(self) -> float:
        """The mean temperature at the end."""
        return self.teacher.target_shape / self.teacher.rate

    @property
    def is_random(self) -> bool:
        """Whether temperatures are drawn from the teacher's distribution."""
        return self.variant in ("gamma", "single", "homogeneous")

    @property
    def conditions(self) -> bool:
        """Whether the players observe a temperature, or a force."""
        return self.variant != "none"

    @property
    def mean(self) -> float:
        """The mean temperature of the next iteration."""
        return self.shape / self.teacher.rate if self.is_random else self.temperature

    @property
    def evaluated(self) -> float:
        """The temperature at which the players are evaluated: the mean, within the range of the training."""
        low, high = self.trained
        return min(max(self.mean, low), high) if low <= high else self.mean

    def draw(self, episodes: int, generator: np.random.Generator) -> np.ndarray:
        """Draws the temperatures of an iteration, ``[episodes]``, at least ``LEAST``."""
        if not self.is_random:
            return np.full(episodes, max(self.temperature, LEAST))
        if self.variant == "single":
            return np.full(episodes, max(float(self.teacher.draw(self.shape, 1, generator)[0]), LEAST))
        return np.maximum(self.teacher.draw(self.shape, episodes, generator), LEAST)

    def force_share(self, temperature: float) -> float:
        """Returns the share of its force that the adversary may use, in [0, 1]; 1 in all variants but ``force``."""
        if self.variant != "force":
            return 1.0
        span = self.highest - self.lowest
        return 1.0 if span <= 0 else float(np.clip((self.highest + POINT_STEP - temperature) / self.highest, 0.0, 1.0))

    def record(self, temperature: float, discounted_return: float) -> None:
        """Records an episode of the protagonist."""
        self.trained = min(self.trained[0], temperature), max(self.trained[1], temperature)
        self.pairs.append((temperature, discounted_return))

    def advance(self, progress: float) -> None:
        """Ends an iteration.

        Args:
            progress: share of the training that is done, in [0, 1].
        """
        if self.variant == "linear":
            share = min(1.0, progress / LINEAR_PART)
            self.temperature = self.highest + share * (self.lowest - self.highest)
        if len(self.pairs) < self.teacher.episodes_per_update:
            return
        temperatures, returns = np.array(self.pairs).T
        self.pairs = []
        if self.is_random:
            self.shape = self.teacher.update(self.shape, temperatures, returns)
        elif self.variant in ("point", "force") and returns.mean() >= self.teacher.threshold:
            self.temperature = max(LEAST, self.temperature - POINT_STEP)

    def state(self) -> np.ndarray:
        """Returns ``[4 + 2 n]`` float64 for ``restore``: shape, temperature, trained range, pairs."""
        return np.array([self.shape, self.temperature, *self.trained, *(each for pair in self.pairs for each in pair)])

    def restore(self, state: np.ndarray) -> None:
        """Restores a state.

        Raises:
            SettingError: if it is invalid, as in a damaged file.
        """
        if state.ndim != 1 or len(state) < 4 or len(state) % 2 or np.isnan(state).any() or state[0] <= 0:
            raise SettingError("the state of the curriculum is damaged")
        self.shape, self.temperature = float(state[0]), float(state[1])
        self.trained = float(state[2]), float(state[3])
        self.pairs = [(float(a), float(b)) for a, b in state[4:].reshape(-1, 2)]


def curriculum_of(variant: str, teacher: dict[str, Any] | None) -> Curriculum:
    """Builds a curriculum from settings.

    Raises:
        SettingError: if a setting is unknown or out of its range.
    """
    try:
        return Curriculum(variant, GammaTeacher(**(teacher or {})))
    except TypeError as error:
        raise SettingError(f"teacher has settings that do not fit: {error}") from None
