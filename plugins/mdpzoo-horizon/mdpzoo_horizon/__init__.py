"""SQIRL, GORP and the effective horizon: deep reinforcement learning's successes, explained on exact models."""

import importlib
from typing import Any

WHERE = {  # imported when asked for: the plugin's specs must not wait for torch or numba
    "GORP": "gorp",
    "HorizonReport": "horizon_report",
    "SQIRL": "sqirl",
    "combination_lock": "locks",
    "effective_horizon": "analysis",
    "explore": "exploring",
    "gorp_bound": "tight_bound",
    "gorp_success": "predictor",
    "guaranteed_success": "tight_bound",
    "predicted_samples": "predictor",
    "random_mdp": "random_models",
    "read_bridge": "bridge",
    "read_exploration": "bridge",
    "read_model": "model_files",
    "sticky": "sticky_actions",
    "sticky_pairs": "sticky_actions",
    "tabularise": "tabularising",
    "write_bridge": "bridge",
}
__all__ = list(WHERE)


def __getattr__(name: str) -> Any:
    if name not in WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *WHERE})
