"""The attention policy over paths (BQ-NCO: Drakulic et al. 2023, arXiv 2301.03313, sections 4 and 5).

A path is ``[origin, remaining..., destination, padding...]``; the network scores which remaining node to visit next.
What differs from the paper:

* layers are pre-normalised and call ``scaled_dot_product_attention``; the paper has ReZero and unscaled logits;
* a token is described by eight numbers, its place and its offset and distance to both ends; the paper gives two;
* each path is first rescaled to the unit square, so a sub-path looks the same at any place and size;
* every head owns a learned, non-negative pull towards near nodes: the logits lose ``strength * tokens * distance^2``;
* the score is a product of two tokens, candidate and origin. Taken between all tokens it scores every edge of the path
  (``edges``), and imitation learns from all of them; greedy decoding reads the origin's row only.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import relu, scaled_dot_product_attention

from mdpzoo.errors import SettingError

GEOMETRY = 4  # slots of a head's query and key that carry the distance: 2 x.y - |x|^2 - |y|^2
FEATURES = 8  # place (2), offset to the origin (2) and the destination (2), and the lengths of the two offsets


@dataclass(frozen=True)
class PathNetworkSettings:
    """Size of a ``PathNetwork``; checks itself.

    Attributes:
        width: numbers per token, a multiple of ``heads``.
        layers: attention blocks, at least 1.
        heads: attention heads; each gets ``width / heads`` numbers, more than 4.
        widening: hidden width of the feed-forward blocks over ``width``.
    """

    width: int = 96
    layers: int = 6
    heads: int = 6
    widening: int = 4

    def __post_init__(self) -> None:
        """Raises SettingError, naming the setting, its value and its range."""
        for name in ("width", "layers", "heads", "widening"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 4096:
                raise SettingError(f"{name} must be an integer in 1..4096, got {value!r}")
        if self.width % self.heads:
            raise SettingError(f"width must be a multiple of heads, got width {self.width} and heads {self.heads}")
        if self.width // self.heads <= GEOMETRY:
            raise SettingError(f"width / heads must be over {GEOMETRY}, got {self.width} / {self.heads}")


class PathNetwork(nn.Module):
    """Scores the remaining nodes of a path: equivariant to their order, blind to translation and scale.

    Costs O(L^2) for ``L`` tokens. Reads no scalar back, so it never waits for a device.
    """

    def __init__(
        self, settings: PathNetworkSettings | None = None, *, generator: torch.Generator | None = None
    ) -> None:
        """Draws the weights.

        Args:
            settings: the size; the default when None.
            generator: the source of the initial weights; a generator of seed 0 when None.
        """
        super().__init__()
        self.settings = settings or PathNetworkSettings()
        width = self.settings.width
        self.embed = nn.Linear(FEATURES, width)
        self.ends = nn.Parameter(torch.empty(2, width))
        self.blocks = nn.ModuleList(_Block(self.settings) for _ in range(self.settings.layers))
        self.norm = nn.LayerNorm(width)
        self.ask = nn.Linear(width, width)
        self.answer = nn.Linear(width, width, bias=False)
        if not self.ends.is_meta:  # a network made to know its shapes has no weights to draw
            self._initialise(generator or torch.Generator().manual_seed(0))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Draws every matrix from N(0, 1 / inputs), the residual outputs smaller by the root of their number."""
        for name, tensor in self.named_parameters():
            if name.endswith("bias"):
                tensor.zero_()
            elif tensor.dim() == 2:
                scale = 1.0 if name == "ends" else tensor.shape[1] ** -0.5
                if name.endswith(("merge.weight", "narrow.weight")):
                    scale /= math.sqrt(2 * self.settings.layers)
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * scale)

    def forward(self, coordinates: Tensor, valid: Tensor | None = None) -> Tensor:
        """Scores the choices.

        Args:
            coordinates: ``[B, L, 2]`` floating, ``[origin, remaining..., destination, padding...]``, any finite scale.
            valid: ``[B, L]`` bool, True on tokens and False on padding; None when no row is padded (faster).

        Returns:
            ``[B, L]``, larger is better; ``-inf`` at both ends and on padding.
        """
        tokens, last = self._encode(coordinates, valid)
        pointer = self.ask(tokens[:, 0]).unsqueeze(1) * self.settings.width**-0.5
        scores = (pointer @ self.answer(tokens).transpose(1, 2)).squeeze(1)
        position = torch.arange(tokens.shape[1], device=tokens.device)
        closed = (position == 0) | (position >= last.unsqueeze(1))
        return scores.masked_fill(closed, -torch.inf)

    def edges(self, coordinates: Tensor) -> Tensor:
        """Scores every ordered pair of tokens of unpadded paths; row 0 holds ``forward``'s scores before its mask.

        Args:
            coordinates: ``[B, L, 2]`` as in ``forward``.

        Returns:
            ``[B, L, L]``: entry ``[b, i, j]`` scores that ``j`` stands beside ``i`` on the shortest path.
        """
        tokens, _ = self._encode(coordinates, None)
        return (self.ask(tokens) * self.settings.width**-0.5) @ self.answer(tokens).transpose(1, 2)

    def _encode(self, coordinates: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor]:
        """Tokens ``[B, L, width]`` after the last layer, and the destination's position ``[B]`` or ``[1]``."""
        batch, length, _ = coordinates.shape
        if valid is None:
            last = torch.full((1,), length - 1, device=coordinates.device)
            rows = last.expand(batch)
        else:
            last = rows = valid.sum(1) - 1
        places = _unit_square(coordinates, valid)
        end = places.gather(1, rows.view(-1, 1, 1).expand(-1, 1, 2))
        tokens = self.embed(_features(places, places[:, :1], end))
        is_end = (torch.arange(length, device=places.device) == last.unsqueeze(1)).unsqueeze(2)
        tokens = tokens + is_end * self.ends[1]
        tokens = torch.cat((tokens[:, :1] + self.ends[0], tokens[:, 1:]), 1)
        query, key = _distance_slots(places, (rows + 1).to(places.dtype))
        mask = None if valid is None else valid[:, None, None, :]
        for block in self.blocks:
            tokens = block(tokens, query, key, mask)
        return self.norm(tokens), last


