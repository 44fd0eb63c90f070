"""Run a command line in the test's own process."""

import pytest

from risk.__main__ import main
from risk.commands.app import run


def risk(*arguments: object) -> int:
    """Run `risk ARGUMENTS`; its exit status."""
    with pytest.raises(SystemExit) as caught:
        main(lambda: run([str(argument) for argument in arguments]))
    return int(caught.value.code or 0)
