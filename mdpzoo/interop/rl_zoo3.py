"""The zoo's environments and agents inside RL Baselines3 Zoo (``rl_zoo3``), whose commands then accept their ids.

    python -m mdpzoo.interop.rl_zoo3 train --algo q-learning --env mdpzoo/RiverSwim-v0 \\
        --conf-file mdpzoo.interop.rl_zoo3 -params initial_value:10.0

is ``rl_zoo3 train`` with more choices; ``enjoy`` and ``--optimize-hyperparameters`` work in the same way. In a
script of your own, call ``add_agents()`` before ``rl_zoo3.train.train()``. Names that ``rl_zoo3`` has itself, such as
``ppo``, keep their meaning. As its file of hyper-parameters, this module has the agents' defaults, ``hyperparams``.
"""

import inspect
import sys
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from mdpzoo import registry
from mdpzoo.codes import load
from mdpzoo.errors import MissingExtraError
from mdpzoo.front import make_agent
from mdpzoo.loading import load_agent

OFFERED = ("tensorboard_log", "seed", "verbose", "device")  # given to every algorithm, whether it takes them or not
COMMANDS = ("train", "enjoy")
STEPS = 100_000  # of a training, unless -n says otherwise


class Algorithm:
    """An agent of the zoo where ``rl_zoo3`` expects a class: it is called to build, and its ``load`` reads a file."""

    def __init__(self, id: str) -> None:
        """Takes the id of an agent."""
        self.id = id

    def __call__(self, env: Any, **settings: Any) -> Any:
        """Builds the agent; the arguments and errors are those of ``mdpzoo.make_agent``."""
        known = inspect.signature(load(registry.agent(self.id).build)).parameters
        takes_all = any(each.kind is each.VAR_KEYWORD for each in known.values())
        dropped = () if takes_all else set(OFFERED) - known.keys()
        taken = {name: _number(each) for name, each in settings.items() if name not in dropped}
        return make_agent(self.id, env, **taken)

    def load(self, path: str, env: Any = None, **_: Any) -> Any:
        """Loads a saved agent without unpickling; what ``rl_zoo3`` passes for SB3's own reader is ignored."""
        return load_agent(path, env)


def add_agents() -> None:
    """Adds every agent that learns from environments to the tables of ``rl_zoo3``: its algorithms, and its search.

    Raises:
        MissingExtraError: if ``rl_zoo3`` is not installed.
    """
    if find_spec("rl_zoo3") is None:
        raise MissingExtraError("rl_zoo3 is not installed; type: pip install rl-zoo3 requests pandas")
    from rl_zoo3.hyperparams_opt import HYPERPARAMS_SAMPLER
    from rl_zoo3.utils import ALGOS

    for spec in registry.agents().values():
        if spec.learns_from == "environment":
            ALGOS.setdefault(spec.id, Algorithm(spec.id))
            HYPERPARAMS_SAMPLER.setdefault(spec.id, partial(_sampled, spec.search))


def _number(value: Any) -> Any:
    """Returns the number in a constant schedule, which ``rl_zoo3`` makes of learning rates; anything else unchanged."""
    from stable_baselines3.common.utils import ConstantSchedule

    return value.val if isinstance(value, ConstantSchedule) else value


def _sampled(search: Any, trial: Any, *_: Any) -> dict[str, Any]:
    from mdpzoo.experiments.tuning.trials import search_settings

    return search_settings(trial, search)


def __getattr__(name: str) -> Any:
    """Returns a new copy of ``hyperparams`` on each access, since ``rl_zoo3`` removes entries from it."""
    if name == "hyperparams":
        return {"default": {"n_timesteps": STEPS}}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main() -> None:
    """Runs ``rl_zoo3``'s own ``train`` or ``enjoy``, named by the first argument, with the zoo's agents.

    Raises:
        SystemExit: if the command is another one.
        MissingExtraError: if ``rl_zoo3`` is not installed.
    """
    command = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if command not in COMMANDS:
        sys.exit(f"the command must be one of {', '.join(COMMANDS)}, got {command!r}; the others need no zoo: rl_zoo3")
    add_agents()
    getattr(import_module(f"rl_zoo3.{command}"), command)()


if __name__ == "__main__":
    main()
