"""The states and features of the five problems, for the network and the search.

Features are those of the paper (``relative=False``: Drakulic et al. 2023, section 4 and the appendices), or relative to
the state: coordinates in its bounding box, offsets and distances to both ends, and amounts as fractions of the
remaining resource. What differs from the paper: customers of OP and items of Knapsack that can never be legal again are
removed (an exact, coarser quotient), and costs of ATSP and the arcs of its relaxations are edge features.
"""

import torch
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.bq_nco.states.problem import Problem, geometry, unit_box
from mdpzoo_combinatorial.bq_nco.states.relaxations import arc_probabilities
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder
from mdpzoo_combinatorial.environments.cvrp import legal_variants, load_after
from mdpzoo_combinatorial.environments.knapsack import fits
from mdpzoo_combinatorial.environments.orienteering import reaches_home
from mdpzoo_combinatorial.problems import PROBLEMS as RECORDS
from mdpzoo_combinatorial.problems import ProblemRecord, record_named, resolve

GEOMETRY = 17  # number of features of ``geometry``
TINY = 1e-9
FAR = 1e3  # in mean costs, farther than any token


class TSP(Problem):
    """Tours in the plane."""

    paper, features = 2, GEOMETRY

    def relative_features(
        self, batch: Batch, left: Remainder, coordinates: Tensor | None, valid: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """The geometry only."""
        assert coordinates is not None
        coordinates, _ = unit_box(coordinates, valid)
        return geometry(coordinates, valid), coordinates, None

    def published_features(self, batch: Batch, left: Remainder, coordinates: Tensor | None) -> Tensor:
        """Coordinates."""
        assert coordinates is not None
        return coordinates


class ATSP(Problem):
    """Tours whose costs depend on the direction; nodes are described by costs only."""

    paper, features, edges = 0, 14, 10

    def relative_features(
        self, batch: Batch, left: Remainder, coordinates: Tensor | None, valid: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Costs in units of their mean: to and from both ends, and the mean and minimum of row and column.

        Arcs have their costs and probabilities (``relaxations``) in both directions.
        """
        assert batch.costs is not None
        costs = batch.costs[left.row.view(-1, 1, 1), left.node.unsqueeze(2), left.node.unsqueeze(1)].float()
        count: Tensor | int = costs.shape[1]
        blocked = torch.eye(costs.shape[1], dtype=torch.bool, device=costs.device)
        if valid is not None:
            apart = ~(valid.unsqueeze(2) & valid.unsqueeze(1))
            costs, blocked, count = costs.masked_fill(apart, 0.0), blocked | apart, valid.sum(1).view(-1, 1, 1)
        costs = costs / (costs.sum((1, 2), keepdim=True) / (count * (count - 1)) + TINY)
        likely = arc_probabilities(costs, valid)
        back, far = costs.transpose(1, 2), costs.masked_fill(blocked, FAR)
        near, near_back = far.amin(2, keepdim=True), far.amin(1).unsqueeze(2)
        features = torch.cat(
            (
                costs[:, :2].transpose(1, 2),
                costs[:, :, :2],
                costs.sum(2, keepdim=True) / count,
                back.sum(2, keepdim=True) / count,
                near,
                near_back,
                *(each[:, :1].transpose(1, 2) for each in likely),
                *(each[:, :, 1:2] for each in likely),
            ),
            2,
        )
        share = (near + TINY) / (costs + near + 2 * TINY)  # 1/2 for the nearest token, even at cost 0
        back_row = near_back.transpose(1, 2)
        share_back = (back_row + TINY) / (costs + back_row + 2 * TINY)
        edges = (costs, back, share, share_back, *likely, *(each.transpose(1, 2) for each in likely))
        return features, None, torch.stack(edges, 3)

    def published_features(self, batch: Batch, left: Remainder, coordinates: Tensor | None) -> Tensor:
        """Raises SettingError, since there are none."""
        raise SettingError("the paper's network for ATSP was never published; use relative features for ATSP")


class CVRP(Problem):
    """Routes of vehicles with a capacity; variant 1 is via the depot."""

    paper, features = 4, GEOMETRY + 7

    def remaining_resource(self, batch: Batch, left: Remainder, position: Tensor, variant: Tensor | None) -> Tensor:
        """The vehicle's load after the customer is served."""
        assert variant is not None
        demand = batch.numbers[left.row, left.node.gather(1, position.unsqueeze(1)).squeeze(1), 0]
        return load_after(variant == 1, demand, left.resource, batch.resource[left.row])

    def legal(self, batch: Batch, left: Remainder) -> Tensor:
        """See ``environments.cvrp.legal_variants``."""
        free = super().legal(batch, left)[:, :, 0]
        demand = batch.numbers[left.row.unsqueeze(1), left.node, 0]
        return legal_variants(demand, free, left.resource.unsqueeze(1), left.node[:, :1] == 0)

    def relative_features(
        self, batch: Batch, left: Remainder, coordinates: Tensor | None, valid: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """The geometry; demand, load, load after serving and total remaining demand, over the capacity and the load."""
        assert coordinates is not None
        coordinates, _ = unit_box(coordinates, valid)
        demand, load = self._amounts(batch, left)
        after = load - demand
        to_bring = demand if valid is None else demand * valid
        to_bring = (to_bring.sum(1, keepdim=True) / 10.0).expand_as(demand)
        room = load.clamp(min=TINY)
        relative = ((demand / room).clamp(max=2.0), (to_bring / room).clamp(max=2.0))
        more = torch.stack((demand, load.expand_as(demand), after, (after >= 0).float(), to_bring, *relative), 2)
        return torch.cat((geometry(coordinates, valid), more), 2), coordinates, None

    def published_features(self, batch: Batch, left: Remainder, coordinates: Tensor | None) -> Tensor:
        """Coordinates, and demand and load over the capacity."""
        assert coordinates is not None
        demand, load = self._amounts(batch, left)
        return torch.cat((coordinates, torch.stack((demand, load.expand_as(demand)), 2)), 2)

    def _amounts(self, batch: Batch, left: Remainder) -> tuple[Tensor, Tensor]:
        """Returns demands ``[B, L]`` and loads ``[B, 1]`` over the capacity."""
        capacity = batch.resource[left.row].unsqueeze(1)
        demand = batch.numbers[left.row.unsqueeze(1), left.node, 0]
        return (demand / capacity).float(), (left.resource.unsqueeze(1) / capacity).float()


class OP(Problem):
    """Orienteering: maximum prizes on a tour of limited length."""

    paper, features = 4, GEOMETRY + 4

    def remaining_resource(self, batch: Batch, left: Remainder, position: Tensor, variant: Tensor | None) -> Tensor:
        """The remaining limit after the edge to the token."""
        away, _ = self._trips(batch, left)
        return left.resource - away.gather(1, position.unsqueeze(1)).squeeze(1)

    def reachable(self, batch: Batch, left: Remainder) -> Tensor:
        """See ``environments.orienteering.reaches_home``."""
        away, home = self._trips(batch, left)
        room = left.resource if batch.tolerance is None else left.resource + batch.tolerance[left.row]
        return reaches_home(away, home, room.unsqueeze(1))

    def relative_features(
        self, batch: Batch, left: Remainder, coordinates: Tensor | None, valid: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """The geometry; the prize over the largest; limit, slack and detour, in sides of the box."""
        assert coordinates is not None
        assert batch.unit is not None
        coordinates, side = unit_box(coordinates, valid)
        seen = geometry(coordinates, valid)
        prize = batch.numbers[left.row.unsqueeze(1), left.node, 0].float()
        if valid is not None:
            prize = prize * valid
        prize = prize / (prize.amax(1, keepdim=True) + TINY)
        limit = (left.resource / batch.unit[left.row]).float().unsqueeze(1) / side
        limit = limit.clamp(max=100.0)
        slack = limit - seen[:, :, 6] - seen[:, :, 7]
        detour = (seen[:, :, 6] + seen[:, :, 7] - seen[:, :1, 7]).clamp(min=0)
        ratio = prize / (prize + 4.0 * detour + TINY)
        more = torch.stack((prize, limit.expand_as(prize), slack, ratio), 2)
        return torch.cat((seen, more), 2), coordinates, None

    def published_features(self, batch: Batch, left: Remainder, coordinates: Tensor | None) -> Tensor:
        """Coordinates, prize and remaining limit."""
        assert coordinates is not None
        assert batch.unit is not None
        prize = batch.numbers[left.row.unsqueeze(1), left.node, 0].float()
        limit = (left.resource / batch.unit[left.row]).float().unsqueeze(1)
        return torch.cat((coordinates, torch.stack((prize, limit.expand_as(prize)), 2)), 2)

    def _trips(self, batch: Batch, left: Remainder) -> tuple[Tensor, Tensor]:
        """Returns costs ``[B, L]`` float64 from the origin to every token, and from every token to the destination."""
        row = left.row.unsqueeze(1)
        if batch.costs is not None:
            away, home = batch.costs[row, left.node[:, :1], left.node], batch.costs[row, left.node, left.node[:, 1:2]]
            return away.double(), home.double()
        assert batch.coordinates is not None
        assert batch.unit is not None
        coordinates = batch.coordinates[row, left.node].double()
        away, home = (coordinates - coordinates[:, :1]).norm(dim=2), (coordinates - coordinates[:, 1:2]).norm(dim=2)
        unit = batch.unit[left.row].unsqueeze(1)
        return away * unit, home * unit


class Knapsack(Problem):
    """Items of maximum value within a capacity."""

    paper, features = 3, 7

    def remaining_resource(self, batch: Batch, left: Remainder, position: Tensor, variant: Tensor | None) -> Tensor:
        """The remaining capacity."""
        return left.resource - batch.numbers[left.row, left.node.gather(1, position.unsqueeze(1)).squeeze(1), 1]

    def reachable(self, batch: Batch, left: Remainder) -> Tensor:
        """See ``environments.knapsack.fits``."""
        room = left.resource if batch.tolerance is None else left.resource + batch.tolerance[left.row]
        return fits(batch.numbers[left.row.unsqueeze(1), left.node, 1], room.unsqueeze(1))

    def relative_features(
        self, batch: Batch, left: Remainder, coordinates: Tensor | None, valid: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Value and weight over the largest and over the remaining capacity, and the item's rank in Dantzig's order.

        In descending order of value to weight, items fill the remaining capacity up to the break item. The rank of an
        item is given by the total weight of better items over the remaining capacity, and by its ratio over that of the
        break item.
        """
        pair = batch.numbers[left.row.unsqueeze(1), left.node]
        value, weight = pair[:, :, 0], pair[:, :, 1]
        if valid is not None:
            value, weight = value * valid, weight * valid
        room = left.resource.unsqueeze(1).clamp(min=TINY)
        ratio = value / weight.clamp(min=TINY)
        order = ratio.argsort(dim=1, descending=True, stable=True)
        weights = weight.gather(1, order)
        before = torch.zeros_like(weight).scatter(1, order, weights.cumsum(1) - weights) / room
        filling = before + weight / room <= 1.0
        if valid is not None:
            filling = filling & valid
        broken = torch.where(filling, torch.inf, ratio if valid is None else ratio.masked_fill(~valid, torch.inf))
        last = torch.where(before <= 1.0, broken, torch.inf).amin(1, keepdim=True)
        last = torch.where(last.isinf(), ratio.amin(1, keepdim=True), last).clamp(min=TINY)
        filled = (weight / room * filling).sum(1, keepdim=True).expand_as(weight)
        columns = (
            value / value.amax(1, keepdim=True).clamp(min=TINY),
            weight / weight.amax(1, keepdim=True).clamp(min=TINY),
            weight / room,
            before.clamp(max=3.0),
            (ratio / last).clamp(max=4.0).clamp(min=0.02).log(),
            filling,
            (1.0 - filled) - weight / room,
        )
        return torch.stack([each.float() for each in columns], 2), None, None

    def published_features(self, batch: Batch, left: Remainder, coordinates: Tensor | None) -> Tensor:
        """Value, weight and remaining capacity, in thousands (as in the paper, for its instances)."""
        pair = batch.numbers[left.row.unsqueeze(1), left.node]
        room = left.resource.view(-1, 1, 1).expand(-1, pair.shape[1], 1)
        return (torch.cat((pair, room), 2) / 1_000.0).float()


def states_of_problem(record: ProblemRecord) -> Problem:
    """Returns the problem of a record for BQ-NCO."""
    problem: Problem = resolve(record.learning.states)(record)
    return problem


PROBLEMS: dict[str, Problem] = {name: states_of_problem(record) for name, record in RECORDS.items()}


def problem_named(name: str | ProblemRecord) -> Problem:
    """Returns the problem of a name, in any case, or of a record, which need not be registered.

    Raises:
        SettingError: if the name is unknown; the message suggests a similar one.
    """
    return states_of_problem(name) if isinstance(name, ProblemRecord) else PROBLEMS[record_named(name).name]
