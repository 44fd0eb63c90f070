"""The entrance of the command `risk`: what goes wrong is one message and an exit status."""

import os
import sys
import traceback
from collections.abc import Callable
from typing import Final

from risk.commands.app import run

WRONG_INPUT: Final = frozenset(
    {"BadSettings", "BookError", "BadMap", "BadScorer", "BadSpan", "BadSweep"}
)
"""Errors of ours caused by what the user wrote: status 2, as for a wrong option."""

OURS: Final = frozenset({"risk", "rules", "features"})


def main(run: Callable[[], None] = run) -> None:
    """Run the command line; ends the process by `SystemExit`.

    An error class of ours says all in its text. Anything else is a fault of the program: it is
    named with its place; `python -X dev -m risk` shows the whole traceback.
    """
    try:
        run()
    except Exception as error:  # the last door: people get a sentence
        if sys.flags.dev_mode:
            raise
        lines = [describe(error), *getattr(error, "__notes__", ())]
        sys.stderr.write("".join(f"risk: {line}\n" for line in lines))
        wrong_input = is_ours(error) and type(error).__name__ in WRONG_INPUT
        raise SystemExit(2 if wrong_input else 1) from None


def describe(error: Exception) -> str:
    """One message for a person. A foreign error's own text may quote a payment: left out."""
    if isinstance(error, OSError) and error.errno:
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{os.strerror(error.errno)}"
    if is_ours(error):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}:{place.lineno}"
    return (
        f"a fault of the program: {type(error).__name__} at {where};"
        " `python -X dev -m risk ...` shows where it comes from"
    )


def is_ours(error: Exception) -> bool:
    """Whether the class of the error is defined by this project."""
    return type(error).__module__.partition(".")[0] in OURS


if __name__ == "__main__":
    main()
