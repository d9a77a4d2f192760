"""The optimal policy as an agent: of each segment of a piecewise-stationary model, or of a stationary finite task."""

from typing import Annotated, Any

from mdpzoo.interop.finite_agents import table_behind, time_limit
from mdpzoo.interop.online import OnlineAgent
from mdpzoo.interop.planned import planned_agent
from mdpzoo.settings import Range, ranged
from mdpzoo_nonstationary.learners.agent import TabularLearner


@ranged
def optimal(
    env: Any,
    horizon: Annotated[int | None, Range(1)] = None,
    reward_range: tuple[float, float] = (0.0, 1.0),
    seed: int | None = None,
    verbose: int = 0,
    tensorboard_log: str | None = None,
) -> OnlineAgent:
    """Builds the optimal policy of the model behind an environment; it learns nothing.

    In a piecewise model, ``learn`` plays the policy of each segment in turn. ``predict`` does not know the time: it
    plays the policy of the segment in which ``learn`` has ended, or of the first segment before ``learn``.

    Args:
        env: of a ``PiecewiseMDP``, one environment; or of a ``TabularMDP`` or Gymnasium's toy text, any number.
        horizon: for a piecewise model: steps of lookahead for changes; None: those of the first run.
        reward_range: for a piecewise model: the smallest and the largest reward.
        seed: of the environment.
        verbose: 1 writes the log to the terminal.
        tensorboard_log: a folder for TensorBoard.

    Raises:
        SettingError: if there is no such model, or a value is out of its range.
    """
    model = table_behind(env)
    if model is not None:
        return planned_agent(env, model, time_limit(env), seed, verbose)
    own: dict[str, Any] = {"reward_range": reward_range} | ({} if horizon is None else {"horizon": horizon})
    return TabularLearner(
        env=env, algorithm="optimal", seed=seed, verbose=verbose, tensorboard_log=tensorboard_log, **own
    )
