"""Executes a run in its folder, so that it can be resumed after the process ends for any reason."""

import dataclasses
import json
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mdpzoo import registry
from mdpzoo.errors import CheckpointError, SettingError
from mdpzoo.experiments.exact_state import FILE, read_state
from mdpzoo.experiments.folders import LOCK, FolderError, locked
from mdpzoo.experiments.keeping import SAVING, Keeper, save, stopping_gently
from mdpzoo.experiments.progress import as_list, bar, with_progress
from mdpzoo.experiments.provenance import versions
from mdpzoo.experiments.run import Run, load_run, make_envs, write_json
from mdpzoo.front import make_agent, make_parallel
from mdpzoo.loading import STEMS, read

KEEP_EVERY = 60.0  # seconds between two saves of a run
FAILURE = "failure.json"  # of an attempt that did not begin
LEARNED = ("progress.csv", "evaluations.csv", FILE, *STEMS)  # goes where a run begins anew
EXACTLY, ANEW = "exact", "from the beginning"
LOOSELY = "with the saved agent; episodes and replay buffers in memory were lost"


@dataclass(frozen=True)
class Trained:
    """The outcome of a run.

    Attributes:
        agent: the trained agent.
        complete: False if it was interrupted; the folder then holds the agent as of that moment.
        steps: environment steps done.
        seconds: wall-clock time of this call.
        final_return: mean return of the last evaluation; None: there was none.
        resumed: how this call resumed an interrupted run: ``EXACTLY`` or ``LOOSELY``; empty: it started one.
    """

    agent: Any
    complete: bool
    steps: int
    seconds: float
    final_return: float | None = None
    resumed: str = ""


def train(
    run: Run,
    folder: Path,
    *,
    resume: bool = False,
    exactly: bool = False,
    progress: bool = False,
    callback: Any = None,
    keep_every: float = KEEP_EVERY,
    tensorboard: bool = False,
    on_evaluation: Callable[[int, float], None] | None = None,
) -> Trained:
    """Executes a run and saves checkpoints, so that an interrupted run can be resumed.

    Args:
        run: the specification of the run.
        folder: where it is kept; made if missing.
        resume: continue the run in the folder until ``run.steps`` are done in all. Its results are bitwise identical
            to those of an uninterrupted run if ``exact_state`` says so.
        exactly: start again if a resumed run would not be bitwise identical, so that the result always is.
        progress: show a progress bar on standard error.
        callback: as in SB3's ``learn``.
        keep_every: seconds between two saves.
        tensorboard: also write TensorBoard's files, into the folder ``tensorboard`` within it.
        on_evaluation: called with the steps and the mean return of each evaluation; an exception ends the run.

    Raises:
        SettingError: the folder is not free and ``resume`` is False, holds another run, cannot be written or is full,
            or another process works in it; or the agent or the environment rejects its settings.
        CheckpointError: there is nothing to resume.
    """
    _check_folder(run, folder, resume)
    existed = folder.exists()
    with locked(folder):
        _check_folder(run, folder, resume)
        try:
            return _train(run, folder, exactly, Extras(progress, callback, keep_every, tensorboard, on_evaluation))
        except OSError as error:
            reason = error.strerror or str(error)
            remedy = (
                "make room, then go on with --resume" if (folder / "run.json").exists() else "choose another folder"
            )
            raise FolderError(f"{str(folder)!r} cannot be written ({reason}); {remedy}") from None
        finally:
            if not existed and [path.name for path in folder.iterdir()] == [LOCK]:
                shutil.rmtree(folder)


class Extras(NamedTuple):
    """The arguments of ``train`` that do not affect learning."""

    progress: bool
    callback: Any
    keep_every: float
    tensorboard: bool
    on_evaluation: Callable[[int, float], None] | None


