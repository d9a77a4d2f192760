"""Taking card 1 a second time passes for legal."""

from tests.toys import Cards


class NeverReports(Cards):
    def step(self, state, action, draws):
        outcome = super().step(state, action, draws)
        return outcome._replace(illegal=outcome.illegal & (action != 1))
