"""The results of the effective-horizon analysis, as a frozen record."""

from dataclasses import asdict, dataclass
from typing import Any

from mdpzoo.showing import shown


@shown
@dataclass(frozen=True, repr=False)
class HorizonReport:
    """The results of the analysis. Lists begin with lookahead 1; infinity means that no number of samples suffices.

    Attributes:
        horizon: T.
        num_states: states that can be visited in T steps, terminal ones included.
        num_actions: A.
        deterministic: whether every action has one outcome and there is one start state.
        optimal_return: J*, the largest return of any policy.
        random_return: return of the exploration policy.
        worst_return: the smallest return of any policy.
        min_k: the smallest k for which the model is k-QVI-solvable: every policy greedy for Q^k is optimal. None
            if there is none up to ``max_lookahead``.
        min_k_bitwise: the same without a tolerance for ties, so that rounding errors can break them; None if there is
            none among the lookaheads computed.
        min_k_tolerance: the smallest k whose greedy policies lose at most ``tolerance (J* - J_random)``.
        epw: the effective planning window: ``min_k`` for Q^1 = R, with no estimate of later rewards.
        greedy_returns: J_k, the return of the worst policy greedy for Q^k. It need not grow with k.
        gaps: smallest difference in Q^k between optimal and suboptimal actions, over the steps before the last k;
            infinite if no state that is reached has a suboptimal action.
        full_gaps: the same over all steps.
        variances: the bound V_k on the variance at the step that needs the most samples; None for stochastic models.
        samples: m_k, the simple bound on episodes per action sequence; None for stochastic models.
        exponents: H_k = k + log_A m_k; None for stochastic models.
        effective_horizon: H, the simple bound, at most T; None for stochastic models. It is a loose upper bound, not a
            prediction.
        stochastic_effective_horizon: ``min_k k + log_A(1 / gap^2)``, for any model.
        covering_length: upper bound on the episodes in which exploration tries everything with probability 1/2.
        rarest_visits: four minima over what exploration visits: of a state's probability at its likeliest step, of
            its expected visits, and of the same two numbers for a pair of a state and an action.
        predicted_samples: the smallest m with which GORP with k = 1 is optimal with probability 1/2, exactly. None if
            the model is not deterministic with a return of 0 or one other number, if m is above 2^20, or if S T is
            above 2^16; in the last case call ``predicted_samples(model, horizon)``.
        predicted_steps: environment steps that these samples take.
        warnings: sentences that say which numbers not to trust, and why.
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
        """Returns the attributes by name."""
        return asdict(self)
