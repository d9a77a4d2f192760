"""Evaluation of a policy: whole episodes, each counted once, with an interval."""

import inspect
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mdpzoo import registry
from mdpzoo.errors import CheckpointError, SettingError
from mdpzoo.experiments.game_evaluation import Seated, is_game, plays_games, seated
from mdpzoo.experiments.players import ready_agent
from mdpzoo.experiments.progress import Advance, bar
from mdpzoo.experiments.run import load_run, make_envs
from mdpzoo.front import make_parallel
from mdpzoo.loading import read
from mdpzoo.showing import shown

if TYPE_CHECKING:
    from stable_baselines3.common.vec_env import VecEnv

    from mdpzoo.protocols import Policy

RESAMPLES = 2_000
MAX_STEPS = 100_000  # of an episode, so that a continuing task comes to an end


@shown
@dataclass(frozen=True, repr=False)
class Evaluation:
    """The results of evaluation episodes.

    Attributes:
        returns: ``[episodes]`` float64, undiscounted.
        lengths: ``[episodes]`` int64, in steps.
        illegal: number of episodes that an illegal action ended.
        cut: number of episodes that ``max_steps`` ended before the rules or the environment's own limit did.
    """

    returns: np.ndarray
    lengths: np.ndarray
    illegal: int
    cut: int = 0

    def interval(self, seed: int = 0, level: float = 0.95) -> tuple[float, float]:
        """Returns the bootstrap interval of the mean return, from 2000 resamples; of zero width for one episode."""
        generator = np.random.default_rng(seed)
        count = len(self.returns)
        means = [self.returns[generator.integers(count, size=count)].mean() for _ in range(RESAMPLES)]
        low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def _repr_html_(self) -> str:
        """A small table, for notebooks."""
        from mdpzoo.report.figures.number_text import interval, number
        from mdpzoo.report.notebooks import table_html

        row = (
            len(self.returns),
            number(float(self.returns.mean())),
            interval(*self.interval()),
            number(self.lengths.mean()),
        )
        return table_html("Evaluation", ("episodes", "mean return", "95 % interval", "mean length"), [row])


@dataclass(frozen=True)
class Evaluated:
    """The evaluation of a saved agent.

    Attributes:
        agent: its id.
        environment: the id of the environment that it played.
        result: the results of the episodes.
        player: in a game, the player whose returns these are; None: there is one decision maker.
    """

    agent: str
    environment: str
    result: Evaluation
    player: str | None = None


