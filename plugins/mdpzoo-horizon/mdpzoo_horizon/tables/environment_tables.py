"""Tables of finite environments: their own table, or one made by trying every action in every state.

What differs from BRIDGE: environments without snapshots of their own are copied or replayed, and the table is checked
against a fresh environment before it is returned.
"""

import copy
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.tables.minigrid_states import MiniGridStates, is_minigrid
from mdpzoo_horizon.tables.simulators import Simulator, simulator_of
from mdpzoo_horizon.tables.state_search import Outcome, explore

REPEATS = 20  # repetitions of a step that draws random numbers
LONGEST = 50  # steps of an action sequence that checks the table


class Table(NamedTuple):
    """The table of an environment.

    Attributes:
        model: in which an illegal action does what the lowest legal one does.
        legal: ``[S, A]`` bool; None: every action is legal everywhere.
    """

    model: TabularMDP
    legal: np.ndarray | None = None


def tabularise(
    env: Any,
    max_states: int = 100_000,
    *,
    seed: int = 0,
    key: Callable[[Any], Hashable] | None = None,
    use_table: bool = True,
    checks: int = 1000,
) -> TabularMDP:
    """Makes the table of a finite environment.

    The tables of MDPZoo's tabular environments and of toy text (``P``) are read. Any other environment must be
    deterministic after ``reset(seed=seed)`` and is explored breadth first. Its states are numbered in that order from
    0, and the last state is the terminal one. Time limits are not part of the table. Where the environment has
    ``action_masks()``, only legal actions are played, and an illegal one does what the lowest legal one does.

    Args:
        env: an environment, which is not changed, or an id. In MiniGrid, positive rewards become 1, and there are
            three actions in empty rooms and six elsewhere.
        max_states: maximum number of states.
        seed: seed of the reset; MiniGrid draws its layout from it.
        key: computes the state from ``env.unwrapped``, for environments whose observation is not the whole state;
            None: the observation is the state.
        use_table: False explores even if there is a table.
        checks: number of random action sequences whose outcomes in a fresh environment must agree with the table.

    Raises:
        SettingError: if there are too many states, the environment is random, or the table does not match the
            environment.

    Costs two steps and copies of the environment for each state and action.
    """
    return table_of(env, max_states, seed=seed, key=key, use_table=use_table, checks=checks).model


def table_of(
    env: Any,
    max_states: int = 100_000,
    *,
    seed: int = 0,
    key: Callable[[Any], Hashable] | None = None,
    use_table: bool = True,
    checks: int = 1000,
) -> Table:
    """Makes the table of a finite environment, with its legal actions; see ``tabularise``."""
    if isinstance(env, str):
        env = make_environment(env)
    inner = env.unwrapped
    if use_table and (isinstance(getattr(inner, "rules", None), TabularMDP) or getattr(inner, "P", None) is not None):
        return Table(TabularMDP.from_gymnasium(env))
    name = type(inner).__name__
    if not isinstance(env.action_space, gymnasium.spaces.Discrete):
        raise SettingError(f"{name} needs Discrete actions, has {env.action_space}")
    simulator, fresh = (_simulator(each, seed, key) for each in (_fresh(env), _fresh(env)))
    snapshots: dict[Hashable, Any] = {}
    masks: dict[Hashable, np.ndarray | None] = {}

    def outcomes(state: Hashable, action: int) -> list[Outcome]:
        played = _played(masks[state], action)
        next_state, reward, ends, snapshot, legal = _tried(simulator, snapshots[state], played, name)
        if not ends:
            snapshots.setdefault(next_state, snapshot)
            masks.setdefault(next_state, legal)
        if action == simulator.num_actions - 1:
            snapshots[state] = None  # not needed any more
        return [(1.0, next_state, reward, ends)]

    start = simulator.reset()
    masks[start] = simulator.legal()
    snapshots[start] = simulator.snapshot()
    model, states = explore({start: 1.0}, outcomes, simulator.num_actions, max_states)
    every = np.ones(simulator.num_actions, bool)
    rows = [masks[state] for state in states]
    legal = np.array([every if row is None else row for row in (*rows, None)])  # the last state is the end
    _validate(model, states, fresh, checks, name)
    return Table(model, None if legal.all() else legal)


def _played(mask: np.ndarray | None, action: int) -> int:
    """Returns the action itself, or the lowest legal one in place of an illegal one."""
    return action if mask is None or mask[action] or not mask.any() else int(mask.argmax())


def make_environment(id: str, **settings: Any) -> Any:
    """Makes an environment by id; registers MiniGrid's environments first if one of them is named.

    Raises:
        UnknownNameError: if the id is unknown; the message names the nearest.
        MissingExtraError: if MiniGrid is needed and not installed.
    """
    import mdpzoo

    if id.startswith("MiniGrid-"):
        try:
            import minigrid  # noqa: F401  # registers its ids
        except ModuleNotFoundError:
            raise MissingExtraError("minigrid is not installed; type: pip install 'mdpzoo-horizon[minigrid]'") from None
    return mdpzoo.make(id, **settings)


def _fresh(env: Any) -> Any:
    if env.spec is not None:
        return gymnasium.make(env.spec)
    try:
        return copy.deepcopy(env)
    except Exception as error:  # objects that cannot be copied raise errors of any type
        name = type(env.unwrapped).__name__
        raise SettingError(
            f"{name} cannot be copied ({error!s:.80}); register it with Gymnasium and give its id"
        ) from None


def _simulator(env: Any, seed: int, key: Callable[[Any], Hashable] | None) -> Simulator:
    return MiniGridStates(env, seed) if is_minigrid(env) and key is None else simulator_of(env, seed, key)


def _tried(
    simulator: Simulator, snapshot: Any, action: int, name: str
) -> tuple[Hashable, float, bool, Any, np.ndarray | None]:
    """Repeats an action from the same state, more often if it draws random numbers; all outcomes must agree."""
    simulator.restore(snapshot)
    before = _generator_state(simulator)
    first = simulator.act(action)
    drew = _generator_state(simulator) != before
    legal = None if first[2] else simulator.legal()
    reached = simulator.snapshot()
    for repeat in range(REPEATS if drew else 1):
        simulator.restore(snapshot)
        if drew:
            simulator.reseed(repeat)
        again = simulator.act(action)
        if again != first:
            raise SettingError(
                f"{name} is random: action {action} led to different outcomes from the same state; "
                "list its outcomes with their probabilities: mdpzoo_horizon.explore(starts, outcomes, num_actions)"
            )
    return *first, reached, legal


def _generator_state(simulator: Simulator) -> Any:
    generator = simulator.generator()
    return None if generator is None else repr(generator.bit_generator.state)


def _validate(model: TabularMDP, states: list[Hashable], fresh: Simulator, checks: int, name: str) -> None:
    """Checks the table against random action sequences in a fresh environment.

    Raises:
        SettingError: if an outcome differs from the table.
    """
    generator = np.random.default_rng(0)
    numbers = {state: number for number, state in enumerate(states)}
    for _ in range(checks):
        state = numbers.get(fresh.reset(), -1)
        for step in range(LONGEST):
            action = _played(fresh.legal(), int(generator.integers(fresh.num_actions)))
            next_state, reward, ends = fresh.act(action)
            row = state * model.num_actions + action
            expected = int(model.successors[row])
            actual = model.num_states - 1 if ends else numbers.get(next_state, -1)
            if state < 0 or expected != actual or model.rewards[row] != reward:
                raise SettingError(
                    f"step {step} of a random action sequence in {name} differs from the table; "
                    "if its observation is not its whole state, compute the state with key=..."
                )
            if ends:
                break
            state = expected
