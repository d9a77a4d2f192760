"""How a policy is frozen: taken as it is, exported from SB3, or asked through ``predict``."""

import sys
from typing import Any

from mdpzoo.errors import SettingError
from mdpzoo.policies.predictors import Predictor


def freeze(policy: Any, deterministic: bool = False) -> Any:
    """Returns a policy that does not learn any more.

    Args:
        policy: one of ``mdpzoo.policies``; or anything with SB3's ``predict``. The plain networks of SB3's PPO, A2C,
            TRPO, DQN, SAC and TD3 are exported as they are now, so that further training does not change the copy.
        deterministic: whether it takes its most likely action instead of drawing.

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
