"""The record of an environment's exactly known values."""

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The known values of an environment.

    Attributes:
        criterion: ``"return"``: the numbers are mean undiscounted returns of an evaluation's episode; ``"average"``:
            rewards per step, of a task without end.
        optimum: of the best policy, or the best that is known; None: unknown.
        random: of the uniformly random policy; None: unknown.
        low: no policy does worse; None: unknown.
        high: no policy does better; None: unknown.
        gain: the best reward per step, for regret over the steps of the training; None: it has no meaning here.
        exact: whether ``optimum`` is the optimum up to rounding; else it is the best that a strong solver has found.
        interval: of the optimum, where it is known to lie in one; None: it is the number itself, or nothing is proven.
        source: one sentence on where the numbers come from.
        of_game: whether ``optimum`` is the value of a zero-sum game: what best play on both sides earns the first
            player. Evaluations, in which an agent's own policies play each other, may lie on either side of it.
        environment: its id; filled in by the core.
        settings: its settings; filled in by the core.
        better: ``"higher"``: returns are maximised.
    """

    criterion: str = "return"
    source: str = ""
    optimum: float | None = None
    random: float | None = None
    low: float | None = None
    high: float | None = None
    gain: float | None = None
    exact: bool = True
    interval: tuple[float, float] | None = None
    of_game: bool = False
    environment: str = ""
    settings: Any = None
    better: str = "higher"

    @property
    def per_step(self) -> bool:
        """Whether scores are rewards per step."""
        return self.criterion == "average"

    @property
    def called(self) -> str:
        """The name of ``optimum`` on pages."""
        return "value of the game" if self.of_game else "optimum" if self.exact else "best known"

    @property
    def scale(self) -> tuple[float, float] | None:
        """The scores that count as 0 and as 1: random actions and the optimum; None where one is unknown."""
        if self.optimum is None or self.random is None or not self.optimum > self.random:
            return None
        return self.random, self.optimum

    def of(self, environment: str, settings: Any) -> "Truth":
        """Returns a copy with the environment's id and settings filled in."""
        return replace(self, environment=environment, settings=dict(settings))

    def as_json(self) -> dict[str, Any]:
        """Returns the fields as JSON values."""
        first = {"environment": self.environment, "settings": self.settings}
        return first | {name: value for name, value in asdict(self).items() if name not in first}
