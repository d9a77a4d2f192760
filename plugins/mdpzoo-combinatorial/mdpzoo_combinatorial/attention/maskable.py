"""The attention policy of sb3-contrib's MaskablePPO, which gives it the environment's masks beside the observed one."""

from typing import Any

from sb3_contrib.common.maskable.policies import MaskableMultiInputActorCriticPolicy

from mdpzoo_combinatorial.attention.policies import ByToken, attend


class MaskableAttentionPolicy(ByToken, MaskableMultiInputActorCriticPolicy):
    """``MaskablePPO(MaskableAttentionPolicy, env)``."""

    def __init__(self, observation_space: Any, action_space: Any, lr_schedule: Any, **settings: Any) -> None:
        """Takes SB3's own arguments; ``features_extractor_kwargs`` are those of ``AttentionExtractor``.

        Raises:
            SettingError: a setting has no such value, or the observation space is not understood.
        """
        super().__init__(observation_space, action_space, lr_schedule, **attend(settings))
