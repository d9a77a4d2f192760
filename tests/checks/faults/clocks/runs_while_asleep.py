"""Its compiled form lets the clock of waiting rows run on."""

from mdpzoo_example.tidal_batches import TidalBatch, TidalSwims
from mdpzoo_example.tidal_swim import TidalSwim


class Restless(TidalSwims):
    def compiled(self):
        sound = super().compiled()
        original = sound.step

        def step(state, action, draws, asleep):
            outcome = original(state, action, draws, asleep)
            return outcome._replace(state=TidalBatch(outcome.state.position, state.clock + 1))

        sound.step = step
        return sound


class RunsWhileAsleep(TidalSwim):
    def batched(self):
        return Restless(self.rivers.batched(), self.length, self.period)
