"""Its learn() returns nothing."""

from tests.checks.faults.sound import Counting


class ReturnsNothing(Counting):
    def learn(self, *arguments, **more):
        super().learn(*arguments, **more)
