"""The agents of this room by name: ``AlternatingSAC`` with settings of its own."""

from typing import Any

from mdpzoo_adversarial.agents.alternating_sac import AlternatingSAC


def qarl(env: Any = None, **settings: Any) -> AlternatingSAC:
    """Builds QARL; the settings are those of ``AlternatingSAC``."""
    return AlternatingSAC(env=env, **settings)


def rarl(env: Any = None, **settings: Any) -> AlternatingSAC:
    """Builds RARL: both players tune their own temperatures, and there is no curriculum."""
    return AlternatingSAC(env=env, **{"variant": "none", **settings})


def maximin(env: Any = None, **settings: Any) -> AlternatingSAC:
    """Builds self-play against a pool of earlier opponents."""
    return AlternatingSAC(env=env, **{"variant": "none", "pool": 10, **settings})


def unopposed_sac(env: Any = None, **settings: Any) -> AlternatingSAC:
    """Builds the baseline: SAC for the protagonist, the adversary does nothing."""
    return AlternatingSAC(env=env, **{"variant": "none", "opposed": False, **settings})
