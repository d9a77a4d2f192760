"""MaskablePPO with the attention policy as an agent; its settings are plain numbers, so that they can be saved."""

import inspect
from typing import Annotated, Any

from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.utils import is_masking_supported

from mdpzoo.errors import MdpzooError, SettingError, did_you_mean
from mdpzoo.settings import Range, check_types, ranged
from mdpzoo_combinatorial.attention.maskable import MaskableAttentionPolicy


@ranged
def attention_ppo(
    env: Any,
    *,
    width: Annotated[int, Range(1, 4096)] = 32,
    layers: Annotated[int, Range(1, 4096)] = 2,
    heads: Annotated[int, Range(1, 4096)] = 2,
    device: Any = "cpu",
    **settings: Any,
) -> MaskablePPO:
    """Builds the agent.

    Args:
        env: an environment or an SB3 VecEnv with the method ``action_masks()``.
        width: size of a token's embedding, a multiple of ``heads``.
        layers: number of attention blocks.
        heads: attention heads of each block.
        device: of the networks.
        **settings: arguments of MaskablePPO's constructor except ``policy`` and ``policy_kwargs``.

    Raises:
        SettingError: if a setting is unknown or out of range, or the environment has no action masks.
    """
    known = set(inspect.signature(MaskablePPO.__init__).parameters)
    known -= {"self", "env", "policy", "policy_kwargs", "_init_setup_model"}
    sizes = {"width": width, "layers": layers, "heads": heads}
    for name in settings.keys() - known:
        hint = did_you_mean(name, known | sizes.keys()) or f" Known: {', '.join(sorted(known | sizes.keys()))}"
        raise SettingError(f"unknown setting {name!r} of attention-ppo.{hint}")
    check_types(MaskablePPO, settings, "attention-ppo")
    if not is_masking_supported(env):
        raise SettingError("attention-ppo needs an environment with the method action_masks(); use ppo instead")
    try:
        return MaskablePPO(
            MaskableAttentionPolicy,
            env,
            policy_kwargs={"features_extractor_kwargs": sizes},
            device=device,
            **settings,
        )
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:  # RuntimeError: no such device
        if isinstance(error, MdpzooError):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise SettingError(f"attention-ppo cannot use these settings: {reason:.200}") from error


attention_ppo.settings_of = "sb3_contrib:MaskablePPO"  # type: ignore[attr-defined]  # the constructor that has the other settings
