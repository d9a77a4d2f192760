"""Observes bool where the space says int8."""

from gymnasium import spaces

from tests.toys import Cards


class BoolForInt8(Cards):
    def __init__(self, cards=4):
        super().__init__(cards)
        parts = dict(self.observation_space.spaces)
        self.observation_space = spaces.Dict(parts | {"action_mask": spaces.MultiBinary(cards)})
