"""The execution of a command: plugins' commands, errors as one sentence, exit codes."""

import os
import sys
import warnings
from typing import Any

from mdpzoo import registry
from mdpzoo.cli import listing
from mdpzoo.cli.application import app
from mdpzoo.cli.options import STOPPED
from mdpzoo.codes import load
from mdpzoo.compiling.clock import COMPILE_TIME
from mdpzoo.errors import MdpzooError, PluginError
from mdpzoo.specs import CommandSpec


def main() -> None:
    """Runs the command that was typed; an error is one sentence on standard error and exit code 2."""
    warnings.formatwarning = lambda message, *_: f"warning: {message}\n"
    COMPILE_TIME.on_first = _say_compiling
    every = app.registered_commands
    app.registered_commands = list(every)
    try:
        _add_commands(sys.argv[1:2])
        _check_command(sys.argv[1:2])
        _leave_out_others(sys.argv[1:2])
        app(prog_name="mdpzoo")
    except SystemExit as ended:
        sys.exit(_flushed(ended.code))
    except MdpzooError as error:
        _complain(str(error))
    except MemoryError:
        _complain("there is not enough memory for this")
    except OSError as error:
        if error.filename is None:
            raise
        _complain(f"{str(error.filename)!r}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(STOPPED)
    finally:
        app.registered_commands = every
        COMPILE_TIME.on_first = None


def _say_compiling() -> None:
    print("compiling once for this installation, some seconds; see 'mdpzoo warm-up'", file=sys.stderr)  # noqa: T201


def _complain(sentence: str) -> None:
    from rich.console import Console

    Console(stderr=True, soft_wrap=True, **listing.PLAIN).print(f"error: {sentence}")
    sys.exit(2)


def _flushed(code: Any) -> Any:
    """Writes buffered output; ends quietly if the reader has gone (``| head -1``)."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _add_commands(typed: list[str]) -> None:
    for spec in registry.commands().values():
        is_typed = typed == [spec.name]
        function = _imported(spec) if is_typed else _not_typed
        app.command(spec.name, help=None if is_typed else spec.summary)(function)


def _check_command(typed: list[str]) -> None:
    """Raises PluginError if an unknown command is typed and no plugin is loaded."""
    if typed and not typed[0].startswith("-") and typed[0] not in registry.HOST_COMMANDS and not registry.plugins():
        raise PluginError(f"there is no command {typed[0]!r}: {registry.NO_PLUGIN}")


def _leave_out_others(typed: list[str]) -> None:
    """Removes all commands but the one typed, if any: Typer builds the parameters of every known command."""
    names = {each.name or getattr(each.callback, "__name__", ""): each for each in app.registered_commands}
    if typed and typed[0] in names:
        app.registered_commands = [names[typed[0]]]


def _imported(spec: CommandSpec) -> Any:
    try:
        return load(spec.function)
    except MdpzooError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise PluginError(f"command {spec.name!r} of {registry.owner(spec.name)} cannot be loaded: {reason}") from error


def _not_typed() -> None:
    """Replaces a plugin's command in ``--help``, so that listing the commands imports none of them."""
