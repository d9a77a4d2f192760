"""The optimisers: Muon for the matrices of the layers, AdamW for all other weights.

Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks") orthogonalises the momentum; its
steps are scaled to the length of AdamW's (Liu et al. 2025, "Muon is scalable for LLM training"), so that both use the
same learning rate. The paper uses Adam.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

BETAS = (0.9, 0.98)  # AdamW's
MOMENTUM = 0.95  # Muon's


def layer_matrices(network: nn.Module) -> set[str]:
    """Returns the names of the weight matrices of stacked layers, without embeddings and scores."""
    lists = [name for name, each in network.named_modules() if isinstance(each, nn.ModuleList)]
    return {
        name
        for name, each in network.named_parameters()
        if each.dim() == 2 and name.endswith("weight") and any(name.startswith(f"{start}.") for start in lists)
    }


class Optimiser(NamedTuple):
    """Both optimisers of one network, and of the head of an auxiliary task.

    Attributes:
        matrices: for the matrices of the layers.
        others: for all other weights; only matrices have weight decay.
    """

    matrices: torch.optim.Muon
    others: torch.optim.AdamW

    def step(self, rate: float) -> None:
        """Updates all weights with a learning rate."""
        for each in self:
            for group in each.param_groups:
                group["lr"] = rate
            each.step()

    def clear(self) -> None:
        """Sets all gradients to zero."""
        for each in self:
            each.zero_grad(set_to_none=False)


def new_optimiser(network: nn.Module, rate: float, decay: float, head: nn.Module | None = None) -> Optimiser:
    """Creates optimisers.

    Args:
        network: whose weights they update.
        rate: their learning rate.
        decay: weight decay of the matrices, by ``rate * decay`` per step.
        head: whose weights AdamW updates as well; None: there is none.
    """
    names, weights = layer_matrices(network), dict(network.named_parameters())
    inside = [weights[name] for name in weights if name in names]
    outside = {name: each for name, each in weights.items() if name not in names}
    if head is not None:
        outside |= {f"head.{name}": each for name, each in head.named_parameters()}
    decaying = [each for name, each in outside.items() if each.dim() == 2 and name != "ends"]
    constant = [each for name, each in outside.items() if each.dim() != 2 or name == "ends"]
    groups = [{"params": decaying, "weight_decay": decay}, {"params": constant, "weight_decay": 0.0}]
    muon = torch.optim.Muon(inside, rate, decay, MOMENTUM, adjust_lr_fn="match_rms_adamw")
    return Optimiser(muon, torch.optim.AdamW(groups, lr=rate, betas=BETAS))


def moments(network: nn.Module, optimiser: Optimiser) -> dict[str, Tensor]:
    """Returns the optimisers' state, 0 before the first update: ``mean.<weight>``, ``square.<weight>``, ``step``."""
    names, tensors = layer_matrices(network), {"step": torch.zeros(())}
    for name, weight in network.named_parameters():
        if name in names:
            state = optimiser.matrices.state.get(weight, {})
            tensors[f"mean.{name}"] = state.get("momentum_buffer", torch.zeros_like(weight))
        else:
            state = optimiser.others.state.get(weight, {})
            tensors[f"mean.{name}"] = state.get("exp_avg", torch.zeros_like(weight))
            tensors[f"square.{name}"] = state.get("exp_avg_sq", torch.zeros_like(weight))
            tensors["step"] = state.get("step", tensors["step"])
    return tensors


def restore_moments(network: nn.Module, optimiser: Optimiser, tensors: Mapping[str, Tensor]) -> None:
    """Restores the state that ``moments`` returned."""
    if not float(tensors["step"]):
        return
    names = layer_matrices(network)
    for name, weight in network.named_parameters():
        mean = tensors[f"mean.{name}"].to(weight.device)
        if name in names:
            optimiser.matrices.state[weight] = {"momentum_buffer": mean}
        else:
            square = tensors[f"square.{name}"].to(weight.device)
            optimiser.others.state[weight] = {
                "step": tensors["step"].clone(),
                "exp_avg": mean,
                "exp_avg_sq": square,
            }