class _Block(nn.Module):
    """One pre-normalised layer: attention with a pull towards near tokens, then a feed-forward block."""

    def __init__(self, settings: PathNetworkSettings) -> None:
        super().__init__()
        width, self.heads = settings.width, settings.heads
        self.head = width // settings.heads
        self.before = nn.LayerNorm(width)
        self.project = nn.Linear(width, settings.heads * (3 * self.head - 2 * GEOMETRY))
        self.pull = nn.Parameter(torch.linspace(-4.0, 1.0, settings.heads))
        self.merge = nn.Linear(width, width)
        self.between = nn.LayerNorm(width)
        self.widen = nn.Linear(width, settings.widening * width)
        self.narrow = nn.Linear(settings.widening * width, width)

    def forward(self, tokens: Tensor, query: Tensor, key: Tensor, mask: Tensor | None) -> Tensor:
        """``tokens [B, L, width]`` to the same shape; ``query``, ``key [B, 1, L, 4]`` carry the distances."""
        batch, length, width = tokens.shape
        content = self.head - GEOMETRY
        parts = self.project(self.before(tokens)).view(batch, length, self.heads, -1).transpose(1, 2)
        asked, offered, values = parts.split((content, content, self.head), 3)
        strength = self.pull.exp().view(1, -1, 1, 1) * math.sqrt(self.head)  # undoes the product's 1 / sqrt(head)
        asked = torch.cat((asked, query * strength), 3)
        offered = torch.cat((offered, key.expand(-1, self.heads, -1, -1)), 3)
        mixed = scaled_dot_product_attention(asked, offered, values, attn_mask=mask)
        tokens = tokens + self.merge(mixed.transpose(1, 2).reshape(batch, length, width))
        return tokens + self.narrow(relu(self.widen(self.between(tokens))))


def _unit_square(coordinates: Tensor, valid: Tensor | None) -> Tensor:
    """Moves and scales each path ``[B, L, 2]`` so that its longer side spans ``[-0.5, 0.5]``; padding lands on 0."""
    low, high = coordinates, coordinates
    if valid is not None:
        low = low.masked_fill(~valid.unsqueeze(2), torch.inf)
        high = high.masked_fill(~valid.unsqueeze(2), -torch.inf)
    smallest, largest = low.amin(1, keepdim=True), high.amax(1, keepdim=True)
    side = (largest - smallest).amax(2, keepdim=True)
    places = (coordinates - (smallest + largest) / 2) / torch.where(side > 0, side, torch.ones_like(side))
    return places if valid is None else places * valid.unsqueeze(2)


def _features(places: Tensor, origin: Tensor, destination: Tensor) -> Tensor:
    """``[B, L, 8]``: place, offsets to the ends ``[B, 1, 2]`` and the lengths of the offsets."""
    to_origin, to_destination = places - origin, places - destination
    lengths = torch.stack((to_origin.norm(dim=2), to_destination.norm(dim=2)), 2)
    return torch.cat((places, to_origin, to_destination, lengths), 2)


def _distance_slots(places: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """Vectors ``[B, 1, L, 4]`` whose product is ``-count * |x - y|^2``: squared distance in units of the spacing."""
    places = places * count.sqrt().view(-1, 1, 1)
    square, one = places.square().sum(2, keepdim=True), torch.ones_like(places[..., :1])
    query = torch.cat((2 * places, -square, -one), 2)
    key = torch.cat((places, one, square), 2)
    return query.unsqueeze(1), key.unsqueeze(1)
