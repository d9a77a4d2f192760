"""Says 0 and 1 where it should say False and True."""

from tests.checks.faults.sound import Duel


class FlagsAreNumbers(Duel):
    def step(self, actions):
        seen, rewards, over, never, infos = super().step(actions)
        return seen, rewards, {player: int(each) for player, each in over.items()}, never, infos
