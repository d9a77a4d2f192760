"""The attention policy for sb3-contrib's MaskablePPO, which passes it the environment's action masks."""

from typing import Any

from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy

from mdpzoo_combinatorial.attention.policies import ByToken, attend


class MaskableAttentionPolicy(ByToken, MaskableMultiInputActorCriticPolicy):
    """``MaskablePPO(MaskableAttentionPolicy, env)``."""

    def __init__(self, observation_space: Any, action_space: Any, lr_schedule: Any, **settings: Any) -> None:
        """Creates the policy from SB3's arguments; ``features_extractor_kwargs`` are those of ``AttentionExtractor``.

        Raises:
            SettingError: if a setting is out of range, or the observation space is not supported.
        """
        super().__init__(observation_space, action_space, lr_schedule, **attend(settings))
