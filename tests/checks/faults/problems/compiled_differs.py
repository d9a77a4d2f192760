"""Its compiled form pays the place before the push."""

from tests.toys import CompiledSlide, Slide


class Late(CompiledSlide):
    def step(self, state, action, draws, asleep=None):
        outcome = super().step(state, action, draws, asleep)
        return outcome._replace(reward=state.place.sum(1))


class CompiledDiffers(Slide):
    def compiled(self):
        return Late()
