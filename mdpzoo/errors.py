"""The errors that MDPZoo raises: one sentence each, naming the value and what to type next."""

import difflib
from collections.abc import Iterable

from gymnasium.error import ResetNeeded


class MdpzooError(Exception):
    """Any error that a user's input can cause; the command line prints it without a traceback."""


class UnknownNameError(MdpzooError, KeyError):
    """A name that is not in a registry."""

    def __str__(self) -> str:
        """The sentence itself; ``KeyError`` would print it quoted."""
        return str(self.args[0])


class SettingError(MdpzooError, ValueError):
    """A setting out of its range, or of the wrong type."""


class IllegalActionError(MdpzooError, ValueError):
    """An action that the current state does not allow."""


class ResetNeededError(MdpzooError, ResetNeeded):
    """A step, or a picture, of an episode that has ended or has not begun."""


class InstanceError(MdpzooError, ValueError):
    """A problem instance or a solution that cannot be used."""


class CheckpointError(MdpzooError, ValueError):
    """A saved agent that cannot be used."""


class ResultsError(MdpzooError, ValueError):
    """Results of runs that cannot be read, or are insufficient for the requested analysis."""


class PluginError(MdpzooError):
    """A plugin that breaks a rule of the plugin interface."""


class MissingExtraError(MdpzooError, ImportError):
    """An optional package that is not installed."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns ``" Did you mean 'x'?"`` for the nearest known name, or an empty string.

    Ignores case; compares first the whole names, then the parts behind a namespace.
    """
    names = sorted(known)
    by_lower = {each.lower(): each for each in names} | {each.split("/")[-1].lower(): each for each in reversed(names)}
    close = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean {by_lower[close[0]]!r}?" if close else ""


def unknown(kind: str, name: str, known: Iterable[str], listing: str) -> UnknownNameError:
    """Builds the error for a name that is not registered.

    Args:
        kind: what the name should have been, as in ``"environment"``.
        name: the name that was given.
        known: the registered names.
        listing: the command that lists them, as in ``"mdpzoo list environments"``.
    """
    hint = did_you_mean(name, known) or f" See: {listing}"
    return UnknownNameError(f"unknown {kind} {name!r}.{hint}")
