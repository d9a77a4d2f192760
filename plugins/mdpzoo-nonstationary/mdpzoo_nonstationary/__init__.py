"""Decision processes that change without notice: environments, change detectors, learners, drift, exact regret."""

import importlib
from typing import Any

WHERE = {  # imported when asked for: the plugin's specs must not wait for numba or torch
    "BOCPD": "detectors.alternatives",
    "CUSUM": "detectors.alternatives",
    "GLR": "detectors.alternatives",
    "RBOCPD": "detectors.restarting",
    "RewardDetector": "detectors.reward_streams",
    "continuing": "environments.tables",
    "noisy": "environments.tables",
    "permuted": "environments.tables",
    "piecewise": "environments.tables",
    "simulate": "simulation",
}
__all__ = list(WHERE)


def __getattr__(name: str) -> Any:
    if name not in WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *WHERE})
