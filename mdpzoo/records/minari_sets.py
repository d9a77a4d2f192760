"""Trajectories as data sets of Minari, and back."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np

from mdpzoo.checkpoints import HIDDEN
from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.front import make

if TYPE_CHECKING:
    from mdpzoo.records.trajectories import Trajectories

LOG_PROBABILITY, REVEALED = "log_probability", "revealed_"  # names of infos


def write(trajectories: "Trajectories", id: str) -> Any:
    """Implements ``Trajectories.to_minari``."""
    minari = _minari()
    from minari.data_collector import EpisodeBuffer

    buffers = []
    for episode in range(trajectories.num_episodes):
        begin, end = trajectories.offsets[episode : episode + 2]
        truncated = trajectories.truncated[begin:end].copy()
        truncated[-1] |= not trajectories.terminated[end - 1]
        buffers.append(
            EpisodeBuffer(
                id=episode,
                observations=_cut(trajectories.observations, begin + episode, end + episode + 1),
                actions=trajectories.actions[begin:end],
                rewards=trajectories.rewards[begin:end],
                terminations=trajectories.terminated[begin:end],
                truncations=truncated,
                infos=_infos(trajectories, episode),
            )
        )
    source = trajectories.source
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # advice to name an author and a link, which are the caller's to add
            return minari.create_dataset_from_buffers(
                id,
                buffers,
                env=_environment(source),
                observation_space=trajectories.observation_space,
                action_space=trajectories.action_space,
                algorithm_name=str(source.get("agent", "unknown")),
                description=f"environment {source.get('environment', 'unknown')}, recorded by mdpzoo",
                jpeg_encoding=False,
            )
    except ValueError as error:
        raise SettingError(f"the data set {id!r} cannot be written: {' '.join(str(error).split()):.150}") from error


def read(kind: "type[Trajectories]", dataset: Any) -> "Trajectories":
    """Implements ``Trajectories.from_minari``."""
    minari = _minari()
    if isinstance(dataset, str):
        try:
            dataset = minari.load_dataset(dataset)
        except (FileNotFoundError, ValueError) as error:
            raise SettingError(f"there is no local data set {dataset!r}: {error!s:.100}") from None
    episodes = list(dataset.iterate_episodes())
    lengths = [len(each.rewards) for each in episodes]
    infos = [each.infos or {} for each in episodes]
    first = infos[0] if infos else {}
    chances = [each[LOG_PROBABILITY][1:] for each in infos] if LOG_PROBABILITY in first else None
    names = [name for name in first if name.startswith(REVEALED)]
    return kind(
        observations=_joined([each.observations for each in episodes]),
        actions=np.concatenate([each.actions for each in episodes]),
        rewards=np.concatenate([each.rewards for each in episodes]).astype(np.float64),
        terminated=np.concatenate([each.terminations for each in episodes]).astype(bool),
        truncated=np.concatenate([each.truncations for each in episodes]).astype(bool),
        offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        observation_space=dataset.observation_space,
        action_space=dataset.action_space,
        log_probabilities=None if chances is None else np.concatenate(chances).astype(np.float64),
        revealed={name.removeprefix(REVEALED): np.concatenate([each[name] for each in infos]) for name in names},
        revealed_at="always" if names else "never",
        source={"environment": str(dataset.id)},
    )


def _environment(source: Mapping[str, Any]) -> Any:
    """Returns the spec for Minari's ``recover_environment``; None if the environment cannot be made here."""
    id, settings = source.get("environment"), source.get("settings")
    if not isinstance(id, str) or id not in gymnasium.registry or not isinstance(settings, Mapping):
        return None
    if HIDDEN & settings.keys():  # a file may not name code
        return None
    try:
        env = make(id, **settings)
    except Exception:  # whatever the settings in a damaged file provoke, or a package that is missing
        return None
    env.close()
    return env.spec


def _infos(trajectories: "Trajectories", episode: int) -> dict[str, np.ndarray]:
    """Returns one entry for each observation: facts, and log-probabilities, which the first one lacks."""
    begin, end = trajectories.offsets[episode : episode + 2]
    infos = {}
    if trajectories.log_probabilities is not None:
        infos[LOG_PROBABILITY] = np.concatenate(([np.nan], trajectories.log_probabilities[begin:end]))
    for name, fact in trajectories.revealed.items():
        if trajectories.revealed_at == "end":
            infos[REVEALED + name] = np.repeat(fact[episode : episode + 1], end - begin + 1, 0)
        else:
            infos[REVEALED + name] = fact[begin + episode : end + episode + 1]
    return infos


def _cut(values: Any, begin: int, end: int) -> Any:
    return (
        {name: each[begin:end] for name, each in values.items()} if isinstance(values, Mapping) else values[begin:end]
    )


def _joined(values: list[Any]) -> Any:
    if isinstance(values[0], Mapping):
        return {name: np.concatenate([each[name] for each in values]) for name in values[0]}
    return np.concatenate(values)


def _minari() -> Any:
    try:
        import minari
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"{error.name} is not installed; type: pip install 'mdpzoo[minari]'") from None
    return minari
