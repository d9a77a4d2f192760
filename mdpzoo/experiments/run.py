"""One run: an agent learns in an environment with one seed, and its folder holds what came of it.

``run.json`` says what was asked; ``agent.zip`` or ``agent.safetensors`` is the agent, saved now and then;
``progress.csv`` is its learning curve, see ``curve``.
``result.json`` is written last: a folder without it is a run that has not ended and can be resumed, even after a kill.
"""

import json
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from mdpzoo import registry
from mdpzoo.errors import CheckpointError, MdpzooError, SettingError
from mdpzoo.experiments.curve import recording
from mdpzoo.experiments.folders import LOCK, locked
from mdpzoo.experiments.progress import as_list, bar, with_progress
from mdpzoo.files import replacing
from mdpzoo.front import make_agent, make_parallel, make_sb3
from mdpzoo.loading import STEMS, read

KEEP_EVERY = 60.0  # seconds between two saves of a run
SAVING = ".saving-"  # how the folder of a save that has not ended begins
RANGES = {"steps": (1, 2**63), "seed": (0, 2**31), "num_envs": (1, 2**20)}  # from the first to below the second


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is asked of a run.

    Attributes:
        agent: its id.
        environment: its id.
        steps: environment steps to learn for, over all environments together.
        seed: of agent and environments.
        num_envs: environments that step together.
        settings: the agent's.
        environment_settings: the environment's.
    """

    agent: str
    environment: str
    steps: int
    seed: int = 0
    num_envs: int = 8
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment_settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks every field.

        Raises:
            SettingError: a number is out of its range, or a setting is none that JSON can hold.
        """
        for name, (least, end) in RANGES.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value < end:
                raise SettingError(f"{name} must be an integer in [{least}, {end}), got {value!r:.80}")
        for name in ("settings", "environment_settings"):
            try:
                object.__setattr__(self, name, dict(getattr(self, name)))
                json.dumps(getattr(self, name), allow_nan=False)
            except (TypeError, ValueError, RecursionError) as error:
                raise SettingError(f"{name} must be finite JSON values: {error!s:.120}") from None
        if "seed" in self.settings:
            raise SettingError("the seed is no setting of the agent here: give it as the run's own (--seed)")


@dataclass(frozen=True)
class Trained:
    """How a run ended.

    Attributes:
        agent: what has learnt.
        complete: False where it was interrupted; the folder then holds the agent as it was.
        steps: environment steps done.
        seconds: wall-clock time of this call.
    """

    agent: Any
    complete: bool
    steps: int
    seconds: float


def train(
    run: Run,
    folder: Path,
    *,
    resume: bool = False,
    progress: bool = False,
    callback: Any = None,
    keep_every: float = KEEP_EVERY,
    tensorboard: bool = False,
) -> Trained:
    """Executes a run and saves checkpoints, so that an interrupted run can be resumed.

    Args:
        run: what is asked.
        folder: where it is kept; made if missing.
        resume: go on with the run in the folder until ``run.steps`` are done in all.
        progress: show a progress bar on standard error.
        callback: as in SB3's ``learn``.
        keep_every: seconds between two saves on the way.
        tensorboard: also write TensorBoard's files, into the folder ``tensorboard`` within it.

    Raises:
        SettingError: the folder is not free and ``resume`` is not asked for, holds another run, cannot be written or
            is full, or another process works in it; or the agent or the environment refuses its settings.
        CheckpointError: there is nothing to resume.
    """
    _check_folder(run, folder, resume)
    existed = folder.exists()
    with locked(folder):
        _check_folder(run, folder, resume)
        try:
            return _train(run, folder, progress, callback, keep_every, tensorboard)
        except OSError as error:
            reason = error.strerror or str(error)
            remedy = (
                "make room, then go on with --resume" if (folder / "run.json").exists() else "choose another folder"
            )
            raise SettingError(f"{str(folder)!r} cannot be written ({reason}); {remedy}") from None
        finally:
            if not existed and [path.name for path in folder.iterdir()] == [LOCK]:
                shutil.rmtree(folder)


def _train(run: Run, folder: Path, progress: bool, callback: Any, keep_every: float, tensorboard: bool) -> Trained:
    for left in folder.glob(f"{SAVING}*"):  # by a process that was killed
        shutil.rmtree(left)
    going_on = any((folder / stem).is_file() for stem in STEMS)  # if not, it ended before there was an agent
    envs = _environments(run)
    agent = read(folder, envs) if going_on else _agent(run, envs)
    _begin(run, folder)
    if not going_on:
        (folder / "progress.csv").unlink(missing_ok=True)
    if going_on:  # new episodes, not those of the beginning once more
        agent.set_random_seed(int(np.random.SeedSequence((run.seed, agent.num_timesteps)).generate_state(1)[0] >> 1))
    if tensorboard:
        agent.tensorboard_log = str(folder / "tensorboard")
    started, complete = time.monotonic(), True
    remaining = run.steps - (agent.num_timesteps if going_on else 0)
    try:
        if remaining > 0:
            with bar("steps", run.steps, progress) as advance:
                watching = [_keeping(agent, folder, keep_every), recording(agent, folder / "progress.csv", run.steps)]
                callbacks = with_progress([*as_list(callback), *watching], agent, advance)
                agent.learn(remaining, callback=callbacks, reset_num_timesteps=not going_on)
    except KeyboardInterrupt:
        complete = False
    except OSError:  # perhaps there is room later
        raise
    except Exception:
        if not going_on and not any((folder / stem).is_file() for stem in STEMS):  # nothing was learnt
            for name in ("run.json", "progress.csv"):
                (folder / name).unlink(missing_ok=True)
        raise
    save(agent, folder)
    seconds = time.monotonic() - started
    if complete:
        result = {"agent": run.agent, "environment": run.environment, "seed": run.seed}
        write_json(folder / "result.json", result | {"steps": agent.num_timesteps, "seconds": round(seconds, 3)})
    envs.close()
    return Trained(agent, complete, agent.num_timesteps, seconds)


