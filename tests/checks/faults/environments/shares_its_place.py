"""Keeps its place on the class, where all its instances see it."""

from tests.checks.faults.sound import Drift

PLACES = [0.0]


class SharesItsPlace(Drift):
    place = property(lambda self: PLACES[0], lambda self, value: PLACES.__setitem__(0, value))
