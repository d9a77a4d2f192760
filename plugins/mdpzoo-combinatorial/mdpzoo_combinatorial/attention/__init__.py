"""Attention over tokens for Stable-Baselines3: a features extractor, and policies that score each token.

from mdpzoo_combinatorial.attention import AttentionExtractor, AttentionPolicy, MaskableAttentionPolicy
"""

from typing import TYPE_CHECKING, Any

from mdpzoo.codes import lazily
from mdpzoo.errors import MissingExtraError
from mdpzoo_combinatorial.attention.extractor import AttentionExtractor
from mdpzoo_combinatorial.attention.policies import AttentionPolicy

if TYPE_CHECKING:
    from mdpzoo_combinatorial.attention.agent import attention_ppo
    from mdpzoo_combinatorial.attention.maskable import MaskableAttentionPolicy

__all__ = ["AttentionExtractor", "AttentionPolicy", "MaskableAttentionPolicy", "attention_ppo"]
_HOMES = {"MaskableAttentionPolicy": "maskable", "attention_ppo": "agent"}
_find, __dir__ = lazily(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    """Imports the classes that need sb3-contrib when they are first used."""
    try:
        return _find(name)
    except ModuleNotFoundError as error:
        if error.name != "sb3_contrib":
            raise
        text = "attention with masks needs sb3-contrib; type: pip install 'mdpzoo-combinatorial[ppo]'"
        raise MissingExtraError(text) from None
