"""What a bare scalar means, and what YAML would have made of it."""

import re
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["nothing", "flag", "number", "text", "trap"]

_NOTHING: Final = frozenset(("", "~", "null", "Null", "NULL"))
_FLAGS: Final = frozenset(("true", "false"))
_SWITCHES: Final = frozenset(("yes", "no", "on", "off", "true", "false"))
_NUMBER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
_MEANINGS: Final = tuple(
    (re.compile(form), meaning)
    for form, meaning in (
        (r"[-+]?0[0-7_]+", "an octal number"),
        (r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?[eE][-+]?[0-9]+", "text or a number, by its version"),
        (r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9]*)?", "a number in base 60"),
        (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?", "a date"),
        (r"[-+]?(0x[0-9a-fA-F_]+|0o[0-7]+|0b[01_]+)", "a number in another base"),
        (r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)", "a number"),
        (r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "a number that is not finite"),
    )
)


def kind(bare: str) -> Kind:
    """Tell what a bare scalar is here. A trap is what YAML readers do not agree about."""
    if bare in _NOTHING:
        return "nothing"
    if bare in _FLAGS:
        return "flag"
    if _NUMBER.fullmatch(bare):
        return "number"
    return "trap" if trap(bare) else "text"


def trap(bare: str) -> str:
    """Say what YAML makes of a bare scalar that looks like something else, else ''."""
    if bare.lower() in _SWITCHES and bare not in _FLAGS:
        meaning = "true" if bare.lower() in ("yes", "on", "true") else "false"
        return f"YAML reads a bare {bare} as {meaning}"
    for form, meaning in _MEANINGS:
        if form.fullmatch(bare):
            return f"YAML reads a bare {bare} as {meaning}"
    return ""
