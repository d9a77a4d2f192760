"""A gated recurrent unit over a whole sequence, with its own backward pass (Cho et al. 2014, arXiv:1406.1078).

What differs from ``torch.nn.GRU``: the same function of the same weights, but the gradients of the recurrent weights are
one matrix product over all steps, which nearly halves the time of a small batch on a CPU. First derivatives only.
"""

from typing import Any

import torch
from torch import Tensor


class GatedCell(torch.autograd.Function):
    """Maps input gates ``[L, B, 3 H]`` to hidden states ``[L, B, H]``; gates in the order reset, update, new."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Runs the cell from a hidden state of zeros; ``weight`` is ``[3 H, H]``, ``bias`` ``[3 H]``."""
        steps, rows, width = inputs.shape[0], inputs.shape[1], weight.shape[1]
        hidden = inputs.new_zeros(steps + 1, rows, width)
        gates, recurrent = torch.empty_like(inputs), inputs.new_empty(steps, rows, width)
        transposed = weight.t()
        for step in range(steps):
            hidden[step + 1] = _advance(inputs[step], hidden[step], transposed, bias, gates[step], recurrent[step])
        ctx.save_for_backward(weight, hidden, gates, recurrent)
        return hidden[1:]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the gradients of inputs, weight and bias."""
        weight, hidden, gates, recurrent = ctx.saved_tensors
        (out,), width = gradients, weight.shape[1]
        inward, through = torch.empty_like(gates), torch.empty_like(gates)
        flowing = torch.zeros_like(hidden[0])
        for step in reversed(range(len(out))):
            flowing = flowing + out[step]
            reset, update, new = gates[step].split(width, 1)
            before = hidden[step]
            to_new = flowing * (1 - update) * (1 - new * new)
            inward[step, :, :width] = to_new * recurrent[step] * reset * (1 - reset)
            inward[step, :, width : 2 * width] = flowing * (before - new) * update * (1 - update)
            inward[step, :, 2 * width :] = to_new
            through[step, :, : 2 * width] = inward[step, :, : 2 * width]
            through[step, :, 2 * width :] = to_new * reset
            flowing = torch.addmm(flowing * update, through[step], weight)
        flat = through.flatten(0, 1)
        return inward, flat.t() @ hidden[:-1].flatten(0, 1), flat.sum(0)


def advance_cell(inputs: Tensor, before: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Returns the next hidden state ``[B, H]`` from input gates ``[B, 3 H]``; records no gradient."""
    gates, recurrent = torch.empty_like(inputs), torch.empty_like(before)
    return _advance(inputs, before, weight.t(), bias, gates, recurrent)


def _advance(inputs: Tensor, before: Tensor, weight: Tensor, bias: Tensor, gates: Tensor, recurrent: Tensor) -> Tensor:
    """One step; fills the gates ``[B, 3 H]`` and the recurrent part of the new state ``[B, H]`` in place."""
    width = before.shape[1]
    carried = torch.addmm(bias, before, weight)
    torch.add(inputs[:, : 2 * width], carried[:, : 2 * width], out=gates[:, : 2 * width]).sigmoid_()
    recurrent.copy_(carried[:, 2 * width :])
    new = gates[:, 2 * width :]
    torch.addcmul(inputs[:, 2 * width :], gates[:, :width], recurrent, out=new).tanh_()
    return torch.lerp(new, before, gates[:, width : 2 * width])
