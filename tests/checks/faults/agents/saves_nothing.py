"""Its save() writes no file."""

from tests.checks.faults.sound import Counting


class SavesNothing(Counting):
    def save(self, *arguments, **more):
        pass
