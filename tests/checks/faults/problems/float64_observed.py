"""Observes float64 where the space says float32."""

from tests.toys import Cards


class Float64Observed(Cards):
    def observe(self, state):
        seen = super().observe(state)
        return seen | {"values": seen["values"].double()}
