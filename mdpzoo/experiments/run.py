"""One run: an agent learns in an environment with one seed, and its folder holds what came of it.

``run.json`` says what was asked; ``agent.zip`` or ``agent.safetensors`` is the agent; ``result.json`` is written last:
a folder without it is a run that has not ended, and can be resumed.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mdpzoo.checkpoints import STEMS, read
from mdpzoo.errors import CheckpointError, SettingError
from mdpzoo.front import make_agent, make_sb3


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
        """Checks the numbers.

        Raises:
            SettingError: one is out of its range.
        """
        for name, least in (("steps", 1), ("seed", 0), ("num_envs", 1)):
            if getattr(self, name) < least:
                raise SettingError(f"{name} must be at least {least}, got {getattr(self, name)}")


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


def train(run: Run, folder: Path, *, resume: bool = False, progress: bool = False, callback: Any = None) -> Trained:
    """Carries a run out, and keeps what it learnt even if it is interrupted.

    Args:
        run: what is asked.
        folder: where it is kept; made if missing.
        resume: go on with the agent in the folder until ``run.steps`` are done in all.
        progress: show a progress bar.
        callback: as in SB3's ``learn``.

    Raises:
        SettingError: the folder holds a run already and ``resume`` is not asked for.
        CheckpointError: there is nothing to resume.
    """
    begun = (folder / "run.json").exists()
    if begun and not resume:
        raise SettingError(f"{str(folder)!r} holds a run already; choose another folder, or resume it with --resume")
    if resume and not begun:
        raise CheckpointError(f"{str(folder)!r} holds no run to resume")
    envs = make_sb3(run.environment, run.num_envs, **run.environment_settings)
    envs.seed(run.seed)
    agent = read(folder, envs) if resume else make_agent(run.agent, envs, seed=run.seed, **run.settings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").unlink(missing_ok=True)
    write_json(folder / "run.json", asdict(run))
    started, complete = time.monotonic(), True
    remaining = run.steps - (agent.num_timesteps if resume else 0)
    try:
        if remaining > 0:
            agent.learn(remaining, callback=callback, reset_num_timesteps=not resume, progress_bar=progress)
    except KeyboardInterrupt:
        complete = False
    save(agent, folder)
    seconds = time.monotonic() - started
    if complete:
        result = {"agent": run.agent, "environment": run.environment, "seed": run.seed}
        write_json(folder / "result.json", result | {"steps": agent.num_timesteps, "seconds": round(seconds, 3)})
    return Trained(agent, complete, agent.num_timesteps, seconds)


def save(agent: Any, folder: Path) -> Path:
    """Saves an agent into its run's folder, whole or not at all, and returns the file."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".saving-") as beside:
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
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{str(path)!r} is damaged: {error!s:.120}") from None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file, whole or not at all."""
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        os.replace(partial, path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
