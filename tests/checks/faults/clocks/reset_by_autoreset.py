"""Its batched form starts the clock again in every episode."""

from mdpzoo_example.tidal_batches import TidalSwims
from mdpzoo_example.tidal_swim import TidalSwim


class Forgetful(TidalSwims):
    compiled = property(lambda self: (_ for _ in ()).throw(AttributeError))

    def initial(self, draws, before=None):
        return super().initial(draws, None)


class ResetByAutoreset(TidalSwim):
    def batched(self):
        return Forgetful(self.rivers.batched(), self.length, self.period)
