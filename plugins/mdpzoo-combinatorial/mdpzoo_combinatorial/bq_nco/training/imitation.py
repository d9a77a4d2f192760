"""Imitation of near-optimal solutions (BQ-NCO: Drakulic et al. 2023, section 4), on one process or several.

The imitated states are defined in ``sampling``. What differs from the paper: Muon and AdamW (``optimiser``) with a
warm-up, a constant rate and a cooldown; the size of a batch is a number of tokens instead of states; states have
several labels if several choices are equally good. The loss is the cross-entropy for one label, and ``logsumexp(s) -
mean(s over labels)`` for several; states whose choices were judged (``regrets``) add their expected regret, others that
of an auxiliary task (``structures``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from mdpzoo.settings import Choices, Range, check_record
from mdpzoo_combinatorial.bq_nco.networks.token_network import TokenNetwork
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.training.examples import Examples, Source, draw
from mdpzoo_combinatorial.bq_nco.training.labels import Labels
from mdpzoo_combinatorial.bq_nco.training.optimiser import Optimiser
from mdpzoo_combinatorial.bq_nco.training.regrets import Regrets
from mdpzoo_combinatorial.bq_nco.training.sampling import prepare
from mdpzoo_combinatorial.bq_nco.training.structures import StructureHead

PRECISIONS = ("float32", "bfloat16")
# in mean costs of a choice: least regret of unknown choices, and that from which on regrets count by their logarithm
UNKNOWN, LARGE = 0.3, 3.0


@dataclass(frozen=True)
class ImitationSettings:
    """Settings of imitation, validated when created.

    Attributes:
        learning_rate: of both optimisers, reached after the warm-up, in (0, 1].
        cooldown: last fraction of the run, in which the rate falls linearly, in [0, 1].
        final_fraction: final learning rate over ``learning_rate``, in [0, 1].
        warm_up: updates over which the rate rises from 0, at least 0.
        tokens: size of a batch; a batch has about ``tokens // m`` states of ``m`` tokens, at least 1.
        weight_decay: of matrices, at least 0.
        clip: largest norm of the gradient, positive.
        precision: of the forward pass, ``float32`` or ``bfloat16``; weights are float32 in any case.
        regret: weight of the expected regret, in mean costs of a choice, where choices were judged, at least 0; the
            cross-entropy of these states has the weight 1/2.
        structure: weight of the auxiliary task (``structures``), at least 0; 0: none. Needs a network of kind
            ``tokens``; without effect for Knapsack, whose solutions have no order.
    """

    learning_rate: Annotated[float, Range(0, 1, above=True)] = 2e-3
    cooldown: Annotated[float, Range(0, 1)] = 0.3
    final_fraction: Annotated[float, Range(0, 1)] = 0.01
    warm_up: Annotated[int, Range(0)] = 200
    tokens: Annotated[int, Range(1)] = 4096
    weight_decay: Annotated[float, Range(0, 1_000_000)] = 0.01
    clip: Annotated[float, Range(0, 1_000_000, above=True)] = 1.0
    precision: Annotated[str, Choices(tuple(PRECISIONS))] = "float32"
    regret: Annotated[float, Range(0, 1_000_000)] = 5.0
    structure: Annotated[float, Range(0, 1_000_000)] = 0.0

    def __post_init__(self) -> None:
        """Raises SettingError if a setting is out of range; the message names the setting, its value and its range."""
        check_record(self)


DEFAULTS = ImitationSettings()


@dataclass(frozen=True)
class Update:
    """The statistics of one update.

    Attributes:
        decisions: number of imitated choices, on all processes.
        loss: cross-entropy of the labels in nats, with regrets and the auxiliary task, a scalar tensor on the
            network's device.
        accuracy: fraction of states whose highest score is a label, in [0, 1], a scalar tensor.
        gradient_norm: before clipping, a scalar tensor.
    """

    decisions: int
    loss: Tensor
    accuracy: Tensor
    gradient_norm: Tensor


@dataclass
class Progress:
    """The progress of training, which a checkpoint stores besides weights, optimiser and generator.

    Attributes:
        decisions: imitated so far.
        updates: of the weights so far.
        rounds: of self-improvement so far.
    """

    decisions: int = 0
    updates: int = 0
    rounds: int = 0


def losses(
    network: nn.Module,
    examples: Examples,
    relative: bool,
    settings: ImitationSettings = DEFAULTS,
    head: StructureHead | None = None,
) -> tuple[Tensor, Tensor]:
    """Returns losses, and whether the highest score is a label, ``[B]`` each.

    The loss is the cross-entropy of the labels or, if choices were judged, half of it and the weighted expected regret;
    with a head, the weighted loss of the auxiliary task is added where the structure of the labelled solution is known.
    """
    tokens, more = examples.problem.tokens(examples.batch, examples.left, relative=relative), None
    if head is None or examples.structure is None:
        scores = network(tokens)
    else:
        assert isinstance(network, TokenNetwork)
        embedded = network.encode(tokens)
        scores, more = network.scores(embedded, tokens), head(embedded, tokens, examples.structure)
    logs = log_softmax(scores.float(), 1)
    loss = -(examples.best * logs.masked_fill(examples.best == 0, 0.0)).sum(1)
    right = examples.best.gather(1, scores.argmax(1, keepdim=True)).squeeze(1) > 0
    if examples.regret is not None:
        loss = 0.5 * loss + settings.regret * expected_regret(logs, examples.regret)
    return loss if more is None else loss + settings.structure * more, right


def expected_regret(logs: Tensor, regret: Tensor) -> Tensor:
    """Returns the expected regrets ``[B]`` of distributions.

    Args:
        logs: ``[B, A]``, logarithms of probabilities.
        regret: ``[B, A]``, at least 0; NaN: unknown, for which the largest known one counts, at least ``UNKNOWN``. A
            regret r above ``LARGE`` counts as ``LARGE * (1 + log(r / LARGE))``.
    """
    known = ~regret.isnan()
    regret = torch.where(known, regret, 0.0)
    regret = regret.clamp(max=LARGE) * (1.0 + (regret / LARGE).clamp(min=1.0).log())
    unknown = regret.amax(1, keepdim=True).clamp(min=UNKNOWN)
    return (logs.exp() * torch.where(known, regret, unknown)).sum(1)


def learning_rate(settings: ImitationSettings, updates: int, progress: float) -> float:
    """Returns the learning rate of update number ``updates`` (from 0) at ``progress`` in [0, 1].

    In a short run, the warm-up takes at most a tenth of it.
    """
    warm = max((updates + 1) / max(1, settings.warm_up), 10 * progress)
    to_go = 1.0 - min(max(progress, 0.0), 1.0)
    low = settings.final_fraction
    cool = 1.0 if to_go >= settings.cooldown else low + (1 - low) * to_go / settings.cooldown
    return settings.learning_rate * cool * min(1.0, warm)


class World:
    """The processes that train one network together; one, unless ``torchrun`` or ``torch.distributed`` started more."""

    def __init__(self) -> None:
        """Connects to the other processes of ``torchrun``, by gloo on CPUs and NCCL on GPUs."""
        import torch.distributed as distributed

        able = distributed.is_available()
        if able and not distributed.is_initialized() and distributed.is_torchelastic_launched():
            distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        self._distributed = distributed if able and distributed.is_initialized() else None
        self.rank = self._distributed.get_rank() if self._distributed else 0
        self.size = self._distributed.get_world_size() if self._distributed else 1

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Sums tensors over all processes, in place."""
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
    head: StructureHead | None = None,
    forward: Callable[..., Any] = losses,
    world: World | None = None,
) -> Update:
    """Updates the network by one batch; each of several processes computes a part of the gradient.

    Args:
        network: is changed.
        optimiser: over the weights of network and head; is changed.
        examples: on the CPU, the same on every process.
        rate: the learning rate of this update.
        settings: clip, precision and the weights of losses are read.
        relative: whether the network's features are relative to the state.
        head: of the auxiliary task, is changed; None: there is none.
        forward: ``losses``, or its compiled version.
        world: the processes; None: this one.
    """
    world, device, count = world or World(), next(network.parameters()).device, len(examples.best)
    weights = [*network.parameters(), *(() if head is None else head.parameters())]
    mine = examples if world.size == 1 else examples.part(world.rank, world.size)
    optimiser.clear()
    sums = torch.zeros(2, device=device)
    if len(mine.best):
        mine = mine.to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
            loss, right = forward(network, mine, relative, settings, head)
        (loss.sum() / count).backward()
        sums = torch.stack((loss.detach().sum(), right.sum().to(loss.dtype))) / count
    gradients = [each.grad for each in weights if each.grad is not None]
    world.sum([*gradients, sums])
    norm = torch.nn.utils.clip_grad_norm_(weights, settings.clip)
    optimiser.step(rate)
    return Update(count, sums[0], sums[1], norm)


