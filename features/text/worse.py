"""Made worse: what is left of a model's answer once it may only add risk.

Whatever the memo talked a model into, the merged reading is nowhere milder than the local one:
urgency may rise, sentiment may fall, flags, entities and list hits may be added.
"""

from features.text.schema import MAX_ENTITIES, Entity, Reading, RedFlag


def worsen(local: Reading, answer: Reading) -> Reading:
    """The local reading made worse by an answer about the same memo.

    Purpose and language have no direction: the answer's word counts where it says one.
    """
    return Reading(
        source=answer.source,
        sentiment=min(local.sentiment, answer.sentiment),
        urgency=max(local.urgency, answer.urgency),
        purpose=local.purpose if answer.purpose in ("none", "other") else answer.purpose,
        language=local.language if answer.language in ("none", "und") else answer.language,
        entities=_entities(local.entities, answer.entities),
        red_flags=_flags(local.red_flags, answer.red_flags),
        length=local.length,
        lists=local.lists,
        dropped=local.dropped + answer.dropped,
    )


def _entities(local: tuple[Entity, ...], answer: tuple[Entity, ...]) -> tuple[Entity, ...]:
    # An answer's list match is not taken: only our own lists may name an entry.
    taken = {entity.span for entity in local}
    added = [
        Entity(entity.kind, entity.span, entity.confidence)
        for entity in answer
        if entity.span not in taken
    ]
    return (*local, *added)[: max(MAX_ENTITIES, len(local))]


def _flags(local: tuple[RedFlag, ...], answer: tuple[RedFlag, ...]) -> tuple[RedFlag, ...]:
    raised = {red.flag for red in local}
    return (*local, *(red for red in answer if red.flag not in raised))
