"""Keeps a function without a name, which nothing can pickle."""

from tests.checks.faults.sound import Line


class CannotBePickled(Line):
    def __init__(self):
        self.price = lambda action: float(action)
