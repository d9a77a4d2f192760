"""The strategies of this package, as specs; announced in the entry-point group ``mdpzoo_token``."""

from mdpzoo_token.hooks.hookspecs import hookimpl
from mdpzoo_token.hooks.strategy_spec import StrategySpec

HOME = "mdpzoo_token.strategies"
STRATEGIES = (
    StrategySpec(
        name="none",
        build="mdpzoo_token.hooks.strategy:Strategy",
        summary="plain GRPO",
        source="Shao et al. 2024 (arXiv:2402.03300)",
    ),
    StrategySpec(
        name="clip-higher",
        build=f"{HOME}.clip_higher:ClipHigher",
        summary="a larger upper bound of the ratio",
        source="Yu et al. 2025 (arXiv:2503.14476)",
    ),
    StrategySpec(
        name="clip-cov",
        build=f"{HOME}.clip_cov:ClipCov",
        summary="no gradient for a few tokens of high covariance",
        source="arXiv:2505.22617",
    ),
    StrategySpec(
        name="kl-cov",
        build=f"{HOME}.kl_cov:KLCov",
        summary="a KL penalty for the tokens of the highest covariance",
        source="arXiv:2505.22617",
    ),
    StrategySpec(
        name="steer",
        build=f"{HOME}.steer:Steer",
        summary="smaller weights for tokens that change the entropy",
        source="arXiv:2510.10150",
    ),
    StrategySpec(
        name="lp-reg",
        build=f"{HOME}.lp_reg:LpReg",
        summary="rare tokens are held up, junk is not",
        source="arXiv:2510.03222",
        needs=("old_logits",),
    ),
    StrategySpec(
        name="bonus", build=f"{HOME}.bonus:Bonus", summary="an entropy bonus", source="Williams and Peng 1991"
    ),
    StrategySpec(
        name="adaptive",
        build=f"{HOME}.adaptive:Adaptive",
        summary="a bonus that steers to a target; ours, for reference",
    ),
    StrategySpec(
        name="siren",
        build=f"{HOME}.siren:Siren",
        summary="the nucleus entropy of peak positions is held",
        source="arXiv:2509.25133",
    ),
    StrategySpec(
        name="epo",
        build=f"{HOME}.epo:EPO",
        summary="a bonus, and a penalty outside the entropy's history",
        source="arXiv:2509.22576",
        needs=("old_logits", "turns"),
    ),
    StrategySpec(
        name="empg",
        build=f"{HOME}.empg:EMPG",
        summary="advantages scaled by the entropy of turns",
        source="arXiv:2509.09265",
        needs=("old_logits", "turns"),
    ),
    StrategySpec(
        name="arbitrary-aepo",
        build=f"{HOME}.arbitrary_aepo:ArbitraryAEPO",
        summary="rows replaced by good samples, hotter or colder",
        source="arXiv:2510.08141",
        needs=("second_rollout",),
    ),
    StrategySpec(
        name="agentic-aepo",
        build=f"{HOME}.agentic_aepo:AgenticAEPO",
        summary="branching rollouts, and a clip that keeps its gradient",
        source="arXiv:2510.14545",
        needs=("turns",),
    ),
)


@hookimpl
def mdpzoo_token_strategies() -> list[StrategySpec]:
    """Returns the strategies of this package."""
    return list(STRATEGIES)
