"""What the memos of a case say: mostly what honest memos say."""

from risk.simulate.cases.scene import Scene
from risk.simulate.memos import BLANK, FAMILY
from risk.simulate.stream import Dice

_MISMATCH = 0.15
_CLEAR = 0.6
_UNFITTING = ("rent", "salary", "tax", "market", "family", "bill", "person")


def speak(
    scene: Scene, dice: Dice, families: tuple[str, ...], blank: float, tell: float = 0.0
) -> tuple[dict[str, int], str]:
    """What a case gives for its memos, and which signal they carry.

    `families`: what a coached victim may write. A tell names the fraud's pretext outright; a
    mismatch states a purpose that the payment cannot have. Both have genuine twins, decoys.
    """
    signal, dice = scene.spec.signal, Dice(dice.word())  # the rest of the case stays the same
    if signal == "none":
        return {}, ""
    if dice.chance(_CLEAR if signal == "clear" else tell):
        return {"family": FAMILY["tell"]}, "tell"
    if dice.chance(blank):
        return {"family": BLANK}, ""
    if dice.chance(_MISMATCH):
        return {"family": FAMILY[_UNFITTING[dice.below(len(_UNFITTING))]]}, "mismatch"
    if not families:
        return {}, ""
    return {"family": FAMILY[families[dice.below(len(families))]]}, ""
