"""From a raw score to points 0-100, and from contributions in log odds to shares of them.

Points are a probability in percent: of payments with 60 points, six in ten were fraud when the
scorer was calibrated. They are read off a list of ascending cuts, so that they rise with the
raw score and are the same on every machine.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec

from risk.score.scorer import Scalar

MAX_POINTS: Final = 100


def points_of(raw: float, cuts: Sequence[float]) -> int:
    """Points of a raw score: how many cuts it reaches."""
    return bisect_right(cuts, raw)


def share_out(points: int, weights: Sequence[float]) -> list[int]:
    """Divide points in proportion to weights of either sign, so that the parts add up exactly.

    Parts are rounded down and the remaining points go to the largest remainders, the first one
    of equals. All are 0 if the weights add up to nothing.
    """
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    exact = [points * weight / total for weight in weights]
    parts = [int(part // 1) for part in exact]
    order = sorted(range(len(parts)), key=lambda place: parts[place] - exact[place])
    for place in order[: points - sum(parts)]:
        parts[place] += 1
    return parts


class TextPoints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points for what the text of a payment says, added on top and never more than `most`.

    `points` are those of a flag that is true. None is negative: who writes the text must not be
    able to lower the score.
    """

    most: Annotated[int, msgspec.Meta(ge=0, le=MAX_POINTS)] = 0
    points: dict[str, Annotated[int, msgspec.Meta(ge=0, le=MAX_POINTS)]] = {}

    def of(self, values: Mapping[str, Scalar]) -> list[tuple[str, int]]:
        """What each flag adds, in their order, as far as `most` reaches."""
        left = self.most
        found = []
        for name, points in self.points.items():
            if left and points and values.get(name) is True:
                added = min(points, left)
                left -= added
                found.append((name, added))
        return found

    @property
    def reach(self) -> int:
        """The most that any text can add."""
        return min(self.most, sum(self.points.values()))
