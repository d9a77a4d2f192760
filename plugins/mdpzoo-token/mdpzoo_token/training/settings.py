"""The settings of ``grpo-token``: nested frozen records, shared by constructor, checkpoint and command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Any

from mdpzoo.errors import SettingError
from mdpzoo.settings import Range, check_names, check_record, check_types

WHO = "agent 'grpo-token'"


@dataclass(frozen=True)
class UpdateSettings:
    """Sizes and rates of an update.

    Attributes:
        prompts: of an update, at least 1.
        samples: sequences for each of them, at least 2: their mean is the baseline.
        minibatches: gradient steps of an update, one pass over the sequences.
        learning_rate: of Adam, at least 0.
        gradient_norm: largest norm of a gradient, at least 0.
    """

    prompts: Annotated[int, Range(1)] = 32
    samples: Annotated[int, Range(2)] = 8
    minibatches: Annotated[int, Range(1)] = 4
    learning_rate: Annotated[float, Range(0)] = 1e-3
    gradient_norm: Annotated[float, Range(0)] = 1.0

    def __post_init__(self) -> None:
        """Raises SettingError, naming the field, its value and its range."""
        check_record(self)
        if self.minibatches > self.prompts * self.samples:
            raise SettingError(f"minibatches must be at most prompts x samples, got {self.minibatches}")


@dataclass(frozen=True)
class WarmStartSettings:
    """The fit of the base policy to demonstrations before the first update.

    Attributes:
        steps: updates; 0 leaves the network untrained.
        batch: demonstrations of an update, at least 1.
        learning_rate: of Adam, at least 0.
    """

    steps: Annotated[int, Range(0)] = 400
    batch: Annotated[int, Range(1)] = 512
    learning_rate: Annotated[float, Range(0)] = 3e-3

    def __post_init__(self) -> None:
        """Raises SettingError, naming the field, its value and its range."""
        check_record(self)


@dataclass(frozen=True)
class NetworkSettings:
    """Sizes of the network.

    Attributes:
        width: of each embedding, at least 1.
        hidden: of the GRU cell, at least 1.
    """

    width: Annotated[int, Range(1)] = 32
    hidden: Annotated[int, Range(1)] = 96

    def __post_init__(self) -> None:
        """Raises SettingError, naming the field, its value and its range."""
        check_record(self)


@dataclass(frozen=True)
class Settings:
    """All settings of an agent.

    Attributes:
        strategy: the name of a strategy; ``mdpzoo strategies`` lists them.
        strategy_settings: its settings.
        update: sizes and rates of an update.
        warm_start: of the base policy.
        network: sizes of the network.
    """

    strategy: str = "none"
    strategy_settings: Mapping[str, Any] = field(default_factory=dict)
    update: UpdateSettings = field(default_factory=UpdateSettings)
    warm_start: WarmStartSettings = field(default_factory=WarmStartSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Settings":
        """Returns the settings that keywords describe; each part is a record or a mapping of some of its fields.

        Raises:
            SettingError: if a name is unknown (the message names the nearest), or a value has a wrong type or range.
        """
        check_names(given, [each.name for each in fields(cls)], WHO)
        check_types(cls, {name: value for name, value in given.items() if name not in PARTS}, WHO)
        parts = {name: _part(name, kind, given[name]) for name, kind in PARTS.items() if given.get(name) is not None}
        return cls(**{**given, **parts})


PARTS: dict[str, Any] = {"update": UpdateSettings, "warm_start": WarmStartSettings, "network": NetworkSettings}


def _part(name: str, kind: Any, given: Any) -> Any:
    """Returns one record, from a record or a mapping."""
    if isinstance(given, kind):
        return given
    if not isinstance(given, Mapping):
        raise SettingError(f"setting {name!r} of {WHO} must be a mapping of its fields, got {given!r:.80}")
    check_names(given, [each.name for each in fields(kind)], f"{name} of {WHO}")
    check_types(kind, given, f"{name} of {WHO}")
    return kind(**given)
