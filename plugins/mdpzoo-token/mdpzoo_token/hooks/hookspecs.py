"""The hook that this family calls in modules of the entry-point group ``mdpzoo_token``.

[project.entry-points.mdpzoo_token]
mine = "my_package.strategies"  # has a function mdpzoo_token_strategies, marked with hookimpl
"""

from collections.abc import Iterable

import pluggy

from mdpzoo_token.hooks.strategy_spec import StrategySpec

hookspec = pluggy.HookspecMarker("mdpzoo_token")
hookimpl = pluggy.HookimplMarker("mdpzoo_token")


@hookspec
def mdpzoo_token_strategies() -> Iterable[StrategySpec]:
    """Returns the strategies that the module provides."""
    return ()
