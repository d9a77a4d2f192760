"""Predicts a column for each action."""

from tests.checks.faults.sound import Counting


class OneColumnTooMany(Counting):
    def predict(self, *arguments, **more):
        actions, state = super().predict(*arguments, **more)
        return actions[..., None], state
