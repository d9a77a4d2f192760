"""Lower bounds on the entropy of every coupling of two distributions.

Sources: Cicalese, Gargano and Vaccaro 2019 (majorisation); Compton, Katz, Qi, Greenewald and Kocaoglu 2023 (profile).
"""

from typing import Any

import numpy as np

from mdpzoo_coding.couplings.kernels import entropy_of


def majorisation_bound(p: Any, q: Any) -> float:
    """Returns the entropy of the greatest distribution that both are refinements of, in bits.

    Args:
        p: ``[n]`` probabilities.
        q: ``[m]`` probabilities.

    Source: Cicalese et al. 2019. Costs a sort.
    """
    length = max(len(p), len(q))
    sums = [np.cumsum(np.pad(np.sort(np.asarray(each, float))[::-1], (0, length - len(each)))) for each in (p, q)]
    return float(entropy_of(np.diff(np.minimum(*sums), prepend=0.0).clip(0)))


def profile_bound(p: Any, q: Any) -> float:
    """Returns the integral of log2(1 / min(p(u), q(u))) over [0, 1], in bits.

    p(u) is the atom of p that covers u when the atoms lie in ascending order. The arguments are those of
    ``majorisation_bound``.

    Source: Compton et al. 2023. Costs a sort.
    """
    atoms = [np.sort(np.asarray(each, float)) for each in (p, q)]
    atoms = [each[each > 0] for each in atoms]
    ends = [np.cumsum(each) for each in atoms]
    edges = np.union1d(*ends)
    widths = np.diff(edges, prepend=0.0)
    middles = edges - widths / 2
    covering = [
        each[np.searchsorted(end, middles).clip(max=len(each) - 1)] for each, end in zip(atoms, ends, strict=True)
    ]
    return float(-(widths * np.log2(np.minimum(*covering))).sum())
