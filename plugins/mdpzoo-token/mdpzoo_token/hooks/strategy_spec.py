"""A strategy before it is built: frozen data, known before torch is imported."""

from dataclasses import dataclass, field
from typing import Any

from mdpzoo.codes import CODE
from mdpzoo.errors import PluginError
from mdpzoo.specs import AGENT_ID


@dataclass(frozen=True, kw_only=True)
class StrategySpec:
    """A plugin's description of a strategy.

    Attributes:
        name: lower case with hyphens, as in ``clip-cov``.
        build: ``"module:attribute"``, called with ``strategy_settings`` as keywords; returns a
            ``mdpzoo_token.hooks.strategy.Strategy``, or anything with its methods.
        summary: one line.
        source: the paper.
        needs: the parts of a trainer that it needs besides a token loss, for readers: some of ``"old_logits"``,
            ``"turns"`` and ``"second_rollout"``.
    """

    name: str
    build: str
    summary: str
    source: str = ""
    needs: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Raises PluginError if a field breaks its rule."""
        if not (isinstance(self.name, str) and AGENT_ID.fullmatch(self.name)):
            raise PluginError(f"a strategy's name must be lower case with hyphens, got {self.name!r}")
        if not (isinstance(self.build, str) and CODE.fullmatch(self.build)):
            raise PluginError(f"build of strategy {self.name!r} must look like 'module:attribute', got {self.build!r}")

    def describe(self) -> dict[str, Any]:
        """Returns the fields as JSON values."""
        return {"name": self.name, "summary": self.summary, "source": self.source, "needs": list(self.needs)}
