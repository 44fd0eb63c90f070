"""A book in which a memo matters to few payments: the bigger ones."""

from pathlib import Path
from typing import Any

import msgspec

FRAME = """\
name: asking
version: "1"
owner: us
currency: EUR
on_malformed: review
llm: {llm}
"""
RULES = """\
rules:
  - id: ROMANCE
    title: Love and money
    owner: us
    severity: medium
    tier: review
    when: text.romance and amount > 100
    reason: {code: R1, text: "romance"}
    tests:
      - {name: yes, given: {text.romance: true, amount: 101}, expect: hit}
      - {name: no, given: {text.romance: true, amount: 100}, expect: miss}
  - id: CRYPTO
    title: Coins
    owner: us
    severity: high
    tier: reject
    when: text.crypto and amount > 1000
    reason: {code: R2, text: "coins"}
    tests:
      - {name: yes, given: {text.crypto: true, amount: 1001}, expect: hit}
      - {name: no, given: {text.crypto: true, amount: 1000}, expect: miss}
"""
CARD = """\
name: card
version: "1"
base: 5
values:
  text.urgent: {"true": 5}
"""


def write_book(folder: Path, llm: str = "{ask: when-it-matters}") -> Path:
    """Write it; `llm` is the policy as book.yaml has it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "book.yaml").write_text(FRAME.replace("{llm}", llm))
    (folder / "a.rules.yaml").write_text(
        RULES.replace("name: yes", 'name: "yes"').replace("name: no", 'name: "no"')
    )
    (folder / "scorecard.yaml").write_text(CARD.replace('"true"', "true"))
    return folder


def claim(text: str) -> dict[str, Any]:
    """What a good model says of a memo: flowers are romance, tokens are coins."""
    flags = [("romance", "flowers"), ("crypto", "tokens")]
    found = [{"f": flag, "t": word} for flag, word in flags if word in text]
    return {"s": 0.0, "u": 0.0, "p": "other", "l": "en", "e": [], "f": found}


def payment(number: int, payer: str, amount: int, memo: str | None) -> bytes:
    """A payment; 101 or more with a memo is one that matters."""
    text = {
        "id": f"t{number}",
        "time": f"2026-03-01T10:{number // 60 % 60:02}:{number % 60:02}Z",
        "kind": "transfer",
        "amount": f"{amount}.00",
        "currency": "EUR",
        "payer": {"id": payer},
        "payee": {"id": f"q{number % 7}"},
        **({"memo": memo} if memo is not None else {}),
    }
    return msgspec.json.encode(text)
