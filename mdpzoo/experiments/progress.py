"""Progress bars with a rate, on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Advance = Callable[[int], None]  # called with the total done so far


@contextmanager
def bar(what: str, total: int, shown: bool = True) -> Iterator[Advance]:
    """Shows a bar while its block runs.

    Args:
        what: the unit counted, as in ``"steps"``.
        total: the final count.
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
    """Returns callbacks in any form that SB3's ``learn`` takes, as a list."""
    return callback if isinstance(callback, list) else [] if callback is None else [callback]


def with_progress(callback: Any, agent: Any, advance: Advance) -> list[Any]:
    """Returns SB3's callbacks: those given, and one that reports how many steps an agent has done."""
    from stable_baselines3.common.callbacks import BaseCallback, ConvertCallback

    def tell(*_: Any) -> bool:
        advance(agent.num_timesteps)
        return True

    return [each if isinstance(each, BaseCallback) else ConvertCallback(each) for each in (*as_list(callback), tell)]
