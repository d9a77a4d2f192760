"""Evaluations within a run: ``evaluations.csv``, one line for each episode, with the steps learned before it.

An evaluation plays the same episodes each time, in environments of its own. It does not affect the training: the
policy's buffers and the random generators are restored. How a game is played is in ``game_evaluation``.
"""

import copy
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mdpzoo.experiments.curve import append, drop_after
from mdpzoo.experiments.evaluation import Evaluation, evaluate
from mdpzoo.experiments.game_evaluation import is_game, plays_games, seated
from mdpzoo.experiments.run import Run, make_envs
from mdpzoo.interop.finite_agents import model_behind
from mdpzoo.models import TabularMDP
from mdpzoo.models.piecewise import PiecewiseMDP

COLUMNS = ("steps", "episode", "return", "length")
ROWS = 16  # environments that step together, at most


class Evaluations:
    """Evaluates a run's agent at set steps and appends the returns of the episodes."""

    def __init__(self, run: Run, path: Path) -> None:
        """Starts at step 0; without ``run.evaluation_episodes`` nothing is evaluated."""
        self.run, self.path = run, path
        self.listener: Callable[[int, float], None] | None = None  # called with steps and mean return
        self.following = run.evaluate_every
        self.last: tuple[int, float] | None = None  # steps and mean return of the last evaluation
        self._envs: Any = None

    def observe(self, agent: Any, steps: int) -> None:
        """Evaluates where a multiple of ``run.evaluate_every`` has been reached."""
        if self.following is not None and steps >= self.following:
            self._evaluate(agent, steps)

    def finish(self, agent: Any, steps: int) -> float | None:
        """Evaluates at the end, unless already done, and returns the last mean return; None if not requested."""
        if self.run.evaluation_episodes is None or _cannot_be_evaluated(self.run, agent):
            return None
        if self.last is None or self.last[0] != steps:
            self._evaluate(agent, steps)
        if self._envs is not None:
            self._envs.close()
        return None if self.last is None else self.last[1]

    def state(self) -> dict[str, Any]:
        """Returns the state that ``restore`` reads, as JSON values."""
        return {"last": None if self.last is None else list(self.last)}

    def restore(self, state: Mapping[str, Any], steps: int) -> None:
        """Continues from a result of ``state`` after ``steps`` steps; removes later lines of the file."""
        self.last = None if state["last"] is None else (int(state["last"][0]), float(state["last"][1]))
        self.resume_at(steps)
        drop_after(self.path, steps)

    def resume_at(self, steps: int) -> None:
        """Continues after ``steps`` steps."""
        if self.run.evaluate_every is not None:
            self.following = (steps // self.run.evaluate_every + 1) * self.run.evaluate_every

    def _evaluate(self, agent: Any, steps: int) -> None:
        self.resume_at(steps)
        episodes = self.run.evaluation_episodes
        if episodes is None or _cannot_be_evaluated(self.run, agent):
            return
        with undisturbed(agent), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # episodes that are cut
            found = self._played(agent, episodes)
        rows = enumerate(zip(found.returns.tolist(), found.lengths.tolist(), strict=True))
        append(self.path, COLUMNS, [(steps, each, f"{value:.12g}", length) for each, (value, length) in rows])
        self.last = steps, float(found.returns.mean())
        if self.listener is not None:
            self.listener(*self.last)

    def _played(self, agent: Any, episodes: int) -> Evaluation:
        run = self.run
        told = run.environment, run.environment_settings
        if is_game(run.environment):
            _, envs, policy, still = seated(agent, *told, min(ROWS, episodes), run.evaluation_seed)
            found = evaluate(policy, envs, episodes, still)
            envs.close()
            return found
        if self._envs is None:
            self._envs = evaluation_envs(*told, run.evaluation_seed, episodes)
        self._envs.seed(run.evaluation_seed)
        return evaluate(agent, self._envs, episodes)


def evaluation_envs(environment: str, settings: Mapping[str, Any], seed: int, episodes: int) -> Any:
    """Makes the environments for an evaluation of ``episodes`` episodes."""
    return make_envs(environment, min(ROWS, episodes), settings, seed)


@contextmanager
def undisturbed(agent: Any) -> Iterator[None]:
    """Restores the buffers of an agent's policy and the random generators when the block ends."""
    policy, generator = agent.policy, getattr(agent, "generator", None)
    buffers, learning = {name: each.clone() for name, each in policy.named_buffers()}, policy.training
    numbers, python, tensors = np.random.get_state(), random.getstate(), torch.get_rng_state()  # noqa: NPY002
    own = copy.deepcopy(generator.bit_generator.state) if isinstance(generator, np.random.Generator) else None
    try:
        yield
    finally:
        for name, each in policy.named_buffers():
            each.copy_(buffers[name])
        policy.set_training_mode(learning)
        if own is not None:
            agent.generator.bit_generator.state = own
        np.random.set_state(numbers)  # noqa: NPY002
        random.setstate(python)
        torch.set_rng_state(tensors)


def _cannot_be_evaluated(run: Run, agent: Any) -> bool:
    """Whether there are no episodes to play: the task never ends, or the agent has no policies for a game's players."""
    if is_game(run.environment):
        return not plays_games(agent)
    envs = agent.get_env()
    limit = getattr(getattr(envs, "envs", None), "max_episode_steps", None)
    model = model_behind(envs, TabularMDP, PiecewiseMDP)
    models = getattr(model, "models", [model])
    return model is not None and limit is None and not any(each.terminal.any() for each in models)
