"""An entropy bonus whose coefficient rises while the entropy is below a target: the reference controller.

Source: this project; the same idea as the temperature of soft actor-critic (Haarnoja et al. 2018, section 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from mdpzoo_token.hooks.strategy import Strategy, UpdateState
from mdpzoo_token.losses.token_values import entropies, mean_valid
from mdpzoo_token.strategies import bonus

Every = Literal["step", "update"]


def next_coefficient(c: float, entropy: float, target: float, rate: float = 0.003) -> float:
    """Returns ``max(0, c + rate (target - entropy))``."""
    return max(0.0, c + rate * (target - entropy))


def regulariser(logits: Tensor, logp: Tensor, advantages: Tensor, batch: Any, c: float) -> Tensor:
    """Returns the bonus with the present coefficient; see ``bonus.regulariser``."""
    return bonus.regulariser(logits, logp, advantages, batch, c)


@dataclass
class Adaptive(Strategy):
    """The controller in the loop.

    Attributes:
        target: entropy in nats a token.
        rate: change of the coefficient for each nat and move.
        every: whether it moves with each gradient ``"step"``, which tracks the target closely, or each ``"update"``,
            which is slower and runs away less where no good policy can reach the target.
    """

    target: float = 1.0
    rate: float = 0.003
    every: Every = "step"

    def __post_init__(self) -> None:
        """Starts without a bonus."""
        self._coefficient = 0.0

    def begin(self, state: UpdateState) -> None:
        """Moves the coefficient by the batch's entropy, if it moves with updates."""
        if self.every == "update":
            self._coefficient = next_coefficient(self._coefficient, state.entropy, self.target, self.rate)

    def regulariser(self, logits: Tensor, logp: Tensor, advantages: Tensor, batch: Any) -> Tensor:
        """Moves the coefficient by the minibatch's entropy, if it moves with steps; see the function of this module."""
        if self.every == "step":
            entropy = float(mean_valid(entropies(logits.detach()), batch.mask))
            self._coefficient = next_coefficient(self._coefficient, entropy, self.target, self.rate)
        return regulariser(logits, logp, advantages, batch, self._coefficient)

    def memory(self) -> dict[str, Any]:
        """Returns the coefficient."""
        return {"coefficient": self._coefficient}

    def restore(self, memory: Mapping[str, Any]) -> None:
        """Restores the coefficient."""
        self._coefficient = float(memory["coefficient"])
