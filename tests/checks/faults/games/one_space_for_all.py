"""Its players share an action space, and with it a seed."""

from tests.checks.faults.sound import Duel


class OneSpaceForAll(Duel):
    def action_space(self, agent):
        return self.spaces["player_0"][1]
