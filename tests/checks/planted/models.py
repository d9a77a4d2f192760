"""Models and simulators with one fault each; the sound ones are the example plugin's TidalSwim and the class Line."""

import gymnasium
import numpy as np
from gymnasium import spaces

from mdpzoo_example.tidal_batches import TidalBatch, TidalSwims
from mdpzoo_example.tidal_swim import TidalSwim


class ForgetsTheClock(TidalSwims):
    """Starts the clock again in every episode of a batch."""

    def initial(self, draws, before=None):
        return super().initial(draws, None)

    def compiled(self):
        raise AttributeError


class ClockResetByAutoreset(TidalSwim):
    """Its batched form is ``ForgetsTheClock``."""

    def batched(self):
        class Dense(ForgetsTheClock):
            compiled = property(lambda self: (_ for _ in ()).throw(AttributeError))

        return Dense(self.rivers.batched(), self.length, self.period)


class ClockRunsWhileAsleep(TidalSwim):
    """Its compiled form lets the clock of waiting rows run on."""

    def batched(self):
        sound = super().batched().compiled()

        class Dense(TidalSwims):
            def compiled(self):
                original = sound.step

                def step(state, action, draws, asleep):
                    outcome = original(state, action, draws, asleep)
                    return outcome._replace(state=TidalBatch(outcome.state.position, state.clock + 1))

                sound.step = step
                return sound

        return Dense(self.rivers.batched(), self.length, self.period)


class ObservesTheClock(TidalSwim):
    """Shows the phase beside the position."""

    def __init__(self, length=6, period=3):
        super().__init__(length, period)
        self.observation_space = spaces.MultiDiscrete([length, 2])

    def observe(self, state):
        return np.array([state.position, state.clock // self.period % 2])

    def __getattribute__(self, name):
        if name == "batched":  # a model that steps one state at a time
            raise AttributeError(name)
        return super().__getattribute__(name)


class LeaksThroughInfo(gymnasium.Env):
    """A simulator that names its context whether it was asked or not."""

    observation_space, action_space = spaces.Discrete(2), spaces.Discrete(2)

    def __init__(self, reveal="never"):
        self.asked = reveal

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.context = int(self.np_random.integers(2))
        return 0, {"context": self.context}

    def step(self, action):
        return int(action), 0.0, False, False, {"context": self.context}


class Line:
    """Walk right from 0; ends at 9. A sound model."""

    observation_space, action_space = spaces.Box(0, 9, (1,), np.float32), spaces.Discrete(2)

    def initial(self, draw, before=None):
        return 0

    def step(self, state, action, draw):
        return state + 1, float(action), state == 8

    def observe(self, state):
        return np.array([state], np.float32)


class LeavesTheSpace(Line):
    """Observations lie outside the space from the fourth step on."""

    def observe(self, state):
        return np.array([state if state < 4 else 99], np.float32)


class NotANumber(Line):
    """Pays nan at the third step."""

    def step(self, state, action, draw):
        after, reward, ended = super().step(state, action, draw)
        return after, float("nan") if state == 2 else reward, ended


class ChangesItsState(Line):
    """Keeps its state in a list and writes into it."""

    def initial(self, draw, before=None):
        return [0]

    def step(self, state, action, draw):
        state[0] += 1
        return [state[0]], float(action), state[0] == 9

    def observe(self, state):
        return np.array(state, np.float32)


class DrawsByItself(Line):
    """Pays what a generator of its own says."""

    def __init__(self):
        self.generator = np.random.default_rng(0)

    def step(self, state, action, draw):
        after, _, ended = super().step(state, action, draw)
        return after, float(self.generator.random()), ended
