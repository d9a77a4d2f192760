"""Freezes a policy: unchanged, exported from SB3, or through its ``predict``."""

import sys
from typing import Any

from mdpzoo.errors import SettingError
from mdpzoo.policies.predictors import Predictor


def freeze(policy: Any, deterministic: bool = False) -> Any:
    """Returns a policy that no longer learns.

    Args:
        policy: one of ``mdpzoo.policies``; or anything with SB3's ``predict``. The plain networks of SB3's PPO, A2C,
            TRPO, DQN, SAC and TD3 are exported, so that further training does not change the result.
        deterministic: whether it chooses the most likely action instead of sampling.

    Raises:
        SettingError: if it can neither act nor predict.
    """
    if hasattr(policy, "act") and hasattr(policy, "draws"):
        return policy
    if not callable(getattr(policy, "predict", None)):
        raise SettingError(f"a policy needs predict(), got {policy!r:.60}")
    if "stable_baselines3" in sys.modules:  # else this cannot be one of its policies
        from mdpzoo.policies.sb3_export import exported

        network = exported(policy, deterministic)
        if network is not None:
            return network
    return Predictor(policy, deterministic)
