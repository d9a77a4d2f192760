"""How far something has come: a bar with a rate on standard error, for whoever watches a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Advance = Callable[[int], None]  # told how much is done in all


@contextmanager
def bar(what: str, total: int, shown: bool = True) -> Iterator[Advance]:
    """Shows a bar while its block runs.

    Args:
        what: what is counted, as in ``"steps"``.
        total: how many there will be.
        shown: False: nothing is shown.
    """
    if not shown:
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rate]:,.0f} " + what + "/s")
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=4) as progress:
        task = progress.add_task(what, total=total, rate=0.0)
        first: list[int] = []  # a resumed run begins with steps that this call has not done

        def advance(done: int) -> None:
            first[:] = first or [done]
            elapsed = progress.tasks[0].elapsed
            progress.update(task, completed=done, rate=(done - first[0]) / elapsed if elapsed else 0.0)

        yield advance


def as_list(callback: Any) -> list[Any]:
    """Callbacks as SB3's ``learn`` takes them, as a list."""
    return callback if isinstance(callback, list) else [] if callback is None else [callback]


def with_progress(callback: Any, agent: Any, advance: Advance) -> list[Any]:
    """SB3's callbacks: those given, as in SB3's ``learn``, and one that tells how many steps an agent has done."""
    from stable_baselines3.common.callbacks import BaseCallback, ConvertCallback

    def tell(*_: Any) -> bool:
        advance(agent.num_timesteps)
        return True

    return [each if isinstance(each, BaseCallback) else ConvertCallback(each) for each in (*as_list(callback), tell)]
