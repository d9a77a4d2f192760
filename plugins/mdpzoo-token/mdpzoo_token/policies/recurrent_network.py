"""A recurrent network over tokens: embeddings of the last token, of the environment's context and of the position, a
GRU cell and a linear layer. About 70,000 weights on SumTarget.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

POSITION_WIDTH = 16


class Layout(NamedTuple):
    """The shapes of the network's inputs and outputs.

    Attributes:
        vocabulary: V.
        length: L.
        context_sizes: F sizes of the context's entries.
    """

    vocabulary: int
    length: int
    context_sizes: tuple[int, ...]


class TokenNetwork(nn.Module):
    """Logits of the next token from the tokens and contexts so far."""

    first_entries: Tensor  # [1 + F] int64, where the table of each entry begins

    def __init__(self, layout: Layout, width: int = 32, hidden: int = 96) -> None:
        """Creates a network; ``draw_weights`` draws reproducible weights.

        Args:
            layout: of the task.
            width: of each embedding except the position's.
            hidden: of the GRU cell.
        """
        super().__init__()
        self.layout, self.hidden = layout, hidden
        sizes = torch.tensor([layout.vocabulary + 1, *layout.context_sizes])
        self.register_buffer("first_entries", sizes.cumsum(0) - sizes, persistent=False)
        self.entries = nn.Embedding(int(sizes.sum()), width)
        self.positions = nn.Embedding(layout.length, POSITION_WIDTH)
        self.cell = nn.GRU(width * len(sizes) + POSITION_WIDTH, hidden)
        self.head = nn.Linear(hidden, layout.vocabulary)

    def draw_weights(self, generator: torch.Generator) -> None:
        """Draws all weights as PyTorch does by default: embeddings normal, the rest uniform within hidden ** -0.5."""
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if name.startswith(("entries", "positions")):
                    weight.copy_(torch.randn(weight.shape, generator=generator))
                else:
                    weight.copy_((2 * torch.rand(weight.shape, generator=generator) - 1) * self.hidden**-0.5)

    def forward(self, tokens: Tensor, contexts: Tensor) -> Tensor:
        """Returns logits ``[B, L, V]`` of all tokens ``[B, L]``, given those before and the contexts ``[B, L, F]``."""
        start = torch.full_like(tokens[:, :1], self.layout.vocabulary)
        previous = torch.cat([start, tokens[:, :-1]], 1).clamp(0, self.layout.vocabulary)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        embedded = self._embedded(previous.t(), contexts.transpose(0, 1), places[:, None].expand(-1, len(tokens)))
        return self.head(self.cell(embedded)[0]).transpose(0, 1)  # time first: a fifth faster

    @torch.no_grad()
    def advance(
        self, previous: Tensor, context: Tensor, position: Tensor, memory: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Reads one more token.

        Args:
            previous: ``[B]`` int64, the last tokens; V at a sequence's start.
            context: ``[B, F]`` int64.
            position: ``[B]`` int64, of the token to be written.
            memory: ``[B, hidden]``; None: all sequences start.

        Returns:
            Logits ``[B, V]`` and the next memory.
        """
        embedded = self._embedded(previous, context, position.clamp(max=self.layout.length - 1))
        memory = embedded.new_zeros(len(embedded), self.hidden) if memory is None else memory
        memory = torch.gru_cell(embedded, memory, *self.cell.parameters())
        return self.head(memory), memory

    def _embedded(self, previous: Tensor, contexts: Tensor, positions: Tensor) -> Tensor:
        """Embeds tokens ``[...]``, contexts ``[..., F]`` and positions ``[...]`` side by side."""
        entries = torch.cat([previous[..., None], contexts], -1) + self.first_entries
        return torch.cat([self.entries(entries).flatten(-2), self.positions(positions)], -1)
