"""Imitation of near-optimal solutions (BQ-NCO: Drakulic et al. 2023, section 4), on one process or several.

Which states are imitated is in ``sampling``. What differs from the paper: Muon and AdamW (``optimiser``) with a
warm-up, a constant rate and a cooldown; a batch holds a number of tokens instead of a number of states; the loss takes
several labels wherever several choices are equally right. With one label it is the cross-entropy, with several
``logsumexp(s) - mean(s over labels)``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from mdpzoo.settings import Choices, Range, check_record
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.training.labels import Labels
from mdpzoo_combinatorial.bq_nco.training.optimiser import Optimiser
from mdpzoo_combinatorial.bq_nco.training.sampling import Examples, draw, prepare

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class ImitationSettings:
    """How a network is fitted; checks itself.

    Attributes:
        learning_rate: of both optimisers, reached after the warm-up, in (0, 1].
        cooldown: share of the run at its end over which the rate falls linearly, in [0, 1].
        final_fraction: learning rate at the end over ``learning_rate``, in [0, 1].
        warm_up: updates over which the rate rises from 0, at least 0.
        tokens: in a batch; a batch of states of ``m`` tokens holds about ``tokens // m`` of them, at least 1.
        weight_decay: of matrices, at least 0.
        clip: largest norm of the gradient, positive.
        precision: of the forward pass, ``float32`` or ``bfloat16``; weights are float32 in any case.
    """

    learning_rate: Annotated[float, Range(0, 1, above=True)] = 2e-3
    cooldown: Annotated[float, Range(0, 1)] = 0.3
    final_fraction: Annotated[float, Range(0, 1)] = 0.01
    warm_up: Annotated[int, Range(0)] = 200
    tokens: Annotated[int, Range(1)] = 4096
    weight_decay: Annotated[float, Range(0, 1_000_000)] = 0.01
    clip: Annotated[float, Range(0, 1_000_000, above=True)] = 1.0
    precision: Annotated[str, Choices(tuple(PRECISIONS))] = "float32"

    def __post_init__(self) -> None:
        """Raises SettingError, naming the setting, its value and its range."""
        check_record(self)


@dataclass(frozen=True)
class Update:
    """What one update did.

    Attributes:
        decisions: how many choices were imitated, on all processes.
        loss: cross-entropy of the labels in nats, a scalar tensor on the network's device.
        accuracy: share of the states whose best score is a label, in [0, 1], likewise.
        gradient_norm: before clipping, likewise.
    """

    decisions: int
    loss: Tensor
    accuracy: Tensor
    gradient_norm: Tensor


@dataclass
class Progress:
    """Where a fit stands: what a checkpoint must keep beside weights, optimiser and generator.

    Attributes:
        decisions: imitated so far.
        updates: of the weights so far.
        rounds: of self-improvement so far.
    """

    decisions: int = 0
    updates: int = 0
    rounds: int = 0


def losses(network: nn.Module, examples: Examples, relative: bool) -> tuple[Tensor, Tensor]:
    """Cross-entropies of the labels, and whether the best score is a label, ``[B]`` both."""
    scores = network(examples.problem.tokens(examples.batch, examples.left, relative=relative))
    logs = log_softmax(scores.float(), 1)
    loss = -(examples.best * logs.masked_fill(examples.best == 0, 0.0)).sum(1)
    right = examples.best.gather(1, scores.argmax(1, keepdim=True)).squeeze(1) > 0
    return loss, right


def learning_rate(settings: ImitationSettings, updates: int, progress: float) -> float:
    """The rate of update number ``updates`` (from 0) at ``progress`` in [0, 1]: up, level, down.

    In a short run the warm-up ends with the first tenth of it.
    """
    warm = max((updates + 1) / max(1, settings.warm_up), 10 * progress)
    to_go = 1.0 - min(max(progress, 0.0), 1.0)
    low = settings.final_fraction
    cool = 1.0 if to_go >= settings.cooldown else low + (1 - low) * to_go / settings.cooldown
    return settings.learning_rate * cool * min(1.0, warm)


class World:
    """The processes that fit one network together; one, unless ``torchrun`` or ``torch.distributed`` says otherwise."""

    def __init__(self) -> None:
        """Joins the other processes that ``torchrun`` started: gloo on CPUs, NCCL where there are GPUs."""
        import torch.distributed as distributed

        able = distributed.is_available()
        if able and not distributed.is_initialized() and distributed.is_torchelastic_launched():
            distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        self._distributed = distributed if able and distributed.is_initialized() else None
        self.rank = self._distributed.get_rank() if self._distributed else 0
        self.size = self._distributed.get_world_size() if self._distributed else 1

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Adds tensors up over all processes, in place."""
        if self._distributed is None or self.size == 1:
            return
        flat = torch.cat([each.flatten() for each in tensors])
        self._distributed.all_reduce(flat)
        begin = 0
        for each in tensors:
            each.copy_(flat[begin : begin + each.numel()].view_as(each))
            begin += each.numel()


