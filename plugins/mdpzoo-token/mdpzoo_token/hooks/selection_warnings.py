"""Warnings of settings that select nothing, or a single token, of small batches."""

import warnings


def warn_few(strategy: str, setting: str, value: float, selected: float, least: float = 2) -> None:
    """Warns if fewer than ``least`` tokens of a minibatch are selected."""
    if selected < least:
        warnings.warn(
            f"{setting}={value:g} of strategy {strategy!r} selects {max(1, int(selected))} token(s) of a minibatch, "
            f"which hardly changes the update; set it at least {least / max(selected, 1e-12) * value:.2g}",
            stacklevel=3,
        )
