"""The paper's two networks with the names and shapes of its checkpoints (Drakulic et al. 2023, arXiv 2301.03313).

They are for comparison, and for users who have checkpoints in this layout; this package has no such weights. Tokens
have the paper's features; the first two are origin and destination, wherever the layout expects them, since nothing
else depends on the order of tokens. Attention is computed by ``scaled_dot_product_attention``, which is equivalent.
"""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import relu, scaled_dot_product_attention

from mdpzoo.errors import SettingError
from mdpzoo.settings import check_record
from mdpzoo_combinatorial.bq_nco.networks.token_network import SIZE
from mdpzoo_combinatorial.bq_nco.states.remainders import Tokens


@dataclass(frozen=True)
class _Sizes:
    """The common sizes of both networks; validated when created.

    Attributes:
        width: size of a token's embedding, a multiple of ``heads``.
        layers: attention blocks; for the perceiver, those between latents.
        heads: attention heads.
        hidden: width of the feed-forward blocks.
    """

    relative: ClassVar[bool] = False
    width: Annotated[int, SIZE] = 192
    layers: Annotated[int, SIZE] = 9
    heads: Annotated[int, SIZE] = 12
    hidden: Annotated[int, SIZE] = 512

    def __post_init__(self) -> None:
        """Raises SettingError if a setting is out of range; the message names the setting, its value and its range."""
        check_record(self)
        for name in ("width", "latent_width"):
            if getattr(self, name, self.heads) % self.heads:
                raise SettingError(
                    f"{name} must be a multiple of heads, got {getattr(self, name)} and {self.heads} heads"
                )


@dataclass(frozen=True)
class TransformerSettings(_Sizes):
    """Size of the paper's transformer; the defaults are the paper's."""

    kind: ClassVar[str] = "transformer"


@dataclass(frozen=True)
class PerceiverSettings(_Sizes):
    """Size of the paper's perceiver; the defaults are those of its published variant.

    Attributes:
        latents: number of learned latent tokens, at least 1.
        latent_width: size of a latent's embedding, a multiple of ``heads``.
    """

    kind: ClassVar[str] = "perceiver"
    heads: Annotated[int, SIZE] = 8
    latents: Annotated[int, SIZE] = 64
    latent_width: Annotated[int, SIZE] = 48


class _Published(nn.Module):
    """Embedding and scores, which both networks have in common; ``mix`` is the part between them."""

    def __init__(self, features: int, width: int, variants: int, ends: bool) -> None:
        super().__init__()
        self.input_emb = nn.Linear(features, width)
        self.begin_end_tokens = nn.Embedding(2, width) if ends else None
        self.scores_projection = nn.Linear(width, variants)

    def forward(self, tokens: Tokens) -> Tensor:
        """Returns scores ``[B, K L]`` of actions ``K * position + variant``; ``-inf`` if illegal."""
        scores = self.scores_projection(self.encode(tokens))
        return scores.masked_fill(~tokens.legal, -torch.inf).flatten(1)

    def encode(self, tokens: Tokens) -> Tensor:
        """Returns embeddings ``[B, L, width]`` after the last layer."""
        embedded = self.input_emb(tokens.features)
        if self.begin_end_tokens is not None:
            embedded = torch.cat((embedded[:, :2] + self.begin_end_tokens.weight, embedded[:, 2:]), 1)
        return self.mix(embedded, None if tokens.valid is None else tokens.valid[:, None, None, :])

    def mix(self, embedded: Tensor, mask: Tensor | None) -> Tensor:
        """Maps ``[B, L, width]`` to the same shape; ``mask`` ``[B, 1, 1, L]`` is False for padding."""
        raise NotImplementedError

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        """Initialises attention by Xavier's uniform distribution, dense layers as torch does, residual scalars by 0."""
        if self.input_emb.weight.is_meta:
            return
        bounds: dict[str, float] = {}
        for name, part in self.named_modules():
            if isinstance(part, nn.Linear):
                bounds |= dict.fromkeys((f"{name}.weight", f"{name}.bias"), part.in_features**-0.5)
        for name, tensor in self.named_parameters():
            if tensor.dim() == 3 and name.rsplit(".", 1)[-1].startswith(("lambda", "theta")):
                nn.init.xavier_uniform_(tensor, generator=generator)
            elif name in bounds:
                tensor.copy_((2 * torch.rand(tensor.shape, generator=generator) - 1) * bounds[name])
            elif name == "begin_end_tokens.weight":
                tensor.copy_(torch.randn(tensor.shape, generator=generator))
            elif name == "latent_array":
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.02)


