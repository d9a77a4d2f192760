"""The sampler of the comparison in torch: the largest of uniform numbers, each raised by one where its action is legal.

Adding the mask costs a fifth of choosing by it (``torch.where``), and ``max`` a quarter of ``argmax``, but for B = 1.
"""

import torch


class Sampler:
    """Draws uniformly among the legal actions of B rows."""

    def __init__(self, batch: int, actions: int) -> None:
        """Allocates ``[B, actions]``."""
        self.noise, self.one = torch.empty(batch, actions), batch == 1
        self.generator = torch.Generator().manual_seed(0)

    def __call__(self, mask: torch.Tensor) -> torch.Tensor:
        """Actions ``[B]`` from a mask ``[B, actions]`` bool."""
        raised = self.noise.uniform_(generator=self.generator) + mask
        return raised.argmax(1) if self.one else raised.max(1).indices
