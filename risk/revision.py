"""A revision: what an answer that came late makes of a decision, if that is stricter.

The decision stays what it was. There is at most one revision of it, and a reader that has seen
one with its id may drop any other.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from risk.asking import SEVERITY
from risk.decision import Decision, Outcome


class Revision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`decision` is the whole record with the answer in it; its outcome is the stricter one."""

    schema: Literal[1] = 1
    revises: Annotated[str, Meta(description="id of the decision")]
    before: Annotated[Outcome, Meta(description="what was decided in time")]
    decision: Decision


def revise(decided: Decision, late: Decision) -> Revision | None:
    """The revision that a late answer makes; None if the outcome would be no stricter."""
    if SEVERITY[late.outcome] <= SEVERITY[decided.outcome]:
        return None
    return Revision(revises=decided.id, before=decided.outcome, decision=late)


encode = msgspec.json.Encoder().encode
"""Revision -> JSON bytes."""

decode = msgspec.json.Decoder(Revision).decode
"""JSON bytes -> Revision; raises `msgspec.MsgspecError` on anything else."""