class Learner(NamedTuple):
    """The network to train.

    Attributes:
        network: is changed.
        optimiser: over the weights of network and head; is changed.
        problem: for BQ-NCO; None: the registered problem of the labels.
        relative: whether the network's features are relative to the state.
        compiled: whether ``torch.compile`` compiles forward and backward passes.
        head: of the auxiliary task, is changed; None: there is none.
    """

    network: nn.Module
    optimiser: Optimiser
    problem: Problem | None = None
    relative: bool = True
    compiled: bool = False
    head: StructureHead | None = None


def imitate(
    learner: Learner,
    labels: Sequence[Labels | Regrets],
    settings: ImitationSettings,
    generator: torch.Generator,
    progress: Progress,
    total: int,
    report: Callable[[Update], bool],
    *,
    until: int | None = None,
) -> bool:
    """Trains until ``total`` decisions are imitated or ``report`` returns False.

    Deterministic: the rest of the run depends only on weights, optimiser, generator and progress.

        Args:
            learner: is changed.
            labels: each batch is from one of them, drawn uniformly; list one twice to draw it twice as often.
            settings: rates and sizes.
            generator: on the CPU; is advanced.
            progress: is advanced.
            total: decisions at the end of training, counted from the start of ``progress``; the rate falls towards it.
            report: called after each update, with ``progress`` already advanced.
            until: decisions at which to stop earlier; None: ``total``.

        Returns:
            False if ``report`` has returned False.
    """
    network, optimiser, relative, head = learner.network, learner.optimiser, learner.relative, learner.head
    prepared: dict[int, Source] = {}
    for each in labels:
        if id(each) not in prepared:
            prepared[id(each)] = each if isinstance(each, Regrets) else prepare(each, learner.problem)
    sources = [prepared[id(each)] for each in labels]
    world = World()
    forward = torch.compile(losses, dynamic=True) if learner.compiled else losses
    network.train()
    end = total if until is None else min(until, total)
    while progress.decisions < end:
        examples = draw(sources, settings.tokens, generator)
        rate = learning_rate(settings, progress.updates, progress.decisions / total)
        update = imitation_step(
            network, optimiser, examples, rate, settings, relative=relative, head=head, forward=forward, world=world
        )
        progress.decisions += update.decisions
        progress.updates += 1
        if not report(update):
            network.eval()
            return False
    network.eval()
    return True
