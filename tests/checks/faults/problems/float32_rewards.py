"""Pays in float32."""

from tests.toys import Cards


class Float32Rewards(Cards):
    def step(self, state, action, draws):
        outcome = super().step(state, action, draws)
        return outcome._replace(reward=outcome.reward.float())
