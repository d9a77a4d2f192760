"""Makes a table of the subject of an analysis: a model, an environment, an id, or a file."""

from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.models.model_files import read_model
from mdpzoo_horizon.tables.environment_tables import make_environment, table_of

MOST = 100_000  # default maximum number of states


class Source(NamedTuple):
    """The subject of an analysis.

    Attributes:
        model: its table.
        limit: the environment's time limit in steps; None: it has none.
        legal: ``[S, A]`` bool, the legal actions; None: all.
    """

    model: TabularMDP
    limit: int | None = None
    legal: np.ndarray | None = None

    @property
    def exploration(self) -> np.ndarray | None:
        """``[S, A]``, uniform over the legal actions; None: uniform over all."""
        return None if self.legal is None else self.legal / self.legal.sum(1, keepdims=True)


def model_of(source: Any, **settings: Any) -> tuple[TabularMDP, int | None]:
    """Makes a table of a model, an environment, an id, or a file; returns it and the time limit; see ``source_of``."""
    return source_of(source, **settings)[:2]


def source_of(source: Any, max_states: int = MOST, **settings: Any) -> Source:
    """Makes a table of a model, an environment, an id, or a file.

    Args:
        source: a ``TabularMDP``, a Gymnasium environment, the id of one, or a file (.npz).
        max_states: maximum number of states of an environment that has no table of its own.
        settings: settings of the environment, if an id is given.

    Raises:
        UnknownNameError: if the id is unknown; the message names the nearest.
        SettingError: if the environment cannot be made into a table; the message says why.
        InstanceError: if the file cannot be read.
    """
    if isinstance(source, TabularMDP):
        return Source(source)
    if isinstance(source, Path) or (isinstance(source, str) and source.endswith(".npz")):
        if settings:
            raise SettingError(f"a file has no settings, got {next(iter(settings))!r}")
        return Source(read_model(str(source)))
    env = make_environment(source, **settings) if isinstance(source, str) else source
    if not isinstance(env, gymnasium.Env):
        raise SettingError(f"expected a model, an environment, an id or a file (.npz), got {type(source).__name__}")
    limit = env.spec.max_episode_steps if env.spec is not None else None
    if limit is None:
        limit = getattr(env.unwrapped, "max_steps", None)  # MiniGrid's own
    table = table_of(env, max_states)
    return Source(table.model, limit, table.legal)
