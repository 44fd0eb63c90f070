"""`risk rules`: what an analyst asks of a book before it goes live."""

from typing import Final

import typer

from risk.commands.rules_check import check
from risk.commands.rules_cost import cost
from risk.commands.rules_diff import diff
from risk.commands.rules_docs import docs, schema
from risk.commands.rules_explain import explain
from risk.commands.rules_test import run_tests

app: Final = typer.Typer(
    help="Check, test, explain and compare rule books.", no_args_is_help=True
)
app.command("check")(check)
app.command("test")(run_tests)
app.command("explain")(explain)
app.command("diff")(diff)
app.command("cost")(cost)
app.command("docs")(docs)
app.command("schema")(schema)