class Transformer(_Published):
    """The paper's transformer: no norms, residual branches initialised by 0 (ReZero), unscaled logits. Takes O(L^2)."""

    def __init__(
        self,
        settings: TransformerSettings,
        features: int,
        *,
        variants: int = 1,
        ends: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:
        """Initialises the weights; arguments are those of ``TokenNetwork``."""
        super().__init__(features, settings.width, variants, ends)
        self.settings = settings
        self.encoder = nn.ModuleList(_Layer(settings) for _ in range(settings.layers))
        self._initialise(generator or torch.Generator().manual_seed(0))

    def mix(self, embedded: Tensor, mask: Tensor | None) -> Tensor:
        """Applies all layers."""
        for layer in self.encoder:
            embedded = layer(embedded, mask)
        return embedded


class Perceiver(_Published):
    """The paper's perceiver: cross-attention from nodes to latents, between latents, and back. Takes O(L) per state."""

    def __init__(
        self,
        settings: PerceiverSettings,
        features: int,
        *,
        variants: int = 1,
        ends: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:
        """Initialises the weights; arguments are those of ``TokenNetwork``."""
        super().__init__(features, settings.width, variants, ends)
        self.settings = settings
        wide, narrow = settings.width, settings.latent_width
        self.latent_array = nn.Parameter(torch.zeros(1, settings.latents, narrow))
        self.encoder = _Cross(narrow, wide, settings)
        self.layers = nn.ModuleList(_Cross(narrow, narrow, settings) for _ in range(settings.layers))
        self.decoder = _Cross(wide, narrow, settings)
        self._initialise(generator or torch.Generator().manual_seed(0))

    def mix(self, embedded: Tensor, mask: Tensor | None) -> Tensor:
        """Applies attention to latents, between them, and back."""
        latents = self.encoder(self.latent_array.expand(len(embedded), -1, -1), embedded, mask)
        for layer in self.layers:
            latents = layer(latents, latents, None)
        return self.decoder(embedded, latents, None)


class _Attention(nn.Module):
    """Attention with matrices per head: keys ``x L1 + b``, queries ``u L2``, values ``x T1 + b``, output ``T2``."""

    def __init__(self, queries: int, keys: int, heads: int, scale: float | None) -> None:
        super().__init__()
        head, self.scale = keys // heads, scale
        self.lambda1, self.lambda2 = (nn.Parameter(torch.zeros(heads, width, head)) for width in (keys, queries))
        self.theta1, self.theta2 = (nn.Parameter(torch.zeros(heads, width, head)) for width in (keys, queries))
        self.bias_lambda = nn.Parameter(torch.zeros(heads, head))
        self.bias_theta = nn.Parameter(torch.zeros(heads, head))

    def forward(self, queries: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
        """Returns ``[B, L, queries]`` from queries of that shape and keys ``[B, M, keys]``."""
        query = queries.unsqueeze(1) @ self.lambda2
        key = keys.unsqueeze(1) @ self.lambda1 + self.bias_lambda.unsqueeze(1)
        value = keys.unsqueeze(1) @ self.theta1 + self.bias_theta.unsqueeze(1)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=self.scale)
        return (mixed @ self.theta2.transpose(1, 2)).sum(1)


class _Scaled(nn.Module):
    """A residual branch with a scalar factor."""

    def __init__(self) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(()))

    def forward(self, before: Tensor, branch: Tensor) -> Tensor:
        return before + self.alpha * branch


class _Layer(nn.Module):
    """One layer of the transformer."""

    def __init__(self, settings: TransformerSettings) -> None:
        super().__init__()
        self.attn = _Attention(settings.width, settings.width, settings.heads, 1.0)
        self.linear1 = nn.Linear(settings.width, settings.hidden)
        self.linear2 = nn.Linear(settings.hidden, settings.width)
        self.res_norm1, self.res_norm2 = _Scaled(), _Scaled()

    def forward(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        tokens = self.res_norm1(tokens, self.attn(tokens, tokens, mask))
        return self.res_norm2(tokens, self.linear2(relu(self.linear1(tokens))))


class _Cross(nn.Module):
    """One block of the perceiver.

    In the published layout ``layer_norm1`` belongs to keys and values, ``layer_norm2`` to queries,
    ``layer_norm3`` to the feed-forward block.
    """

    def __init__(self, queries: int, keys: int, settings: PerceiverSettings) -> None:
        super().__init__()
        self.attn = _Attention(queries, keys, settings.heads, 1.0 / math.sqrt(keys // settings.heads))
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(keys), nn.LayerNorm(queries)
        self.layer_norm3 = nn.LayerNorm(queries)
        self.linear1, self.linear2 = nn.Linear(queries, settings.hidden), nn.Linear(settings.hidden, queries)

    def forward(self, queries: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
        queries = queries + self.attn(self.layer_norm2(queries), self.layer_norm1(keys), mask)
        return queries + self.linear2(relu(self.linear1(self.layer_norm3(queries))))
