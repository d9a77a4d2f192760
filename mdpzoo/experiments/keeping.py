"""Bookkeeping during learning: the curve, evaluations, checkpoints, and stopping at a resumable point."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from mdpzoo import registry
from mdpzoo.errors import CheckpointError
from mdpzoo.experiments import exact_state
from mdpzoo.experiments.curve import Curve
from mdpzoo.experiments.evaluations import Evaluations
from mdpzoo.experiments.run import Run
from mdpzoo.loading import STEMS

SAVING = ".saving-"  # prefix of an unfinished save


class Keeper(BaseCallback):
    """Keeps a run's folder up to date while its agent learns.

    Attributes:
        curve: the learning curve.
        evaluations: the evaluations during and after training.
        exact: whether the run can be resumed with bitwise identical results.
        stopping: set from outside: learning ends at the next point from which the run can be resumed.
        between_steps: whether learning has ended at a resumable point, not in the middle of a step.
    """

    def __init__(self, run: Run, folder: Path, agent: Any, envs: Any, every: float) -> None:
        """Starts at step 0; the agent is saved every ``every`` seconds."""
        super().__init__()
        self.folder, self.agent, self.envs, self.every = folder, agent, envs, every
        self.curve = Curve(folder / "progress.csv", run.steps)
        if registry.agent(run.agent).learns_from == "game":
            self.curve.total = None  # each player has rewards of its own
        self.evaluations = Evaluations(run, folder / "evaluations.csv")
        self.exact = exact_state.is_exact(agent, envs)
        self.between = self.exact and exact_state.only_between_rollouts(agent)
        self.stopping = self.between_steps = False
        self._saved = time.monotonic()

    def save(self) -> None:
        """Saves the agent and the state that makes the run exact, between two steps or rollouts."""
        self.curve.flush()
        path = save(self.agent, self.folder)
        if self.exact:
            own = {"curve": self.curve.state(), "evaluations": self.evaluations.state()}
            exact_state.write_state(
                self.folder, path, {"run": exact_state.capture(self.agent, self.envs), "beside": own}
            )
        self._saved = time.monotonic()

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a state that ``save`` has written.

        Raises:
            CheckpointError: the state does not fit.
        """
        exact_state.restore(self.agent, self.envs, state["run"])
        steps = self.agent.num_timesteps
        self.curve.restore(state["beside"]["curve"], steps)
        self.evaluations.restore(state["beside"]["evaluations"], steps)

    def resume_at(self, steps: int) -> None:
        """Continues after ``steps`` steps from the agent alone."""
        self.curve.resume_at(steps)
        self.evaluations.resume_at(steps)

    def _on_rollout_start(self) -> None:
        if self.between and self.num_timesteps:
            self._pause()

    def _on_step(self) -> bool:
        steps = self.agent.num_timesteps
        self.curve.observe(steps, self.locals)
        self.evaluations.observe(self.agent, steps)
        if not self.between:
            self._pause()
        return True

    def _pause(self) -> None:
        """Saves if a save is due, or stops."""
        if self.stopping:
            self.between_steps = True
            raise KeyboardInterrupt
        if time.monotonic() - self._saved >= self.every:
            self.save()


def save(agent: Any, folder: Path) -> Path:
    """Saves an agent into its run's folder, whole or not at all, and returns the file."""
    try:
        agent.save(str(folder / f"{SAVING}agent"))
        written = next(folder.glob(f"{SAVING}agent*"))
        target = folder / written.name.removeprefix(SAVING)
        if target.name not in STEMS:
            raise CheckpointError(f"an agent must save as one of {', '.join(STEMS)}, got {target.name!r}")
        os.replace(written, target)
    except BaseException:
        for left in folder.glob(f"{SAVING}*"):
            left.unlink()
        raise
    return target


@contextmanager
def stopping_gently(keeper: Keeper) -> Iterator[None]:
    """Turns the first Ctrl-C into a request to stop; the second one stops at once.

    A worker receives the same Ctrl-C twice, from the terminal and from the process that started it, and leaves it to
    that process to stop at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: Callable[..., Any] | int | None = signal.getsignal(signal.SIGINT)

    def ask(*_: Any) -> None:
        keeper.stopping = True
        if multiprocessing.parent_process() is None:
            signal.signal(signal.SIGINT, before if callable(before) else signal.default_int_handler)

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