def _keeping(agent: Any, folder: Path, every: float) -> Callable[..., bool]:
    """A callback that saves the agent every so many seconds."""
    last = time.monotonic()

    def keep(*_: Any) -> bool:
        nonlocal last
        if time.monotonic() - last >= every:
            save(agent, folder)
            last = time.monotonic()
        return True

    return keep


def _environments(run: Run) -> Any:
    """What the run's agent learns from: environments for SB3, or a game."""
    if registry.agent(run.agent).learns_from == "game":
        return make_parallel(run.environment, **run.environment_settings)
    return make_envs(run.environment, run.num_envs, run.environment_settings, run.seed)


def make_envs(id: str, num_envs: int, settings: Mapping[str, Any], seed: int) -> Any:
    """Makes and seeds environments for SB3.

    Raises:
        SettingError: they refuse their settings, or belong to another package and cannot be made.
    """
    taken = {"id", "num_envs", "device", "rules", "output", "autoreset_mode", "statistics"} & settings.keys()
    if taken:
        raise SettingError(f"{min(taken)!r} is no setting of environment {id!r}")
    try:
        envs = make_sb3(id, num_envs, **settings)
    except MdpzooError:
        raise
    except (TypeError, ValueError, MemoryError, ImportError, gymnasium.error.Error) as error:
        raise SettingError(f"environment {id!r} cannot be made: {' '.join(str(error).split()):.200}") from error
    envs.seed(seed)
    return envs


def save(agent: Any, folder: Path) -> Path:
    """Saves an agent into its run's folder, whole or not at all, and returns the file."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=SAVING) as beside:
        agent.save(str(Path(beside) / "agent"))
        written = next(path for path in Path(beside).iterdir())
        target = folder / written.name
        if target.name not in STEMS:
            raise CheckpointError(f"an agent must save as one of {', '.join(STEMS)}, got {target.name!r}")
        shutil.move(written, target)
    return target


def load_run(folder: Path) -> Run:
    """Reads what was asked of the run in a folder.

    Raises:
        CheckpointError: the folder holds no run, or a damaged one.
    """
    path = folder / "run.json"
    if not path.is_file():
        raise CheckpointError(f"{str(folder)!r} holds no run; give the folder that mdpzoo train --out has written")
    try:
        return Run(**json.loads(path.read_text()))
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise CheckpointError(f"{str(path)!r} is damaged: {error!s:.120}") from None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file, whole or not at all."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(content, indent=2) + "\n")


def _check_folder(run: Run, folder: Path, resume: bool) -> None:
    if resume:
        if not (folder / "run.json").is_file():
            raise CheckpointError(f"{str(folder)!r} holds no run to resume")
        begun, asked = asdict(load_run(folder)), json.loads(json.dumps(asdict(run)))
        for name in begun.keys() - {"steps"}:
            if begun[name] != asked[name]:
                raise SettingError(
                    f"{str(folder)!r} holds a run with {name} {begun[name]!r}, not {asked[name]!r}; "
                    "resume it with the same command"
                )
    elif (folder / "run.json").is_file():
        raise SettingError(f"{str(folder)!r} holds a run already; choose another folder, or resume it with --resume")
    elif folder.is_dir() and any(path.name != LOCK for path in folder.iterdir()):
        raise SettingError(f"{str(folder)!r} is not empty; choose another folder")
    elif folder.exists() and not folder.is_dir():
        raise SettingError(f"{str(folder)!r} is a file; choose another folder")


def _agent(run: Run, envs: Any) -> Any:
    for name in {"id", "env"} & run.settings.keys():
        raise SettingError(f"{name!r} is no setting of agent {run.agent!r}")
    agent = make_agent(run.agent, envs, seed=run.seed, **run.settings)
    rollout = getattr(agent, "n_steps", 0)
    if "n_steps" in run.settings or not isinstance(rollout, int) or not rollout:
        return agent
    if rollout * envs.num_envs <= run.steps:
        return agent
    whole = getattr(agent, "batch_size", 1) // math.gcd(getattr(agent, "batch_size", 1), envs.num_envs)
    needed = -(-run.steps // envs.num_envs)  # one rollout does all that is asked for, in whole minibatches
    fitting = -(-needed // whole) * whole
    if fitting >= rollout:
        return agent
    return make_agent(run.agent, envs, seed=run.seed, **run.settings, n_steps=fitting)


def _begin(run: Run, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "result.json").unlink(missing_ok=True)
        write_json(folder / "run.json", asdict(run))
    except OSError as error:
        raise SettingError(f"{str(folder)!r} cannot be written: {error.strerror}") from None
