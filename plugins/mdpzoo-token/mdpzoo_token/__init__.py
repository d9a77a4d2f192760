"""Token decision processes: entropy control of fine-tuning, alignment and masked denoising, exact at toy size."""

from mdpzoo.codes import lazily

WHERE = {  # imported on first use: the plugin's specs must not wait for torch
    "GRPOToken": "training.agent",
    "Strategy": "hooks.strategy",
    "StrategySpec": "hooks.strategy_spec",
    "make_strategy": "hooks.finding",
    "strategies_by_name": "hooks.finding",
}
__all__ = list(WHERE)
__getattr__, __dir__ = lazily(__name__, WHERE)
