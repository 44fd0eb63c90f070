"""The seam for a store that workers share: values by others than the payer, made whole.

Without one, each partition knows only its own payments of a payee, a device or a merchant, and
such values are marked `partial` in the record. With one, its values take their place and the
mark goes. What it says is recorded like any value, so a record can always be verified; a fold
over the log does not ask it, because it was told of every payment when that was first decided.
"""

from collections.abc import Mapping
from typing import Protocol

from features.history import Remembered
from features.subject import Subject
from features.transaction import Scalar


class Elsewhere(Protocol):
    """Where the velocities by other entities than the payer live."""

    def observe(
        self, place: tuple[int, int], subject: Subject, values: Mapping[str, Scalar]
    ) -> Remembered:
        """Take a payment in and return its values, with the marks that they still have.

        `place` is its partition and offset: told of the same place again, it counts once and
        gives the same values. `values` are those of the payment's own fields. It must answer at
        once: whoever asks a machine far away asks for a batch before the batch is decided.
        """
        ...


def take_place(own: Remembered, shared: Remembered) -> Remembered:
    """The values of both; a shared one stands for the own one of its name, mark and all."""
    marks = {name: mark for name, mark in own.marks.items() if name not in shared.values}
    return Remembered({**own.values, **shared.values}, {**marks, **shared.marks})
