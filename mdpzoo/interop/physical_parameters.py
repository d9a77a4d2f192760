"""Physical parameters of Gymnasium's simulators, by name, read and set together with all derived quantities.

* CartPole keeps sums of its masses and products with its length, which are recomputed.
* MuJoCo scales a body's inertia with its mass and computes what its solver derives from them (``mj_setConst``) on
  scratch data, which leaves the present state alone. Friction is scaled for every geom, because a contact takes the
  larger of the two geoms' values: that of the floor alone would hide the feet's.
"""

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from mdpzoo.errors import MissingExtraError, SettingError, did_you_mean

CARTPOLE = {
    "gravity": "gravity",
    "pole_length": "length",
    "pole_mass": "masspole",
    "cart_mass": "masscart",
    "force": "force_mag",
}
ATTRIBUTES: dict[str, dict[str, str]] = {
    "CartPoleEnv": CARTPOLE,
    "PendulumEnv": {"gravity": "g", "mass": "m", "length": "l"},
    "MountainCarEnv": {"gravity": "gravity", "force": "force"},
    "Continuous_MountainCarEnv": {"power": "power"},
    "AcrobotEnv": {
        "length": "LINK_LENGTH_1",
        "mass_1": "LINK_MASS_1",
        "mass_2": "LINK_MASS_2",
    },
}  # fmt: skip


class Parameter(NamedTuple):
    """One parameter of one environment.

    Attributes:
        nominal: its value before anything was changed: a number, or an array ``[n]`` that is scaled as one.
        set: sets it to a factor times its nominal value.
    """

    nominal: Any
    set: Callable[[float], None]


def parameters_of(env: gymnasium.Env[Any, Any]) -> dict[str, Parameter]:
    """Returns the parameters of an environment that can be changed, by name.

    Raises:
        SettingError: if the environment is none of Gymnasium's classic control or MuJoCo.
    """
    inner: Any = env.unwrapped
    for kind in type(inner).__mro__:
        if kind.__name__ in ATTRIBUTES:
            return {name: _attribute(inner, attribute) for name, attribute in ATTRIBUTES[kind.__name__].items()}
    if type(getattr(inner, "model", None)).__name__ == "MjModel":
        return _of_mujoco(inner)
    raise SettingError(
        f"{type(inner).__name__} has no parameters that are known by name; drifting() takes a function for each: "
        "{'name': (schedule, lambda env, factor: ...)}"
    )


def named(parameters: dict[str, Parameter], name: str) -> Parameter:
    """Returns one of the parameters.

    Raises:
        SettingError: if there is none of this name; names the nearest.
    """
    if name not in parameters:
        hint = did_you_mean(name, parameters) or f" Known: {', '.join(parameters)}"
        raise SettingError(f"unknown parameter {name!r}.{hint}")
    return parameters[name]


def _attribute(inner: Any, attribute: str) -> Parameter:
    nominal = float(getattr(inner, attribute))

    def set_(factor: float) -> None:
        setattr(inner, attribute, factor * nominal)
        if hasattr(inner, "polemass_length"):  # CartPole's derived numbers
            inner.total_mass = inner.masspole + inner.masscart
            inner.polemass_length = inner.masspole * inner.length

    return Parameter(nominal, set_)


def _of_mujoco(inner: Any) -> dict[str, Parameter]:
    model = inner.model
    found = {
        "gravity": Parameter(model.opt.gravity.copy(), _scale(model.opt.gravity)),
        "friction": Parameter(model.geom_friction[:, 0].copy(), _scale(model.geom_friction[:, 0])),
        "damping": Parameter(model.dof_damping.copy(), _scale(model.dof_damping)),
        "masses": _mass(model, np.arange(1, model.nbody)),
    }
    bodies = [(body, model.body(body).name) for body in range(1, model.nbody)]
    return found | {f"mass:{name}": _mass(model, np.array([body])) for body, name in bodies if name}


def _scale(array: np.ndarray) -> Callable[[float], None]:
    nominal = array.copy()

    def set_(factor: float) -> None:
        array[:] = factor * nominal

    return set_


def _mass(model: Any, bodies: np.ndarray) -> Parameter:
    try:
        mujoco: Any = importlib.import_module("mujoco")
    except ImportError as error:
        raise MissingExtraError("mujoco is not installed; type: pip install mujoco") from error
    masses, inertias = model.body_mass[bodies].copy(), model.body_inertia[bodies].copy()

    def set_(factor: float) -> None:
        model.body_mass[bodies], model.body_inertia[bodies] = factor * masses, factor * inertias
        mujoco.mj_setConst(model, mujoco.MjData(model))

    return Parameter(masses, set_)
