"""The agents of this room by name: ``AlternatingSAC`` with settings of its own."""

import inspect
from typing import Any

from mdpzoo.settings import check_names, check_types
from mdpzoo_adversarial.agents.alternating_sac import AlternatingSAC


def qarl(env: Any = None, **settings: Any) -> AlternatingSAC:
    """Builds QARL; the settings and errors are those of ``AlternatingSAC``."""
    return _built("qarl", env, settings)


def rarl(env: Any = None, **settings: Any) -> AlternatingSAC:
    """Builds RARL: both players tune their own temperatures, and there is no curriculum."""
    return _built("rarl", env, {"variant": "none", **settings})


def maximin(env: Any = None, **settings: Any) -> AlternatingSAC:
    """Builds self-play against a pool of ten earlier opponents."""
    return _built("maximin", env, {"variant": "none", "pool": 10, **settings})


def unopposed_sac(env: Any = None, **settings: Any) -> AlternatingSAC:
    """Builds the baseline: SAC for the protagonist, the adversary does nothing."""
    return _built("unopposed-sac", env, {"variant": "none", "opposed": False, **settings})


def _built(id: str, env: Any, settings: dict[str, Any]) -> AlternatingSAC:
    known = list(inspect.signature(AlternatingSAC).parameters)
    check_names(settings, [name for name in known if name != "env"], f"agent {id!r}")
    check_types(AlternatingSAC, settings, f"agent {id!r}")
    return AlternatingSAC(env=env, **settings)


_SETTINGS = "mdpzoo_adversarial.agents.alternating_sac:AlternatingSAC"  # what takes their settings, for lists
qarl.settings_of = _SETTINGS  # type: ignore[attr-defined]
rarl.settings_of = _SETTINGS  # type: ignore[attr-defined]
maximin.settings_of = _SETTINGS  # type: ignore[attr-defined]
unopposed_sac.settings_of = _SETTINGS  # type: ignore[attr-defined]
