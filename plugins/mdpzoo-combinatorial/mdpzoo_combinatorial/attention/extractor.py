"""A features extractor of attention blocks for Stable-Baselines3, over whatever tokens an observation has.

Blocks are pre-normalised (Xiong et al. 2020); every head has a learned, non-negative pull towards near tokens where
there are places, and a bias linear in the costs where there are costs. Nothing here knows the order of the tokens but
that the first one may be special (``tokens.py``).
"""

import math
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn
from torch.nn.functional import relu, scaled_dot_product_attention

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.attention.tokens import Layout, Tokens


class AttentionExtractor(BaseFeaturesExtractor):
    """Turns an observation into ``width`` numbers a token; usable in any SB3 policy for Dict observations.

    The features are flat, ``[B, T (width + 1 + K)]``: embeddings (0 where a token is not attended to), which tokens
    are, and which actions are legal. ``policies.py`` has policies that score each token with shared weights; a plain
    ``MultiInputPolicy`` puts its dense layers on top.
    """

    def __init__(self, observation_space: spaces.Space[Any], width: int = 32, layers: int = 2, heads: int = 2) -> None:
        """Draws the weights from torch's generator, as SB3's own extractors do.

        Args:
            observation_space: a Dict with ``action_mask``.
            width: numbers a token, a multiple of ``heads``.
            layers: attention blocks, 1 or more.
            heads: of every block; each must get more numbers than a place has, plus two.

        Raises:
            SettingError: a setting has no such value, or the space is not understood.
        """
        layout = Layout(observation_space)
        for name, value in (("width", width), ("layers", layers), ("heads", heads)):
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 4096:
                raise SettingError(f"{name} must be an integer in 1..4096, got {value!r}")
        slots = layout.place_width + 2 if layout.place_width else 0
        if width % heads or width // heads <= slots:
            raise SettingError(
                f"width must be a multiple of heads and over {slots} times as large, got width {width}, heads {heads}"
            )
        super().__init__(observation_space, layout.tokens * (width + 1 + layout.ways))
        self.layout, self.width = layout, width
        self.embed = nn.Linear(layout.features, width)
        edges = 2 * len(layout.costs)
        self.blocks = nn.ModuleList(Block(width, heads, slots, edges, layers) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Features ``[B, features_dim]``. Costs O(B T^2)."""
        tokens = self.layout.read(observations)
        rows = tokens.keys.flatten().nonzero().squeeze(1)  # half of all tokens or fewer, over an episode
        embedded = self.embed(tokens.features.flatten(0, 1)[rows])
        query_slots = key_slots = None
        if tokens.places is not None:
            query_slots, key_slots = _slots(tokens.places, tokens.keys)
        for block in self.blocks:
            embedded = block(embedded, rows, tokens, query_slots, key_slots)
        shown = spread(self.norm(embedded), rows, tokens.keys)
        return torch.cat((shown.flatten(1), tokens.keys.float(), tokens.legal.float()), 1)


class Block(nn.Module):
    """Attention between tokens, then a feed-forward layer on each."""

    def __init__(self, width: int, heads: int, slots: int, edges: int, layers: int) -> None:
        """Draws the weights.

        Args:
            width: numbers a token.
            heads: attention heads.
            slots: of a head's query and key that carry distances; 0: there are none.
            edges: numbers between two tokens; 0: there are none.
            layers: blocks in all; the residual outputs start smaller by the root of their number.
        """
        super().__init__()
        self.heads, self.content, self.head = heads, width // heads - slots, width // heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project = nn.Linear(width, heads * (2 * self.content + self.head))
        self.merge = nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.pull = nn.Parameter(torch.linspace(-4.0, 1.0, heads)) if slots else None
        self.bias = nn.Linear(edges, heads) if edges else None
        with torch.no_grad():
            for last in (self.merge, self.narrow):
                last.weight /= math.sqrt(2 * layers)

    def forward(
        self, embedded: Tensor, rows: Tensor, tokens: Tokens, query_slots: Tensor | None, key_slots: Tensor | None
    ) -> Tensor:
        """Mixes the tokens attended to.

        Args:
            embedded: ``[M, width]``, those tokens alone.
            rows: ``[M]`` int64, where each stands among all B T.
            tokens: all of them.
            query_slots: ``[B, 1, T, slots]``, carries the distances with ``key_slots``; None: there are none.
            key_slots: likewise.

        Returns:
            ``[M, width]``.
        """
        parts = spread(self.project(self.before(embedded)), rows, tokens.keys)
        parts = parts.unflatten(2, (self.heads, -1)).transpose(1, 2)
        query, key, value = parts.split((self.content, self.content, self.head), 3)
        if self.pull is not None and query_slots is not None and key_slots is not None:
            strength = self.pull.exp().view(1, -1, 1, 1) * math.sqrt(self.head)
            query = torch.cat((query, query_slots * strength), 3)
            key = torch.cat((key, key_slots.expand(-1, self.heads, -1, -1)), 3)
        mask: Tensor = tokens.keys[:, None, None, :]
        if self.bias is not None and tokens.costs is not None:
            bias = self.bias(tokens.costs.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            mask = bias.masked_fill(~mask, -torch.inf)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        embedded = embedded + self.merge(mixed.transpose(1, 2).flatten(0, 1).flatten(1)[rows])
        return embedded + self.narrow(relu(self.widen(self.between(embedded))))


def spread(packed: Tensor, rows: Tensor, keys: Tensor) -> Tensor:
    """``[M, f]`` at their places among all tokens, ``[B, T, f]``, 0 elsewhere."""
    whole = packed.new_zeros(keys.numel(), packed.shape[1])
    return whole.index_copy(0, rows, packed).unflatten(0, tuple(keys.shape))


def _slots(places: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """Vectors ``[B, 1, T, f + 2]`` whose product is ``-k |x - y|^2``, k the tokens left: distance by spacing."""
    places = places * keys.sum(1).float().sqrt().view(-1, 1, 1)
    square, one = places.square().sum(2, keepdim=True), torch.ones_like(places[..., :1])
    return torch.cat((2 * places, -square, -one), 2).unsqueeze(1), torch.cat((places, one, square), 2).unsqueeze(1)
