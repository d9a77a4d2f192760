"""Finite environments as tables: by their own table, or by trying every action in every state.

What differs from BRIDGE's way: environments are copied or played again where they have no snapshots of their own, and
the table is held against a fresh environment before it is given out.
"""

import copy
from collections.abc import Callable, Hashable
from typing import Any

import gymnasium
import numpy as np

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.tables.minigrid_states import MiniGridStates, is_minigrid
from mdpzoo_horizon.tables.simulators import Simulator, simulator_of
from mdpzoo_horizon.tables.state_search import Outcome, explore

REPEATS = 20  # times a step that draws at random is tried again
LONGEST = 50  # steps of an action sequence that a model is held against


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

    One of ours, or one with a table ``P`` (toy text), is read. Any other must be deterministic after
    ``reset(seed=seed)`` and is explored breadth first; its states are numbered in that order, 0 first, and the last is
    the terminal one. A time limit is no part of the table.

    Args:
        env: an environment, which stays as it is, or an id. MiniGrid's: a positive reward becomes 1; three actions in
            empty rooms, six elsewhere.
        max_states: more are refused.
        seed: of the one start that is explored: MiniGrid draws its layout from it.
        key: given ``env.unwrapped``, names its state; None: the observation does. For environments that do not show
            their whole state.
        use_table: False explores even where there is a table.
        checks: random action sequences that must go in a fresh environment as the table says.

    Raises:
        SettingError: there are too many states, the environment draws at random, or the table is not what happens.

    Costs two steps and copies of the environment for each state and action.
    """
    if isinstance(env, str):
        env = made(env)
    inner = env.unwrapped
    if use_table and (isinstance(getattr(inner, "rules", None), TabularMDP) or getattr(inner, "P", None) is not None):
        return TabularMDP.from_gymnasium(env)
    name = type(inner).__name__
    if not isinstance(env.action_space, gymnasium.spaces.Discrete):
        raise SettingError(f"{name} has no finite actions: {env.action_space}")
    simulator, fresh = (_simulator(each, seed, key) for each in (_fresh(env), _fresh(env)))
    snapshots: dict[Hashable, Any] = {}

    def outcomes(state: Hashable, action: int) -> list[Outcome]:
        following, reward, ends, snapshot = _tried(simulator, snapshots[state], action, name)
        if not ends:
            snapshots.setdefault(following, snapshot)
        if action == simulator.num_actions - 1:
            snapshots[state] = None  # never asked for again
        return [(1.0, following, reward, ends)]

    start = simulator.reset()
    snapshots[start] = simulator.snapshot()
    model, states = explore({start: 1.0}, outcomes, simulator.num_actions, max_states)
    _validate(model, states, fresh, checks, name)
    return model


def made(id: str, **settings: Any) -> Any:
    """Makes an environment by id; MiniGrid's are registered first where they are asked for.

    Raises:
        UnknownNameError: there is no such id; names the nearest.
        MissingExtraError: MiniGrid is not installed.
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
    except Exception as error:  # whatever an object says that cannot be copied
        name = type(env.unwrapped).__name__
        raise SettingError(
            f"{name} cannot be copied ({error!s:.80}); register it with Gymnasium and give its id"
        ) from None


def _simulator(env: Any, seed: int, key: Callable[[Any], Hashable] | None) -> Simulator:
    return MiniGridStates(env, seed) if is_minigrid(env) and key is None else simulator_of(env, seed, key)


def _tried(simulator: Simulator, snapshot: Any, action: int, name: str) -> tuple[Hashable, float, bool, Any]:
    """Acts twice from the same state, and more often where random numbers are drawn; all must agree."""
    simulator.restore(snapshot)
    before = _stand(simulator)
    first = simulator.act(action)
    drew = _stand(simulator) != before
    reached = simulator.snapshot()
    for repeat in range(REPEATS if drew else 1):
        simulator.restore(snapshot)
        if drew:
            simulator.reseed(repeat)
        again = simulator.act(action)
        if again != first:
            raise SettingError(
                f"{name} draws at random: action {action} led to different outcomes from the same state; "
                "give its probabilities: mdpzoo_horizon.explore(starts, outcomes, num_actions)"
            )
    return *first, reached


def _stand(simulator: Simulator) -> Any:
    generator = simulator.generator()
    return None if generator is None else repr(generator.bit_generator.state)


def _validate(model: TabularMDP, states: list[Hashable], fresh: Simulator, checks: int, name: str) -> None:
    """Plays random sequences in a fresh environment.

    Raises:
        SettingError: something else happens than the table says.
    """
    generator = np.random.default_rng(0)
    numbers = {state: number for number, state in enumerate(states)}
    for _ in range(checks):
        state = numbers.get(fresh.reset(), -1)
        for step in range(LONGEST):
            action = int(generator.integers(fresh.num_actions))
            following, reward, ends = fresh.act(action)
            row = state * model.num_actions + action
            said = int(model.successors[row])
            happened = model.num_states - 1 if ends else numbers.get(following, -1)
            if state < 0 or said != happened or model.rewards[row] != reward:
                raise SettingError(
                    f"{name} does not always do the same: step {step} of a random sequence differs from the table; "
                    "if what it shows is not its whole state, name the state with key=..."
                )
            if ends:
                break
            state = said
