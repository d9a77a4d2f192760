"""The specification of a run: one agent, one environment, one seed; kept as ``run.json`` in the run's folder.

``training.py`` executes it. The folder then also holds ``agent.zip`` or ``agent.safetensors``, saved now and then;
``progress.csv`` (``curve.py``), ``evaluations.csv`` (``evaluations.py``) and ``versions.json`` (``provenance.py``).
``result.json`` is written last: a folder without it is a run that has not ended and can be resumed, even after a kill.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from mdpzoo.errors import CheckpointError, MdpzooError, SettingError
from mdpzoo.files import replacing
from mdpzoo.front import make_sb3

EPISODES = 10  # of an evaluation, if only its interval is given
RANGES = {  # from the first to below the second
    "steps": (1, 2**63),
    "seed": (0, 2**31),
    "num_envs": (1, 2**20),
    "evaluation_episodes": (1, 2**31),
    "evaluate_every": (1, 2**63),
}
EVALUATION = 2  # keeps the streams of evaluations apart from those of the training


@dataclass(frozen=True, kw_only=True)
class Run:
    """The specification of a run.

    Attributes:
        agent: its id.
        environment: its id.
        steps: environment steps to learn for, over all environments together.
        seed: of agent and environments.
        num_envs: environments that step together.
        settings: the agent's.
        environment_settings: the environment's.
        evaluation_episodes: of each evaluation; None: the run is not evaluated.
        evaluate_every: steps between two evaluations; None: only at the end.
    """

    agent: str
    environment: str
    steps: int
    seed: int = 0
    num_envs: int = 8
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment_settings: Mapping[str, Any] = field(default_factory=dict)
    evaluation_episodes: int | None = None
    evaluate_every: int | None = None

    def __post_init__(self) -> None:
        """Checks every field.

        Raises:
            SettingError: a number is out of its range, or a setting cannot be written as JSON.
        """
        for name, (least, end) in RANGES.items():
            value = getattr(self, name)
            if value is None and name.startswith("evaluat"):
                continue
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
        if self.evaluate_every is not None and self.evaluation_episodes is None:
            object.__setattr__(self, "evaluation_episodes", EPISODES)

    @property
    def evaluation_seed(self) -> int:
        """Seed of the evaluations' environments: the same episodes at each evaluation, others for every seed."""
        return evaluation_seed(self.seed)

    def as_json(self) -> dict[str, Any]:
        """Returns the fields that are set, as in ``run.json``."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def evaluation_seed(seed: int) -> int:
    """Returns the seed of the evaluations' environments of a run with this seed, in [0, 2^31)."""
    return int(np.random.SeedSequence((seed, EVALUATION)).generate_state(1)[0] >> 1)


def make_envs(id: str, num_envs: int, settings: Mapping[str, Any], seed: int) -> Any:
    """Makes and seeds environments for SB3.

    Raises:
        SettingError: they reject their settings, or belong to another package and cannot be made.
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


def load_run(folder: Path) -> Run:
    """Reads the specification of the run in a folder.

    Raises:
        CheckpointError: the folder holds no run, or a damaged one.
    """
    path = folder / "run.json"
    if not path.is_file():
        raise CheckpointError(f"{str(folder)!r} holds no run; give the folder that mdpzoo train --out has written")
    try:
        return Run(**json.loads(path.read_text()))
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        sentence = f"{str(path)!r} is damaged: {error!s:.120}; remove the run's folder to begin it anew"
        raise CheckpointError(sentence) from None


def read_result(folder: Path) -> dict[str, Any] | None:
    """Reads the result of a run; None if there is none, or a damaged one."""
    try:
        result = json.loads((folder / "result.json").read_text())
    except (OSError, ValueError, RecursionError):
        return None
    return result if isinstance(result, dict) else None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a JSON file, whole or not at all."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(content, indent=2) + "\n")
