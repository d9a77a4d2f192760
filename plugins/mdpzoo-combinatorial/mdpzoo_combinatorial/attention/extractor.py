"""A features extractor for Stable-Baselines3: attention blocks over the tokens of an observation.

Blocks are pre-normalised (Xiong et al. 2020). If tokens have coordinates, every head has a learned, non-negative
preference for near tokens; if there are costs, a bias that is linear in them. The order of tokens has no influence,
except that the first one may be special (``tokens.py``).
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
    """Embeds every token of an observation; usable in any SB3 policy for Dict observations.

    The features are flat, ``[B, T (width + 1 + K)]``: embeddings (0 for tokens that are not attended to), flags of
    attended tokens, and legal actions. The policies in ``policies.py`` score each token with shared weights; a plain
    ``MultiInputPolicy`` adds its dense layers.
    """

    def __init__(self, observation_space: spaces.Space[Any], width: int = 32, layers: int = 2, heads: int = 2) -> None:
        """Initialises the weights from torch's generator, as SB3's own extractors do.

        Args:
            observation_space: a Dict with ``action_mask``.
            width: size of a token's embedding, a multiple of ``heads``.
            layers: number of attention blocks, at least 1.
            heads: attention heads of each block; ``width / heads`` must exceed the number of coordinates plus two.

        Raises:
            SettingError: if a setting is out of range, or the space is not supported.
        """
        layout = Layout(observation_space)
        for name, value in (("width", width), ("layers", layers), ("heads", heads)):
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 4096:
                raise SettingError(f"{name} must be an integer in 1..4096, got {value!r}")
        slots = layout.coordinate_width + 2 if layout.coordinate_width else 0
        if width % heads or width // heads <= slots:
            raise SettingError(
                f"width must be a multiple of heads and over {slots} times as large, got width {width}, heads {heads}"
            )
        super().__init__(observation_space, layout.tokens * (width + 1 + layout.variants))
        self.layout, self.width = layout, width
        self.embed = nn.Linear(layout.features, width)
        edges = 2 * len(layout.costs)
        self.blocks = nn.ModuleList(Block(width, heads, slots, edges, layers) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Returns features ``[B, features_dim]``. Takes O(B T^2)."""
        tokens = self.layout.read(observations)
        rows = tokens.keys.flatten().nonzero().squeeze(1)  # on average at most half of all tokens
        embedded = self.embed(tokens.features.flatten(0, 1)[rows])
        query_slots = key_slots = None
        if tokens.coordinates is not None:
            query_slots, key_slots = _slots(tokens.coordinates, tokens.keys)
        for block in self.blocks:
            embedded = block(embedded, rows, tokens, query_slots, key_slots)
        shown = spread(self.norm(embedded), rows, tokens.keys)
        return torch.cat((shown.flatten(1), tokens.keys.float(), tokens.legal.float()), 1)


class Block(nn.Module):
    """Attention between tokens, then a feed-forward layer on each."""

    def __init__(self, width: int, heads: int, slots: int, edges: int, layers: int) -> None:
        """Initialises the weights.

        Args:
            width: size of a token's embedding.
            heads: attention heads.
            slots: entries of a head's query and key that encode distances; 0: there are no coordinates.
            edges: costs of a pair of tokens; 0: there are none.
            layers: total number of blocks; residual outputs are initialised smaller by the square root of twice this.
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
        """Returns the new embeddings of the attended tokens, ``[M, width]``.

        Args:
            embedded: ``[M, width]``, the attended tokens only.
            rows: ``[M]`` int64, their indices among all B T tokens.
            tokens: all tokens.
            query_slots: ``[B, 1, T, slots]``; products with ``key_slots`` give distances. None: no coordinates.
            key_slots: ``[B, 1, T, slots]``, or None.
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
    """Returns ``[M, f]`` at the indices ``rows`` of all tokens, ``[B, T, f]``, 0 elsewhere."""
    whole = packed.new_zeros(keys.numel(), packed.shape[1])
    return whole.index_copy(0, rows, packed).unflatten(0, tuple(keys.shape))


def _slots(coordinates: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """Returns vectors ``[B, 1, T, f + 2]`` whose products are ``-k |x - y|^2``, with k attended tokens."""
    coordinates = coordinates * keys.sum(1).float().sqrt().view(-1, 1, 1)
    square, one = coordinates.square().sum(2, keepdim=True), torch.ones_like(coordinates[..., :1])
    return torch.cat((2 * coordinates, -square, -one), 2).unsqueeze(1), torch.cat(
        (coordinates, one, square), 2
    ).unsqueeze(1)