def imitation_step(
    network: nn.Module,
    optimiser: Optimiser,
    examples: Examples,
    rate: float,
    settings: ImitationSettings,
    *,
    relative: bool = True,
    forward: Callable[..., Any] = losses,
    world: World | None = None,
) -> Update:
    """Fits the network to one batch; several processes fit it together, each to its part.

    Args:
        network: is changed.
        optimiser: over the network's weights; is changed.
        examples: on the CPU, the same on every process.
        rate: the learning rate of this update.
        settings: clip and precision are read.
        relative: which features the network takes.
        forward: ``losses``, or what ``torch.compile`` made of it.
        world: the processes; None: this one.
    """
    world, device, count = world or World(), next(network.parameters()).device, len(examples.best)
    mine = examples if world.size == 1 else examples.part(world.rank, world.size)
    optimiser.clear()
    sums = torch.zeros(2, device=device)
    if len(mine.best):
        mine = Examples(mine.problem, mine.batch.to(device), mine.left.to(device), mine.best.to(device))
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
            loss, right = forward(network, mine, relative)
        (loss.sum() / count).backward()
        sums = torch.stack((loss.detach().sum(), right.sum().to(loss.dtype))) / count
    gradients = [each.grad for each in network.parameters() if each.grad is not None]
    world.sum([*gradients, sums])
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
    optimiser.step(rate)
    return Update(count, sums[0], sums[1], norm)


class Learner(NamedTuple):
    """What is fitted.

    Attributes:
        network: is changed.
        optimiser: over the network's weights; is changed.
        problem: as the network sees it; None: the registered one of the labels' name.
        relative: which features the network takes.
        compiled: whether ``torch.compile`` compiles forward and backward passes.
    """

    network: nn.Module
    optimiser: Optimiser
    problem: Problem | None = None
    relative: bool = True
    compiled: bool = False


def imitate(
    learner: Learner,
    labels: Sequence[Labels],
    settings: ImitationSettings,
    generator: torch.Generator,
    progress: Progress,
    total: int,
    report: Callable[[Update], bool],
    *,
    until: int | None = None,
) -> bool:
    """Fits until ``total`` decisions are imitated or ``report`` returns False.

    Deterministic: weights, optimiser, generator and progress decide the rest of the run, whatever came before.

    Args:
        learner: is changed.
        labels: each batch takes one of them, drawn uniformly; name one twice to draw it twice as often.
        settings: rates and sizes.
        generator: on the CPU; is advanced.
        progress: is advanced.
        total: decisions at which the fit ends, counted from the first of ``progress``; the rate falls towards it.
        report: called after each update, with ``progress`` already advanced.
        until: decisions at which to stop, before the end of the fit; None: its end.

    Returns:
        Whether ``report`` never said False.
    """
    network, optimiser, relative = learner.network, learner.optimiser, learner.relative
    sources, world = [prepare(each, learner.problem) for each in labels], World()
    forward = torch.compile(losses, dynamic=True) if learner.compiled else losses
    network.train()
    end = total if until is None else min(until, total)
    while progress.decisions < end:
        examples = draw(sources, settings.tokens, generator)
        rate = learning_rate(settings, progress.updates, progress.decisions / total)
        update = imitation_step(
            network, optimiser, examples, rate, settings, relative=relative, forward=forward, world=world
        )
        progress.decisions += update.decisions
        progress.updates += 1
        if not report(update):
            network.eval()
            return False
    network.eval()
    return True
