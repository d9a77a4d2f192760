"""The specs of mdpzoo-coding; nothing heavy is imported."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import CommandSpec


@hookimpl
def mdpzoo_commands() -> list[CommandSpec]:
    """The commands that send a text and receive it."""
    return [
        CommandSpec(
            name="send",
            function="mdpzoo_coding.commands.send_command:send",
            summary="Send a text through the actions of a policy.",
        ),
        CommandSpec(
            name="receive",
            function="mdpzoo_coding.commands.receive_command:receive",
            summary="Read a text out of a run that mdpzoo send has written.",
        ),
    ]
