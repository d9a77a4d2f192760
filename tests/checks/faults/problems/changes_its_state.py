"""Writes into the state that it was given."""

from tests.toys import Cards


class ChangesItsState(Cards):
    def step(self, state, action, draws):
        outcome = super().step(state, action, draws)
        state.gone.copy_(outcome.state.gone)
        return outcome
