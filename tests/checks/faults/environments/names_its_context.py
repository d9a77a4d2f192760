"""Names what its setting ``reveal="never"`` should hide."""

from tests.checks.faults.sound import Drift


class NamesItsContext(Drift):
    def __init__(self, reveal="never", render_mode=None):
        super().__init__(render_mode)
        self.asked = reveal

    def reset(self, *, seed=None, options=None):
        seen, _ = super().reset(seed=seed)
        return seen, {"context": 1}

    def step(self, action):
        return *super().step(action)[:4], {"context": 1}