def evaluate(
    policy: "Policy",
    envs: "VecEnv",
    episodes: int,
    deterministic: bool = True,
    advance: Advance | None = None,
    max_steps: int = MAX_STEPS,
) -> Evaluation:
    """Plays whole episodes.

    An episode that does not end within ``max_steps`` is cut there and counted, with a warning; its row then continues
    with the same episode, which is counted as a new one.

    Every row plays its share, so that short episodes are not counted more often than long ones. Where
    ``policy.predict`` takes ``action_masks`` (MaskablePPO), it receives them.

    Args:
        policy: anything with SB3's ``predict``.
        envs: an SB3 ``VecEnv``, seeded by ``envs.seed``.
        episodes: how many to play, at least 1.
        deterministic: passed to ``predict``.
        advance: called with the number of episodes done, after each step that ended some.
        max_steps: longest episode, at least 1.

    Raises:
        SettingError: if ``episodes`` or ``max_steps`` is less than 1.
    """
    for name, number in (("episodes", episodes), ("max_steps", max_steps)):
        if number < 1:
            raise SettingError(f"{name} must be at least 1, got {number}")
    masked = "action_masks" in inspect.signature(policy.predict).parameters and envs.has_attr("action_masks")
    share = np.array([(episodes + row) // envs.num_envs for row in range(envs.num_envs)])
    observation, memory = envs.reset(), None
    first = np.ones(envs.num_envs, bool)
    total, length = np.zeros(envs.num_envs), np.zeros(envs.num_envs, np.int64)
    illegal = cut = 0
    returns: list[float] = []
    lengths: list[int] = []
    while len(returns) < episodes:
        told: dict[str, Any] = {"action_masks": np.stack(envs.env_method("action_masks"))} if masked else {}
        action, memory = policy.predict(observation, memory, first, deterministic, **told)
        observation, rewards, first, infos = envs.step(action)
        total += rewards
        length += 1
        for row in np.flatnonzero(first | (length >= max_steps)):
            if share[row] > 0:
                share[row] -= 1
                whole = first[row] and length[row] == infos[row].get("episode", {}).get("l")
                returns.append(float(infos[row]["episode"]["r"] if whole else total[row]))
                lengths.append(int(length[row]))
                illegal += bool(infos[row].get("illegal"))
                cut += not first[row]
            total[row], length[row] = 0.0, 0
        if advance is not None and first.any():
            advance(len(returns))
    if cut:
        message = f"{cut} of {episodes} episodes did not end within {max_steps} steps and were cut there"
        warnings.warn(f"{message}; give the environment max_episode_steps, or evaluate() max_steps", stacklevel=2)
    return Evaluation(np.array(returns), np.array(lengths), illegal, cut)


def evaluate_saved(
    saved: str | Path,
    episodes: int,
    *,
    environment: str | None = None,
    environment_settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    num_envs: int = 16,
    deterministic: bool = True,
    progress: bool = False,
    max_steps: int = MAX_STEPS,
) -> Evaluated:
    """Plays episodes with a saved agent; an agent that learns from games plays all players, see ``game_evaluation``.

    Args:
        saved: a run's folder, a file, or the id of an agent that is pretrained or has nothing to learn.
        episodes: how many to play, at least 1.
        environment: its id; None: the one that the agent was trained on.
        environment_settings: the environment's; they add to the training's settings if that environment is played.
        seed: of the environments.
        num_envs: environments that step together, at most.
        deterministic: False: actions are drawn. In a game they are also drawn where a player's are no Box.
        progress: show a progress bar on standard error.
        max_steps: longest episode, at least 1.

    Raises:
        CheckpointError: the agent cannot be used, or does not record what it was trained on.
        UnknownNameError: there is no such agent or environment.
        SettingError: a number is out of its range, or the environment refuses its settings.
    """
    settings = dict(environment_settings or {})
    if environment is None:
        environment, trained_with = _home(saved)
        settings = trained_with | settings
    rows = max(1, min(num_envs, episodes))
    player: str | None = None
    if is_game(environment):
        agent, (player, envs, policy, still) = _seated(saved, environment, settings, rows, seed)
        deterministic = deterministic and still
    else:
        envs = make_envs(environment, rows, settings, seed)
        agent = policy = ready_agent(saved, envs, seed)
    envs.seed(seed)  # making the agent has seeded them for learning
    with bar("episodes", episodes, progress) as advance:
        result = evaluate(policy, envs, episodes, deterministic, advance, max_steps)
    envs.close()
    return Evaluated(getattr(agent, "mdpzoo", {}).get("agent", type(agent).__name__), environment, result, player)


def _seated(
    saved: str | Path, environment: str, settings: Mapping[str, Any], rows: int, seed: int
) -> tuple[Any, Seated]:
    """Returns an agent of games and the first player's seat against the agent's own policies."""
    agent = read(saved, make_parallel(environment, **settings))
    if not plays_games(agent):
        raise CheckpointError(
            f"the agent of {str(saved)!r} has no policy for each player of the game {environment!r}; it must have "
            "the method policy_of(player)"
        )
    return agent, seated(agent, environment, settings, rows, seed)


def _home(saved: str | Path) -> tuple[str, dict[str, Any]]:
    """Returns the id and settings of the environment that a saved agent was trained on."""
    if Path(saved).is_dir():
        run = load_run(Path(saved))
        return run.environment, dict(run.environment_settings)
    spec = registry.agents().get(str(saved))
    if spec is not None and spec.load is None:
        raise CheckpointError(
            f"agent {spec.id!r} is not pretrained: give the folder of mdpzoo train, "
            "or, if it has nothing to learn, the environment with --env"
        )
    note = getattr(read(saved), "mdpzoo", {}).get("environment")
    if note is None:
        raise CheckpointError(f"{str(saved)!r} does not say which environment it was trained on; name one with --env")
    return note["id"], note["settings"]
