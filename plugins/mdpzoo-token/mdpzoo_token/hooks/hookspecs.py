"""The question that this family asks of plugins, beside those of ``mdpzoo.hookspecs``; plugins answer it in the same
module.

from mdpzoo_token.hooks.hookspecs import hookimpl

@hookimpl
def mdpzoo_token_strategies():
    return [StrategySpec(name="mine", build="my_package.strategy:Mine", summary="...")]
"""

from collections.abc import Iterable

import pluggy

from mdpzoo_token.hooks.strategy_spec import StrategySpec

hookspec = pluggy.HookspecMarker("mdpzoo_token")
hookimpl = pluggy.HookimplMarker("mdpzoo_token")


@hookspec
def mdpzoo_token_strategies() -> Iterable[StrategySpec]:
    """Which strategies do you bring?"""
    return ()
