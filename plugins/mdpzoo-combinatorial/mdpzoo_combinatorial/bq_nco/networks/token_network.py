"""The attention network of states (BQ-NCO: Drakulic et al. 2023, arXiv 2301.03313, sections 4 and 5).

One network for all problems maps tokens to scores of all actions. What differs from the paper, whose own networks are
in ``published``:

* layers are pre-normalised and use ``scaled_dot_product_attention``; the paper has ReZero and unscaled logits;
* features of tokens are relative to the state (``states.problems``);
* attention depends on coordinates: every head has a learned, non-negative strength by which ``strength * tokens *
  distance^2`` is subtracted from its logits, or queries and keys are rotated by coordinates (rotary, Su et al. 2021);
* attention depends on costs: mixed attention (Drakulic et al. 2024, GOAL, section 4) with logits
  ``<query_n + A e_mn, key_m + C e_mn>``, expanded so that no vector is stored for a pair of tokens.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import relu, scaled_dot_product_attention

from mdpzoo.errors import SettingError
from mdpzoo.settings import Choices, Range, check_record
from mdpzoo_combinatorial.bq_nco.states.remainders import Tokens

GEOMETRY = 4  # entries of a head's query and key that encode the distance: 2 x.y - |x|^2 - |y|^2
POSITIONS = ("distance", "rotary", "none")
SIZE = Range(1, 4096)
FASTEST_TURN = 32.0  # rotation of the fastest pair of a rotary code over the side of a box, in radians


@dataclass(frozen=True)
class TokenNetworkSettings:
    """Size and kind of a ``TokenNetwork``; validated when created.

    Attributes:
        width: size of a token's embedding, a multiple of ``heads``.
        layers: attention blocks, at least 1.
        heads: attention heads, of size ``width / heads``, which must exceed 4, and be a multiple of 4 for ``rotary``.
        widening: hidden width of the feed-forward blocks over ``width``.
        position: how coordinates enter attention: ``distance``, ``rotary`` or ``none``.
        relative: whether features are relative to the state; False: as in the paper.
    """

    kind: ClassVar[str] = "tokens"
    width: Annotated[int, SIZE] = 80
    layers: Annotated[int, SIZE] = 5
    heads: Annotated[int, SIZE] = 5
    widening: Annotated[int, SIZE] = 4
    position: Annotated[str, Choices(tuple(POSITIONS))] = "distance"
    relative: bool = True

    def __post_init__(self) -> None:
        """Raises SettingError if a setting is out of range; the message names the setting, its value and its range."""
        check_record(self)
        if self.width % self.heads:
            raise SettingError(f"width must be a multiple of heads, got width {self.width} and heads {self.heads}")
        if self.width // self.heads <= GEOMETRY:
            raise SettingError(f"width / heads must be over {GEOMETRY}, got {self.width} / {self.heads}")
        if self.position == "rotary" and self.width // self.heads % 4:
            raise SettingError(f"rotary needs width / heads to be a multiple of 4, got {self.width} / {self.heads}")


class TokenNetwork(nn.Module):
    """Scores the tokens of a state, equivariant to their order; with ``relative``, invariant to translation and scale.

    Takes O(L^2) for L tokens. Never synchronises with the device.
    """

    def __init__(
        self,
        settings: TokenNetworkSettings,
        features: int,
        *,
        edges: int = 0,
        variants: int = 1,
        ends: bool = True,
        planar: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:
        """Initialises the weights.

        Args:
            settings: the size.
            features: number of features of a token.
            edges: number of features of a pair of tokens.
            variants: number of scores of a token.
            ends: whether the first two tokens are special.
            planar: whether tokens have coordinates.
            generator: the source of the initial weights; a generator of seed 0 when None.
        """
        super().__init__()
        self.settings = settings
        width = settings.width
        position = settings.position if planar else "none"
        self.embed = nn.Linear(features, width)
        self.ends = nn.Parameter(torch.empty(2, width)) if ends else None
        self.blocks = nn.ModuleList(_Block(settings, position, edges) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, variants)
        self.position = position
        if not self.score.weight.is_meta:  # on the meta device, there are no weights to initialise
            self._initialise(generator or torch.Generator().manual_seed(0))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Draws matrices from N(0, 1 / inputs); residual outputs are smaller by the square root of their number."""
        for name, tensor in self.named_parameters():
            if name.endswith("bias"):
                tensor.zero_()
            elif tensor.dim() == 2 and not name.endswith("alone"):
                scale = 1.0 if name == "ends" else tensor.shape[1] ** -0.5
                if name.endswith(("merge.weight", "narrow.weight")):
                    scale /= math.sqrt(2 * self.settings.layers)
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * scale)

    def forward(self, tokens: Tokens) -> Tensor:
        """Returns scores ``[B, K L]`` of actions ``K * position + variant``; ``-inf`` if illegal."""
        return self.scores(self.encode(tokens), tokens)

    def scores(self, embedded: Tensor, tokens: Tokens) -> Tensor:
        """Returns scores as ``forward`` from the result of ``encode``."""
        return self.score(embedded).masked_fill(~tokens.legal, -torch.inf).flatten(1)

    def encode(self, tokens: Tokens) -> Tensor:
        """Returns embeddings ``[B, L, width]`` after the last layer."""
        embedded = self.embed(tokens.features)
        if self.ends is not None:
            embedded = torch.cat((embedded[:, :2] + self.ends, embedded[:, 2:]), 1)
        mask = None if tokens.valid is None else tokens.valid[:, None, None, :]
        where: Any = None
        if self.position != "none":
            assert tokens.coordinates is not None
            if self.position == "rotary":
                where = _rotations(tokens.coordinates, self.settings.width // self.settings.heads)
            else:
                count = (
                    tokens.coordinates.shape[1]
                    if tokens.valid is None
                    else tokens.valid.sum(1).to(tokens.coordinates.dtype)
                )
                where = _distance_slots(tokens.coordinates, count)
        for block in self.blocks:
            embedded = block(embedded, where, tokens.edges, mask)
        return self.norm(embedded)


class _Block(nn.Module):
    """One pre-normalised layer: attention, then a feed-forward block."""

    def __init__(self, settings: TokenNetworkSettings, position: str, edges: int) -> None:
        super().__init__()
        width, self.heads, self.position = settings.width, settings.heads, position
        self.head = width // settings.heads
        self.content = self.head - GEOMETRY * (position == "distance")
        self.before = nn.LayerNorm(width)
        self.project = nn.Linear(width, settings.heads * (2 * self.content + self.head))
        if position == "distance":
            strengths = torch.linspace(-4.0, 1.0, settings.heads, device="cpu")  # on meta it would import half of torch
            self.pull = nn.Parameter(torch.empty(settings.heads).copy_(strengths))
        self.mix = _Mixed(self.heads, self.content, edges) if edges else None
        self.merge = nn.Linear(width, width)
        self.between = nn.LayerNorm(width)
        self.widen = nn.Linear(width, settings.widening * width)
        self.narrow = nn.Linear(settings.widening * width, width)

    def forward(self, tokens: Tensor, where: Any, edges: Tensor | None, mask: Tensor | None) -> Tensor:
        """Maps ``tokens [B, L, width]`` to the same shape; ``where`` encodes their coordinates for ``position``."""
        batch, length, width = tokens.shape
        parts = self.project(self.before(tokens)).view(batch, length, self.heads, -1).transpose(1, 2)
        query, key, values = parts.split((self.content, self.content, self.head), 3)
        if self.position == "distance":
            strength = self.pull.exp().view(1, -1, 1, 1) * math.sqrt(self.head)  # compensates the factor 1 / sqrt(head)
            query = torch.cat((query, where[0] * strength), 3)
            key = torch.cat((key, where[1].expand(-1, self.heads, -1, -1)), 3)
        elif self.position == "rotary":
            query, key = _rotate(query, where), _rotate(key, where)
        if self.mix is not None:
            assert edges is not None
            mixed = self.mix(query, key, edges, mask) @ values
        else:
            mixed = _attention(query, key, values, mask)
        tokens = tokens + self.merge(mixed.transpose(1, 2).reshape(batch, length, width))
        return tokens + self.narrow(relu(self.widen(self.between(tokens))))


def _attention(query: Tensor, key: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """Applies attention ``[B, H, L, c]``, on a CPU in float32, since bfloat16 has a backward pass ten times slower."""
    if not (query.is_cpu and torch.is_autocast_enabled("cpu")):
        return scaled_dot_product_attention(query, key, values, attn_mask=mask)
    with torch.autocast("cpu", enabled=False):
        return scaled_dot_product_attention(query.float(), key.float(), values.float(), attn_mask=mask)


class _Mixed(nn.Module):
    """Attention weights from tokens and from features of their pairs."""

    def __init__(self, heads: int, content: int, edges: int) -> None:
        super().__init__()
        # of keys and of queries; the names are those in saved checkpoints
        self.asked = nn.Parameter(torch.zeros(heads, content, edges))
        self.offered = nn.Parameter(torch.zeros(heads, content, edges))
        self.alone = nn.Parameter(torch.zeros(heads, edges))

    def forward(self, query: Tensor, key: Tensor, edges: Tensor, mask: Tensor | None) -> Tensor:
        """Returns weights ``[B, H, L, L]`` of queries and keys ``[B, H, L, c]`` with edges ``[B, L, L, E]``."""
        rows = (query @ self.offered).transpose(1, 2) + self.alone  # [B, L, H, E]
        columns = (key @ self.asked).transpose(1, 2)
        logits = (query @ key.transpose(2, 3)) / math.sqrt(query.shape[3])
        logits = logits + (rows @ edges.transpose(2, 3)).transpose(1, 2)  # [B, L, H, L] to [B, H, L, L]
        logits = logits + (columns @ edges.permute(0, 2, 3, 1)).permute(0, 2, 3, 1)
        if mask is not None:
            logits = logits.masked_fill(~mask, -torch.inf)
        return logits.softmax(3)


def _distance_slots(coordinates: Tensor, count: Tensor | int) -> tuple[Tensor, Tensor]:
    """Returns vectors ``[B, 1, L, 4]`` whose products are ``-count * |x - y|^2``, distances in units of the spacing."""
    coordinates = coordinates * (math.sqrt(count) if isinstance(count, int) else count.sqrt().view(-1, 1, 1))
    square, one = coordinates.square().sum(2, keepdim=True), torch.ones_like(coordinates[..., :1])
    query = torch.cat((2 * coordinates, -square, -one), 2)
    key = torch.cat((coordinates, one, square), 2)
    return query.unsqueeze(1), key.unsqueeze(1)


def _rotations(coordinates: Tensor, head: int) -> tuple[Tensor, Tensor]:
    """Returns cosines and sines ``[B, 1, L, head / 2]`` of rotations; half of the pairs depend on x, half on y."""
    rates = torch.logspace(0, 1, head // 4, FASTEST_TURN, device=coordinates.device)
    angles = (coordinates.unsqueeze(3) * rates).flatten(2).unsqueeze(1)
    return angles.cos(), angles.sin()


def _rotate(vectors: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    """Returns vectors ``[B, H, L, head]`` with rotated pairs."""
    one, other = vectors.chunk(2, 3)
    cosine, sine = turns
    return torch.cat((one * cosine - other * sine, one * sine + other * cosine), 3)
