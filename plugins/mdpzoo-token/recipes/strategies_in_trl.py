"""Three strategies inside TRL's GRPO trainer, on a tiny transformer with random weights; nothing is downloaded.

Run it in an environment of its own:

    python -m venv trl && trl/bin/pip install "trl>=1.16,<2" transformers mdpzoo mdpzoo-token
    trl/bin/python strategies_in_trl.py

TRL has no plug point for a loss, so ``_compute_loss`` is overridden; it is a private method and may change with a
version. Each step holds the trainer's loss against the strategy's function on TRL's own log-probabilities, and for
clip-higher against TRL's own loss, too. The script fails where they differ by more than 1e-5.
"""

import tempfile
from types import SimpleNamespace
from typing import Any

import torch
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from mdpzoo_token.losses.token_values import logp_of, mean_valid
from mdpzoo_token.strategies import clip_higher, kl_cov, siren

WORDS = ["<pad>", "<eos>", *(str(digit) for digit in range(10))]
STRATEGIES: dict[str, tuple[Any, dict[str, Any]]] = {
    "clip-higher": (clip_higher, {}),
    "kl-cov": (kl_cov, {"percent": 20}),
    "siren": (siren, {"anchor": 1.0, "beta": 0.5}),
}


class StrategyTrainer(GRPOTrainer):
    """TRL's trainer with the loss of a strategy: the mean over valid tokens, and the regulariser."""

    strategy: str
    differences: list[float]

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        """Computes the strategy's loss and holds it against TRL's log-probabilities."""
        prompts, tokens, mask = inputs["prompt_ids"], inputs["completion_ids"], inputs["completion_mask"]
        ids = torch.cat([prompts, tokens], 1)
        attention = torch.cat([inputs["prompt_mask"], mask], 1)
        logits = model(input_ids=ids, attention_mask=attention).logits[:, -tokens.shape[1] - 1 : -1] / self.temperature
        logp = logp_of(logits, tokens, mask)
        loss = self._strategy_loss(logits, logp, inputs)
        with torch.no_grad():
            theirs, *_ = self._get_per_token_logps_and_entropies(model, ids, attention, tokens.shape[1])
            self.differences.append(float((loss - self._strategy_loss(logits, theirs, inputs)).abs()))
            if self.strategy == "clip-higher":  # the one of the three that TRL has, too
                self.differences.append(float((loss - super()._compute_loss(model, inputs)).abs()))
        return loss

    def _strategy_loss(self, logits: torch.Tensor, logp: torch.Tensor, inputs: dict[str, Any]) -> torch.Tensor:
        """The loss from log-probabilities ``[B, L]`` and logits ``[B, L, V]``."""
        module, settings = STRATEGIES[self.strategy]
        tokens, mask, advantages = inputs["completion_ids"], inputs["completion_mask"].bool(), inputs["advantages"]
        old = inputs.get("old_per_token_logps")
        old = logp.detach() if old is None else old.masked_fill(~mask, 0)
        turns = torch.zeros_like(tokens)
        batch = SimpleNamespace(tokens=tokens, mask=mask, turns=turns, old_logits=logits.detach())
        if hasattr(module, "token_loss"):
            return mean_valid(module.token_loss(advantages, logp, old, logits, batch, **settings), mask)
        base = mean_valid(clip_higher.token_loss(advantages, logp, old, logits, batch), mask)
        return base + module.regulariser(logits, logp, advantages, batch, **settings)


def tokenizer() -> PreTrainedTokenizerFast:
    """Builds a tokenizer of digits, without files."""
    inner = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<pad>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", eos_token="<eos>", padding_side="left")


def even_digits(completions: list[str], **_: Any) -> list[float]:
    """Pays the share of even digits."""
    digits = [[int(each) for each in text.split() if each.isdigit()] for text in completions]
    return [sum(digit % 2 == 0 for digit in each) / max(len(each), 1) for each in digits]


def run(strategy: str, folder: str) -> float:
    """Trains for a few steps; returns the largest difference of two losses."""
    torch.manual_seed(0)
    quiet = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}  # dropout would make two passes differ
    sizes = {"vocab_size": len(WORDS), "n_positions": 32, "n_embd": 32, "n_layer": 2, "n_head": 2}
    config = GPT2Config(**sizes, **quiet, pad_token_id=0, eos_token_id=1, bos_token_id=1)
    model = GPT2LMHeadModel(config)
    arguments = GRPOConfig(
        output_dir=folder,
        per_device_train_batch_size=16,
        num_generations=4,
        max_completion_length=6,
        max_steps=6,
        num_iterations=2,  # the second pass has ratios other than 1
        learning_rate=1e-2,
        beta=0.0,
        epsilon_high=0.28,
        loss_type="bnpo",  # the mean over the valid tokens of a batch
        use_cpu=True,
        bf16=False,
        report_to="none",
        logging_steps=1,
        disable_tqdm=True,
    )
    rows = Dataset.from_list([{"prompt": f"{first} {second}"} for first in range(8) for second in range(4)])
    trainer = StrategyTrainer(
        model=model, reward_funcs=even_digits, args=arguments, train_dataset=rows, processing_class=tokenizer()
    )
    trainer.strategy, trainer.differences = strategy, []
    trainer.train()
    return max(trainer.differences)


def main() -> None:
    """Runs the three strategies."""
    for strategy in STRATEGIES:
        with tempfile.TemporaryDirectory() as folder:
            difference = run(strategy, folder)
        print(f"{strategy}: losses agree to {difference:.1e}")  # noqa: T201
        if not difference <= 1e-5:
            raise SystemExit(f"{strategy}: losses differ by {difference}")


if __name__ == "__main__":
    main()