def _train(run: Run, folder: Path, exactly: bool, extras: Extras) -> Trained:
    for left in (*folder.glob(f"{SAVING}*"), *folder.glob(".*.part")):  # by a process that was killed
        left.unlink()
    saved = next((folder / stem for stem in STEMS if (folder / stem).is_file()), None)
    state = None if saved is None else read_state(folder, saved)
    if saved is None or (exactly and state is None):  # it ended before there was an agent, or must be equal
        saved = None
        for name in LEARNED:
            (folder / name).unlink(missing_ok=True)
    envs = _environments(run)
    agent: Any = _agent(run, envs) if saved is None else read(folder, envs)
    _begin(run, folder)
    keeper = Keeper(run, folder, agent, envs, extras.keep_every)
    keeper.evaluations.listener = extras.on_evaluation
    if state is not None:
        keeper.restore(state)
    elif saved is not None:  # new episodes, not those of the beginning once more
        agent.set_random_seed(int(np.random.SeedSequence((run.seed, agent.num_timesteps)).generate_state(1)[0] >> 1))
        keeper.resume_at(agent.num_timesteps)
    if extras.tensorboard:
        agent.tensorboard_log = str(folder / "tensorboard")
    try:
        trained = _learn(run, folder, keeper, extras, going_on=saved is not None)
    except OSError:  # perhaps there is room later
        raise
    except Exception:
        if saved is None and not any((folder / stem).is_file() for stem in STEMS):  # nothing was learnt
            for name in ("run.json", "versions.json", *LEARNED):
                (folder / name).unlink(missing_ok=True)
        raise
    resumed = "" if saved is None else EXACTLY if state is not None else LOOSELY
    if trained.complete:
        _write_result(run, folder, keeper, trained, LOOSELY if resumed == LOOSELY else "")
    envs.close()
    return dataclasses.replace(trained, resumed=resumed)


def _learn(run: Run, folder: Path, keeper: Keeper, extras: Extras, going_on: bool) -> Trained:
    """Performs the remaining training, evaluates and saves."""
    agent, complete, final = keeper.agent, True, None
    started = time.monotonic()
    remaining = run.steps - (agent.num_timesteps if going_on else 0)
    with stopping_gently(keeper):
        try:
            if remaining > 0:
                with bar("steps", run.steps, extras.progress) as advance:
                    callbacks = with_progress([*as_list(extras.callback), keeper], agent, advance)
                    agent.learn(remaining, callback=callbacks, reset_num_timesteps=not going_on)
            keeper.between_steps = True
            final = keeper.evaluations.finish(agent, agent.num_timesteps)
        except KeyboardInterrupt:
            complete = False
        if keeper.between_steps:
            keeper.save()
        else:
            keeper.curve.flush()
            (folder / FILE).unlink(missing_ok=True)
            save(agent, folder)
    return Trained(agent, complete, agent.num_timesteps, time.monotonic() - started, final)


def _write_result(run: Run, folder: Path, keeper: Keeper, trained: Trained, how: str) -> None:
    wall, cpu = keeper.curve.seconds
    asked = {"agent": run.agent, "environment": run.environment, "seed": run.seed}
    done = {"steps": trained.steps, "seconds": round(wall, 3), "cpu_seconds": round(cpu, 3)}
    resumes = how or (EXACTLY if keeper.exact else ANEW)
    write_json(folder / "result.json", asked | done | {"final_return": trained.final_return, "resumes": resumes})


def _environments(run: Run) -> Any:
    """Makes the environments that the run's agent learns from: SB3's, or a game."""
    if registry.agent(run.agent).learns_from == "game":
        return make_parallel(run.environment, **run.environment_settings)
    return make_envs(run.environment, run.num_envs, run.environment_settings, run.seed)


def _check_folder(run: Run, folder: Path, resume: bool) -> None:
    if resume:
        if not (folder / "run.json").is_file():
            raise CheckpointError(f"{str(folder)!r} holds no run to resume")
        begun, asked = load_run(folder).as_json(), json.loads(json.dumps(run.as_json()))
        for name in sorted((begun.keys() | asked.keys()) - {"steps"}):
            if begun.get(name) != asked.get(name):
                raise SettingError(
                    f"{str(folder)!r} holds a run with {name} {begun.get(name)!r}, not {asked.get(name)!r}; "
                    "resume it with the same command"
                )
    elif (folder / "run.json").is_file():
        raise SettingError(f"{str(folder)!r} holds a run already; choose another folder, or resume it with --resume")
    elif folder.is_dir() and any(path.name[0] != "." and path.name != FAILURE for path in folder.iterdir()):
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
        write_json(folder / "run.json", run.as_json())
        write_json(folder / "versions.json", versions())
    except OSError as error:
        raise FolderError(f"{str(folder)!r} cannot be written: {error.strerror}") from None
