"""Reward against accuracy across temperatures and rates, as in Ebrahimi, Chen and Khisti 2024."""

from collections.abc import Sequence
from dataclasses import dataclass

from mdpzoo_coding.agents.players import CodingReceiver, CodingSender, scheme_of
from mdpzoo_coding.agents.playing import play
from mdpzoo_coding.games.building import bottleneck_game


@dataclass(frozen=True)
class RatePoint:
    """Some episodes at one temperature and rate.

    Attributes:
        log_temperature: natural logarithm.
        rate: part of the message's entropy that the source reveals in a step; 1: no limit.
        encoder: of the source.
        accuracy: share of right guesses.
        low: end of its 95 % interval.
        high: other end.
        mean_return: discounted.
        mean_steps: of an episode.
    """

    log_temperature: float
    rate: float
    encoder: str
    accuracy: float
    low: float
    high: float
    mean_return: float
    mean_steps: float


def rate_curve(
    log_temperatures: Sequence[float],
    rates: Sequence[float],
    *,
    encoder: str = "ebim",
    messages: int = 512,
    episodes: int = 100,
    seed: int = 0,
) -> list[RatePoint]:
    """Plays the bottleneck grid at every temperature and rate.

    Args:
        log_temperatures: natural logarithms.
        rates: in (0, 1].
        encoder: ``"ebim"`` or ``"quantise"``.
        messages: number of messages, uniform.
        episodes: at each point.
        seed: of the first point; the others follow.

    Raises:
        SettingError: if an argument is out of its range.
    """
    points: list[RatePoint] = []
    for log_temperature in log_temperatures:
        game = bottleneck_game(messages, log_temperature)
        for rate in rates:
            scheme = scheme_of(game, rate=None if rate == 1 else rate, encoder=encoder)
            number = seed + len(points)
            played = play(game, CodingSender(scheme, number), CodingReceiver(scheme), episodes, number)
            low, high = played.interval()
            means = (float(each.mean()) for each in (played.returns, played.steps))
            accuracy = float(played.accuracies.mean())
            points.append(RatePoint(log_temperature, rate, encoder, accuracy, low, high, *means))
    return points
