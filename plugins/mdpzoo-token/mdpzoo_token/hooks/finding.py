"""Finds strategies: those of every module in the entry-point group ``mdpzoo_token``, by this family's hook.

A module that fails, or defines a name twice, is left out with a warning.
"""

import inspect
import warnings
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

import pluggy

from mdpzoo.codes import load
from mdpzoo.discovery import PluginWarning
from mdpzoo.errors import PluginError, unknown
from mdpzoo.settings import check_names, check_types
from mdpzoo_token.hooks import hookspecs
from mdpzoo_token.hooks.strategy_spec import StrategySpec

GROUP = "mdpzoo_token"


def strategies_by_name() -> dict[str, StrategySpec]:
    """Returns every strategy of the installed plugins, by name."""
    found: dict[str, StrategySpec] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        try:
            specs = _answers(point.load())
            for spec in specs:
                if spec.name in found:
                    raise PluginError(f"strategy {spec.name!r} is there already")
        except Exception as error:
            text = f"the strategies of plugin {point.name!r} were left out: {error}"
            warnings.warn(text, PluginWarning, stacklevel=2)
            continue
        found |= {spec.name: spec for spec in specs}
    return found


def _answers(module: Any) -> list[StrategySpec]:
    """Returns the strategies of one module.

    Raises:
        PluginError: if it returns anything but specs.
    """
    manager = pluggy.PluginManager("mdpzoo_token")
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    found = [spec for answer in manager.hook.mdpzoo_token_strategies() for spec in answer]
    for spec in found:
        if not isinstance(spec, StrategySpec):
            raise PluginError(f"mdpzoo_token_strategies must return a list of StrategySpec, got one {spec!r:.80}")
    return found


def make_strategy(name: str, settings: Mapping[str, Any] | None = None) -> Any:
    """Builds a strategy.

    Args:
        name: a key of ``strategies_by_name()``.
        settings: of the strategy, JSON values; None: its defaults.

    Raises:
        UnknownNameError: if there is no such strategy.
        SettingError: if a setting is unknown or has a wrong type.
    """
    known = strategies_by_name()
    if name not in known:
        raise unknown("strategy", name, known, "mdpzoo strategies")
    build = load(known[name].build)
    values = dict(settings or {})
    check_names(values, inspect.signature(build).parameters, f"strategy {name!r}")
    check_types(build, values, f"strategy {name!r}")
    return build(**{key: tuple(each) if isinstance(each, list) else each for key, each in values.items()})
