"""Takes a card that is gone, though its mask forbids it."""

from tests.checks.faults.sound import Picker, Taken


class TakesIllegalActions(Picker):
    def step(self, state, action, draw):
        after = Taken(tuple(gone or card == action for card, gone in enumerate(state.gone)))
        return after, float(draw()), all(after.gone)
