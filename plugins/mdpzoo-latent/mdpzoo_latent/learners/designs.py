"""The learners by name, as data: the kind of optimism, and the source of an episode's context.

Sources: lmdp-value-optimistic and lmdp-model-optimistic after Zhou, Wang and Du 2023 (ICML, arXiv 2210.11604); l-ucrl
after Kwon, Efroni, Caramanis and Mannor 2021 (NeurIPS); ucbvi after Azar, Osband and Munos 2017; lmdp-posterior samples
each context's model from its posterior (Osband, Russo and Van Roy 2013).

What differs from the papers: the bonuses are written from their published form, not from a listing, and are multiplied
by ``bonus_scale``, because the constants swamp learning at practical numbers of episodes. Optimism over models is taken
at each history by itself, which is more optimistic than one model for all histories. ucbvi has one variance bonus,
without the correction term.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from mdpzoo.errors import SettingError, unknown
from mdpzoo.settings import Range, check_fields, check_names, check_types
from mdpzoo_latent.planning.tree_kernels import BALLS, INTERVALS, PLAIN, VARIANCE

HINDSIGHT, POSTERIOR, IGNORED = 0, 1, 2  # source of the context: the last info; the belief; none, there is one


@dataclass(frozen=True)
class Design:
    """The components of a learner.

    Attributes:
        mode: of the backup: ``PLAIN``, ``VARIANCE``, ``INTERVALS`` or ``BALLS``.
        label: ``HINDSIGHT``, ``POSTERIOR`` or ``IGNORED``.
        scale: the practical ``bonus_scale``.
        sampled: whether it plans for a model drawn from the posterior.
    """

    mode: int
    label: int
    scale: float = 0.0
    sampled: bool = False


DESIGNS = {
    "lmdp-value-optimistic": Design(VARIANCE, HINDSIGHT, 0.005),
    "lmdp-model-optimistic": Design(INTERVALS, HINDSIGHT, 0.05),
    "l-ucrl": Design(BALLS, HINDSIGHT, 0.05),
    "lmdp-posterior": Design(PLAIN, HINDSIGHT, sampled=True),
    "ucbvi": Design(VARIANCE, IGNORED, 0.02),
}
OWN = {"l-ucrl": ("hindsight", "initial", "initial_count"), "lmdp-posterior": ()}
COMMON = ("episodes", "contexts", "horizon", "starts", "reward_range")
OPTIMISM = ("delta", "bonus_scale")


@dataclass(frozen=True, kw_only=True)
class LearnerSettings:
    """The settings of all learners; ``settings_of`` returns those of one learner.

    Attributes:
        delta: probability with which the bounds may fail, in (0, 1).
        bonus_scale: multiplies bonuses and radii; 1 keeps the published constants, None: the learner's practical one,
            0.005 for lmdp-value-optimistic, whose constants are the largest, 0.02 for ucbvi, else 0.05.
        episodes: number of episodes in the logarithms of the bounds.
        contexts: M; None: that of the environment's rules.
        horizon: steps of an episode; None: that of the environment's rules.
        starts: states in which episodes may begin; None: those of the environment's rules, else all.
        reward_range: the smallest and the largest reward.
        hindsight: of ``l-ucrl``: True: the context is revealed at the end of an episode; False: each episode is
            weighted by the learner's own belief (online EM), which requires ``initial``.
        initial: a model to start from, ``{"transitions": [M, S, A, S], "rewards": [M, S, A]}`` as nested lists, or
            ``{"noise": share, "seed": s}``: the environment's own, mixed with a share of a random one; a share of 1
            is a random model. Contexts keep the numbers that this gives them.
        initial_count: episodes' worth of visits that the initial model counts as, a pair.
    """

    delta: Annotated[float, Range(0, 1, above=True, below=True)] = 0.05
    bonus_scale: Annotated[float | None, Range(0)] = None
    episodes: Annotated[int, Range(1)] = 20_000
    contexts: Annotated[int | None, Range(1)] = None
    horizon: Annotated[int | None, Range(1)] = None
    starts: list[int] | None = None
    reward_range: tuple[float, float] = (0.0, 1.0)
    hindsight: bool = True
    initial: Mapping[str, Any] | None = None
    initial_count: Annotated[float, Range(0, above=True)] = 10.0

    def __post_init__(self) -> None:
        """Checks every range.

        Raises:
            SettingError: if a number is out of its range.
        """
        check_fields(self)
        low, high = self.reward_range
        if not low < high:
            raise SettingError(f"reward_range must be a smaller and a larger number, got {list(self.reward_range)}")


def settings_of(name: str) -> tuple[str, ...]:
    """Returns the names of the settings that a learner takes.

    Raises:
        UnknownNameError: if there is no such learner.
    """
    if name not in DESIGNS:
        raise unknown("learner", name, DESIGNS, "mdpzoo list agents")
    return COMMON + OWN.get(name, ()) + (() if DESIGNS[name].sampled else OPTIMISM)


def taken_by(algorithm: str = "l-ucrl", **_: Any) -> tuple[str, ...]:
    """Returns ``settings_of`` for the settings that a spec presets."""
    return settings_of(algorithm)


def read_settings(name: str, settings: Mapping[str, Any]) -> LearnerSettings:
    """Returns a learner's settings, checked.

    Raises:
        SettingError: if one is unknown, or out of its range.
    """
    check_names(settings, settings_of(name), f"agent {name!r}")
    check_types(LearnerSettings, settings, f"agent {name!r}")
    return LearnerSettings(**settings)


def design_of(name: str, settings: LearnerSettings) -> Design:
    """Returns the components of a learner."""
    return DESIGNS[name] if settings.hindsight else Design(BALLS, POSTERIOR, 0.05)
