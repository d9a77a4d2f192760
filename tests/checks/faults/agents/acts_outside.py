"""Predicts an action that the space does not have."""

from tests.checks.faults.sound import Counting


class ActsOutside(Counting):
    def predict(self, *arguments, **more):
        actions, state = super().predict(*arguments, **more)
        return actions + 2, state
