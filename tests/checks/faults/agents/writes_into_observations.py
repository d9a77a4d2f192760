"""Predicting sets the observations to 0."""

from tests.checks.faults.sound import Counting


class WritesIntoObservations(Counting):
    def predict(self, observation, *arguments, **more):
        answer = super().predict(observation, *arguments, **more)
        observation[...] = 3
        return answer
