"""The returns of the best, the worst and the uniformly random policy in a task: a model, possibly with a time limit.

With a limit, or if episodes end by themselves, that is the expected undiscounted return of an episode (Puterman
1994, section 4.5); in a continuing task it is the reward per step (chapter 8).
"""

from dataclasses import dataclass, replace

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning.average import evaluate_average, solve_average
from mdpzoo.planning.evaluation import evaluate
from mdpzoo.planning.finite_horizon import solve_finite_horizon
from mdpzoo.showing import shown

LARGEST = 20_000_000  # numbers in a table of values over time
LONGEST = 1 << 14  # steps within which episodes without a limit must be over
PRECISION = 1e-9  # of gains, and of what a longer horizon may still add to a return


@shown
@dataclass(frozen=True, eq=False, repr=False)
class TaskSolution:
    """The best policy of a task, and the returns of reference policies.

    Attributes:
        criterion: ``"return"``, of an episode, or ``"average"``, reward per step.
        optimum: of the best policy.
        random: of the policy that draws every action with the same probability.
        worst: of the worst policy.
        policy: ``[H, S]`` int64, the best action by the steps taken; ``[1, S]`` where it does not depend on them.
        gain: the best reward per step; None where it depends on how long episodes are.
    """

    criterion: str
    optimum: float
    random: float
    worst: float
    policy: np.ndarray
    gain: float | None


def solve_task(model: TabularMDP, max_episode_steps: int | None) -> TaskSolution:
    """Solves a task exactly, up to rounding.

    Args:
        model: the model.
        max_episode_steps: steps after which an episode is truncated; None: only the model ends it.

    Raises:
        SettingError: if the tables would be too large, or episodes without a limit need not end.

    Cost: O(H transitions) time and O(H S) memory; without a limit, H is as long as episodes last.
    """
    ends = bool(model.terminal.any())
    if max_episode_steps is None and not ends:
        return _continuing(model)
    if max_episode_steps is not None:
        found = _episodic(model, max_episode_steps)
        return found if ends else replace(found, gain=found.optimum / max_episode_steps)
    steps = 64
    found = _episodic(model, steps)
    while steps < LONGEST:
        steps *= 2
        longer = _episodic(model, steps)
        scale = PRECISION * max(1.0, abs(longer.optimum))
        if max(abs(getattr(longer, each) - getattr(found, each)) for each in ("optimum", "random", "worst")) <= scale:
            return replace(longer, policy=longer.policy[:1])
        found = longer
    raise SettingError(f"episodes of this model need not end within {LONGEST} steps; give max_episode_steps")


def _continuing(model: TabularMDP) -> TaskSolution:
    best = solve_average(model, PRECISION)
    worst = solve_average(_turned(model), PRECISION)
    random = evaluate_average(model, _uniform(model), PRECISION)
    return TaskSolution("average", best.gain, random.gain, 0.0 - worst.gain, best.policy[None], best.gain)


def _episodic(model: TabularMDP, steps: int) -> TaskSolution:
    if steps * model.num_states > LARGEST:
        raise SettingError(f"{steps} steps of {model.num_states} states take more than {LARGEST:,} values")
    best, worst = solve_finite_horizon(model, steps), solve_finite_horizon(_turned(model), steps)
    random = evaluate(model, _uniform(model), horizon=steps)
    optimum, mean, low = (float(model.start @ each.values[0]) for each in (best, random, worst))
    return TaskSolution("return", optimum, mean, 0.0 - low, best.policy, None)


def _uniform(model: TabularMDP) -> np.ndarray:
    return np.full((model.num_states, model.num_actions), 1 / model.num_actions)


def _turned(model: TabularMDP) -> TabularMDP:
    """Returns the model with all rewards negated."""
    return replace(model, rewards=-model.rewards)
