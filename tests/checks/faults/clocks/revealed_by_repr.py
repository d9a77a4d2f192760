"""Its representation names the hidden clock."""

from mdpzoo_example.tidal_swim import TidalSwim


class RevealedByRepr(TidalSwim):
    def __repr__(self):
        return "TidalSwim(clock=0)"
