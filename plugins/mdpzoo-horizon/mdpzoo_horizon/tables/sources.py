"""Makes a table of whatever is to be analysed: a model, an environment, an id, or a file."""

from pathlib import Path
from typing import Any

import gymnasium

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.models.model_files import read_model
from mdpzoo_horizon.tables.environment_tables import make_environment, tabularise


def model_of(source: Any, **settings: Any) -> tuple[TabularMDP, int | None]:
    """Makes a table of a model, an environment, an id, or a file.

    Args:
        source: a ``TabularMDP``, a Gymnasium environment, the id of one, or a file (.npz).
        settings: settings of the environment, if an id is given.

    Returns:
        The table, and the environment's time limit in steps or None.

    Raises:
        UnknownNameError: if the id is unknown; the message names the nearest.
        SettingError: if the environment cannot be made into a table; the message says why.
        InstanceError: if the file cannot be read.
    """
    if isinstance(source, TabularMDP):
        return source, None
    if isinstance(source, Path) or (isinstance(source, str) and source.endswith(".npz")):
        if settings:
            raise SettingError(f"a file has no settings, got {next(iter(settings))!r}")
        return read_model(str(source)), None
    env = make_environment(source, **settings) if isinstance(source, str) else source
    if not isinstance(env, gymnasium.Env):
        raise SettingError(f"expected a model, an environment, an id or a file (.npz), got {type(source).__name__}")
    limit = env.spec.max_episode_steps if env.spec is not None else None
    if limit is None:
        limit = getattr(env.unwrapped, "max_steps", None)  # MiniGrid's own
    return tabularise(env), limit
