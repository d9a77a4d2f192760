"""Imitation of near-optimal tours on random sub-paths (BQ-NCO: Drakulic et al. 2023, arXiv 2301.03313, section 4).

Every contiguous piece of an optimal tour is an optimal path between its ends, so a tour of ``N`` nodes holds a labelled
decision for each start, each direction, each size from 4 to ``N + 1`` nodes and each of the square's eight symmetries.
What differs from the paper: sizes reach the whole tour (``N + 1`` with node 0 at both ends), all symmetries are drawn,
a batch holds a fixed number of tokens, and, beside the next node, every other token of the path is asked for its
neighbours at a smaller weight (``edge_weight``; 0 gives the paper's loss).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import log_softmax

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco.labels import Labels
from mdpzoo_combinatorial.bq_nco.limits import at_least
from mdpzoo_combinatorial.bq_nco.network import PathNetwork

SMALLEST_PATH = 4  # nodes, both ends included: the least that leaves a choice


@dataclass(frozen=True)
class ImitationSettings:
    """How ``PathNetwork`` is fitted; checks itself.

    Attributes:
        learning_rate: AdamW's, reached after the warm-up, in (0, 1].
        final_fraction: learning rate at the end over ``learning_rate``, in [0, 1]; a cosine joins the two.
        warm_up: updates over which the rate rises from 0, at least 0.
        tokens: nodes in a batch; a batch of paths of ``m`` nodes holds ``tokens // m`` of them, at least 1.
        edge_weight: weight of the loss over every token's neighbours, at least 0.
        weight_decay: AdamW's, at least 0.
        clip: largest norm of the gradient, positive.
    """

    learning_rate: float = 1.5e-3
    final_fraction: float = 0.01
    warm_up: int = 200
    tokens: int = 4096
    edge_weight: float = 0.3
    weight_decay: float = 0.01
    clip: float = 1.0

    def __post_init__(self) -> None:
        """Raises SettingError, naming the setting, its value and its range."""
        for name in ("warm_up", "tokens"):
            at_least(name, getattr(self, name), int(name == "tokens"))
        for name, low, high in (
            ("learning_rate", 0.0, 1.0),
            ("final_fraction", 0.0, 1.0),
            ("edge_weight", 0.0, 1e6),
            ("weight_decay", 0.0, 1e6),
            ("clip", 0.0, 1e6),
        ):
            value, open_ended = getattr(self, name), name in ("learning_rate", "clip")
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise SettingError(f"{name} must lie in [{low:g}, {high:g}], got {value!r}")
            if open_ended and value == 0:
                raise SettingError(f"{name} must be positive, got {value!r}")


@dataclass(frozen=True)
class Update:
    """What one update did.

    Attributes:
        decisions: how many next nodes were imitated.
        loss: cross-entropy of the next node in nats, a scalar tensor on the network's device.
        edge_loss: mean cross-entropy of every token's neighbours in nats, likewise.
        accuracy: share of next nodes guessed right, in [0, 1], likewise.
        gradient_norm: before clipping, likewise.
    """

    decisions: int
    loss: Tensor
    edge_loss: Tensor
    accuracy: Tensor
    gradient_norm: Tensor


def sample_paths(labels: Labels, count: int, length: int, generator: torch.Generator) -> Tensor:
    """Draws contiguous pieces of near-optimal tours, each under one of the eight symmetries of the square.

    Args:
        labels: tours of ``N`` nodes.
        count: how many paths.
        length: nodes of each, both ends included, in ``[2, N + 1]``; ``N + 1`` starts and ends in the same node.
        generator: on the CPU; the only source of randomness.

    Returns:
        ``[count, length, 2]`` float32, each path in the order in which the tour visits it.
    """
    size = labels.tours.shape[1]
    row = torch.randint(len(labels.tours), (count, 1), generator=generator)
    start = torch.randint(size, (count, 1), generator=generator)
    direction = 2 * torch.randint(2, (count, 1), generator=generator) - 1
    position = (start + direction * torch.arange(length)) % size
    paths = labels.coordinates[row, labels.tours[row, position]]
    return random_symmetry(paths, generator)


def random_symmetry(paths: Tensor, generator: torch.Generator) -> Tensor:
    """Maps each path ``[B, L, 2]`` by one of the eight isometries of the square about the origin, drawn uniformly."""
    count = len(paths)
    sign = 2.0 * torch.randint(2, (count, 1, 2), generator=generator) - 1.0
    swap = torch.randint(2, (count, 1, 1), generator=generator).bool()
    return torch.where(swap, paths.flip(2), paths) * sign


def draw_batch(labels: Sequence[Labels], tokens: int, generator: torch.Generator) -> Tensor:
    """One training batch ``[B, m, 2]``: labels drawn uniformly, then ``m`` from 4..N+1, then ``tokens // m`` paths."""
    chosen = labels[int(torch.randint(len(labels), (), generator=generator))]
    size = chosen.tours.shape[1]
    length = int(torch.randint(SMALLEST_PATH, size + 2, (), generator=generator))
    return sample_paths(chosen, max(1, tokens // length), length, generator)


def path_losses(network: PathNetwork, paths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Cross-entropies of paths ``[B, m, 2]`` given in their best order.

    The network sees no positions, so the order tells it nothing but the two ends.

    Returns:
        Scalars: the loss of the next node, the mean loss over the neighbours of every token, the accuracy.
    """
    scores = network.edges(paths)
    length = paths.shape[1]
    position = torch.arange(length, device=paths.device)
    is_end = (position == 0) | (position == length - 1)
    closed = (position[:, None] == position) | (is_end[:, None] & is_end)  # itself; an end never follows an end
    logs = log_softmax(scores.masked_fill(closed, -torch.inf), 2)
    forwards, backwards = logs.diagonal(1, 1, 2), logs.diagonal(-1, 1, 2)  # [B, m - 1] each
    inner = (forwards[:, 1:].sum() + backwards[:, :-1].sum()) / 2  # two neighbours share a token's unit weight
    edge_loss = -(inner + forwards[:, 0].sum() + backwards[:, -1].sum()) / (len(paths) * length)
    accuracy = (logs[:, 0].argmax(1) == 1).to(logs.dtype).mean()
    return -forwards[:, 0].mean(), edge_loss, accuracy


def new_optimiser(network: PathNetwork, settings: ImitationSettings) -> torch.optim.AdamW:
    """AdamW over all weights; only matrices decay."""
    matrices = [each for name, each in network.named_parameters() if each.dim() == 2 and name != "ends"]
    others = [each for name, each in network.named_parameters() if each.dim() != 2 or name == "ends"]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98))


def learning_rate(settings: ImitationSettings, updates: int, progress: float) -> float:
    """The rate of update number ``updates`` (from 0) at ``progress`` in [0, 1]: a linear warm-up under a cosine.

    In a short run the warm-up ends with the first tenth of it.
    """
    low = settings.final_fraction
    cosine = low + (1 - low) * (1 + math.cos(math.pi * min(max(progress, 0.0), 1.0))) / 2
    warm = max((updates + 1) / max(1, settings.warm_up), 10 * progress)
    return settings.learning_rate * cosine * min(1.0, warm)


def imitation_step(
    network: PathNetwork, optimiser: torch.optim.Optimizer, paths: Tensor, rate: float, settings: ImitationSettings
) -> Update:
    """Fits the network to one batch.

    Args:
        network: is changed.
        optimiser: over the network's weights; is changed.
        paths: ``[B, m, 2]`` on the network's device, each in its best order.
        rate: the learning rate of this update.
        settings: the edge weight and the clip are read.
    """
    for group in optimiser.param_groups:
        group["lr"] = rate
    loss, edge_loss, accuracy = path_losses(network, paths)
    optimiser.zero_grad(set_to_none=True)
    (loss + settings.edge_weight * edge_loss).backward()
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
    optimiser.step()
    return Update(len(paths), loss.detach(), edge_loss.detach(), accuracy, norm)


@dataclass
class Progress:
    """Where a fit stands: what a checkpoint must keep beside weights, optimiser and generator.

    Attributes:
        decisions: imitated so far.
        updates: of the weights so far.
    """

    decisions: int = 0
    updates: int = 0


def imitate(
    network: PathNetwork,
    optimiser: torch.optim.Optimizer,
    labels: Sequence[Labels],
    settings: ImitationSettings,
    generator: torch.Generator,
    progress: Progress,
    total: int,
    report: Callable[[Update], bool],
) -> None:
    """Fits until ``total`` decisions are imitated or ``report`` returns False.

    Deterministic: weights, optimiser, generator and progress decide the rest of the run, whatever came before.

    Args:
        network: is changed.
        optimiser: over the network's weights; is changed.
        labels: each batch takes one of them, drawn uniformly; name one twice to draw it twice as often.
        settings: rates and sizes.
        generator: on the CPU; is advanced.
        progress: is advanced.
        total: decisions at which the fit ends, counted from the first of ``progress``; the rate decays towards it.
        report: called after each update, with ``progress`` already advanced.
    """
    device = next(network.parameters()).device
    network.train()
    while progress.decisions < total:
        paths = draw_batch(labels, settings.tokens, generator).to(device)
        rate = learning_rate(settings, progress.updates, progress.decisions / total)
        update = imitation_step(network, optimiser, paths, rate, settings)
        progress.decisions += update.decisions
        progress.updates += 1
        if not report(update):
            break
    network.eval()
