"""Reads a value back to the host."""

from tests.toys import Cards


class ReadsBack(Cards):
    def step(self, state, action, draws):
        float(state.values.sum())
        return super().step(state, action, draws)
