"""Commands whose parameters are texts and flags: they are taken as typed, which needs no converter.

Typer imports pydantic to convert values, even those that need none; that is a quarter of the time of ``mdpzoo list``.
"""

from functools import partial
from typing import Any

from typer.core import TyperCommand, TyperGroup


class PlainCommand(TyperCommand):
    """A command whose parameters are annotated ``str`` or ``bool``, each given once at most."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Returns the parameters, ``--help`` among them."""
        return _plain(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """A group of commands whose own parameters are as those of ``PlainCommand``."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Returns the parameters, ``--help`` among them."""
        return _plain(super().get_params(ctx))


def _plain(parameters: list[Any]) -> list[Any]:
    for each in parameters:
        if "process_value" not in vars(each):
            each.process_value = partial(_taken, each, each.process_value)
    return parameters


def _taken(parameter: Any, converted: Any, ctx: Any, value: Any) -> Any:
    """Takes a value as it was typed; one that is missing goes Typer's way, to Typer's message."""
    if value is None and parameter.required:
        return converted(ctx, value)
    return value if parameter.callback is None else parameter.callback(ctx, parameter, value)
