"""What the effective-horizon analysis answers: frozen numbers, each with its meaning."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class HorizonReport:
    """What the analysis says. Lists begin with lookahead 1; infinity: no number of samples does.

    Attributes:
        horizon: T.
        num_states: states that can be visited in T steps, with what an ended episode goes on to.
        num_actions: A.
        deterministic: whether every action has one outcome and the episode one start.
        optimal_return: J*.
        random_return: of the exploration policy.
        worst_return: the smallest of any policy.
        min_k: the smallest k for which the model is k-QVI-solvable: every policy greedy for Q^k is optimal. None:
            none up to ``max_lookahead``.
        min_k_bitwise: the same with no tolerance for ties: one that roundings break is not seen; None: none of those
            looked at.
        min_k_tolerance: the smallest k whose greedy policies lose at most ``tolerance (J* - J_random)``.
        epw: the effective planning window: ``min_k`` for Q^1 = R, that is with nothing known of what comes after.
        greedy_returns: J_k, of the worst policy greedy for Q^k. It need not grow with k.
        gaps: over the steps before the last k, by how much optimal actions stand out in Q^k; infinite: no state that
            is reached has a suboptimal one.
        full_gaps: the same over all steps.
        variances: the bound V_k on the variance at the step that asks for the most samples; None: stochastic.
        samples: m_k, the simple bound's episodes for each action sequence; None: stochastic.
        exponents: H_k = k + log_A m_k; None: stochastic.
        effective_horizon: H, the simple bound, at most T; None: stochastic. An upper bound by far, no prediction.
        stochastic_effective_horizon: ``min_k k + log_A(1 / gap^2)``, for any model.
        covering_length: episodes, an upper bound.
        rarest_visits: the smallest, over what exploration visits, of a state's probability at its likeliest step, of
            its expected visits in all, and of the same two for a state and an action.
        predicted_samples: the smallest m with which GORP looking one step ahead is optimal with probability 1/2,
            exactly; None: does not apply (it takes a deterministic model whose return is 0 or one number), or is above
            2^20, or S T is above 2^16, where ``predicted_samples(model, horizon)`` still answers.
        predicted_steps: the environment steps that this takes.
        warnings: sentences; what not to trust, and why.
    """

    horizon: int
    num_states: int
    num_actions: int
    deterministic: bool
    optimal_return: float
    random_return: float
    worst_return: float
    min_k: int | None
    min_k_bitwise: int | None
    min_k_tolerance: int | None
    epw: int | None
    greedy_returns: tuple[float, ...]
    gaps: tuple[float, ...]
    full_gaps: tuple[float, ...]
    variances: tuple[float, ...] | None
    samples: tuple[float, ...] | None
    exponents: tuple[float, ...] | None
    effective_horizon: float | None
    stochastic_effective_horizon: float
    covering_length: float
    rarest_visits: tuple[float, float, float, float]
    predicted_samples: int | None
    predicted_steps: float | None
    warnings: tuple[str, ...]

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes by name."""
        return asdict(self)
