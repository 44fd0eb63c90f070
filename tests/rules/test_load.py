# ruff: noqa: E501 # a table is read across
"""Reading a folder: all mistakes at once, nothing else ever gets out, order never matters."""

import random
from pathlib import Path

import pytest
from fakes.books import FRAME, WORDS, causes, load, points_text, rule_text, rules_text, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.errors import BookError
from rules.load import declared_words, load_book
from rules.model import Llm, Param, Rollout, Thresholds, Window
from rules.vocabulary import Word

RULE = rule_text()


def test_a_book_is_read_whole(tmp_path: Path) -> None:
    """Frame, rules, params, dates, rollout and names."""
    book = load(
        tmp_path,
        rule_text(
            "amount > $least",
            unless="known",
            params="{least: {value: 5, sweep: [1, 9, 2]}}",
            effective="{from: 2026-01-01T00:00:00Z, until: 2026-01-01T01:00:00+01:00}".replace(
                "01:00:00+01", "03:00:00+01"
            ),
            rollout="{percent: 12.5, by: payee}",
            on_missing="reject",
            runbook="look",
            labels="[card, x]",
            mode="off",
            reason='{code: R1, text: "{count} and {$least}"}',
        ),
    )
    rule = book.rules["BIG"]
    start = 1_767_225_600_000_000
    assert {"least": Param(5, (1, 9, 2))} == rule.params
    assert Window(start, start + 2 * 3_600_000_000) == rule.window
    assert Rollout(12.5, "payee") == rule.rollout
    assert ("reject", "look", ("card", "x"), "off") == (
        rule.on_missing, rule.runbook, rule.labels, rule.mode,
    )  # fmt: skip
    assert ("amount", "count", "known") == book.names
    assert Thresholds(60, 85) == book.thresholds
    assert ("review", "approve", "EUR") == (book.on_malformed, book.default, book.currency)


def test_all_mistakes_of_all_files_come_at_once(tmp_path: Path) -> None:
    """Ten different ones in three files, each with its place."""
    bad = rules_text(
        rule_text("amuont > 5"),
        rule_text(name="TWICE"),
        rule_text(name="TWICE", mode="live?"),
        rule_text(name="LIST", when="country in @bloked"),
        rule_text(name="SHOWN", reason='{code: R1, text: "{amuont}"}'),
        "  - {id: BARE}\n",
    )
    frame = FRAME.replace("EUR", "euro").replace('"1"', "2026.10").replace("60", "90")
    files = {"a.rules.yaml": bad, "book.yaml": frame, "other.yaml": "x: 1", "b.rules.yaml": "["}
    assert causes(tmp_path, files=files) == [
        "a.rules.yaml:7:11: unknown value 'amuont'",
        "a.rules.yaml:16:9: rule id TWICE stands twice (first in a.rules.yaml, line 9)",
        "a.rules.yaml:23:11: mode cannot be 'live?'",
        "a.rules.yaml:29:22: unknown list @bloked",
        "a.rules.yaml:37:31: unknown value 'amuont'",
        "a.rules.yaml:38:5: a rule needs title, owner, severity, tier, when, reason",
        "b.rules.yaml:1:1: names of its fixtures and rules are not checked until this file can be read",
        "b.rules.yaml:2:1: not readable as YAML: did not find expected node content",
        "book.yaml:2:10: version must be text; YAML reads a bare 2026.10 as a number",
        "book.yaml:4:11: currency 'euro' does not look like EUR",
        "book.yaml:6:8: review must be below reject",
        "other.yaml:1:1: nobody reads this file",
    ]


def test_a_mistake_quotes_its_line_and_suggests_a_word(tmp_path: Path) -> None:
    """What an analyst sees."""
    with pytest.raises(BookError) as caught:
        load(tmp_path, rule_text("amuont > 5"))
    assert str(caught.value) == (
        "a.rules.yaml:7:11: unknown value 'amuont'; did you mean 'amount'?\n"
        "        when: amuont > 5\n"
        "              ^"
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"mode": "shadwo"}, "9:11: mode cannot be 'shadwo'"),
        ({"wehn": "fresh"}, "9:5: a rule has no key 'wehn'"),
        ({"id": "lower"}, "2:9: id 'lower' does not look like CARD-TESTING-10M"),
        ({"id": "A" * 61}, f"2:9: id '{'A' * 60}' does not look like CARD-TESTING-10M"),
        ({"title": "NO"}, "3:12: title must be text; YAML reads a bare NO as false"),
        ({"title": "2026-10-18"}, "3:12: title must be text; YAML reads a bare 2026-10-18 as a date"),
        ({"title": "12:30:00"}, "3:12: title must be text; YAML reads a bare 12:30:00 as a number in base 60"),
        ({"title": ""}, "3:11: title must be text; it is empty"),
        ({"title": "true"}, "3:12: title must be text; this is not text"),
        ({"title": "[a]"}, "3:12: title must be a single value"),
        ({"title": "x" * 301}, "3:12: title must have 1 to 300 characters"),
        ({"params": "{least: 1e3}", "when": "amount > $least"}, "9:21: a parameter must be text; YAML reads a bare 1e3 as text or a number, by its version"),
        ({"params": "{least: 010}", "when": "amount > $least"}, "9:21: a parameter must be text; YAML reads a bare 010 as an octal number"),
        ({"params": "{least: 5}"}, "9:14: parameter 'least' is used by no condition"),
        ({"params": "\n      a: 5\n      b: 6\n      c: 7", "when": "amount > $a +"}, "11:7: parameter 'b' is used by no condition"),
        ({"params": "{Least: 5}"}, "9:14: parameter 'Least' does not look like min_amount"),
        ({"params": "[5]"}, "9:13: params must be a mapping (key: value)"),
        ({"params": "{a: {value: 5, sweep: [6, 7, 1]}}", "when": "amount > $a"}, "9:25: value must be a number within its sweep"),
        ({"params": "{a: {value: '5', sweep: [4, 6, 1]}}", "when": "amount > $a"}, "9:25: value must be a number; it is quoted"),
        ({"params": "{a: {value: '5', sweep: 5}}", "when": "amount > $a"}, "9:25: value must be a number; it is quoted"),
        ({"params": "{a: {value: 5, sweep: [7, 6, 1]}}", "when": "amount > $a"}, "9:35: sweep is [lowest, highest, step]"),
        ({"params": "{a: {value: 5, sweep: 7}}", "when": "amount > $a"}, "9:35: sweep must be a list ([a, b] or lines with -)"),
        ({"params": "{a: {value: 5, sweep: [1, x, 1]}}", "when": "amount > $a"}, "9:39: sweep must be a number"),
        ({"params": "{a: {value: 5, sweep: [[1], 8, 1]}}", "when": "amount > $a"}, "9:36: sweep must be a single value"),
        ({"effective": "{from: 2026-01-01}"}, "9:23: from must be a date and time with a zone"),
        ({"effective": "{until: 2027-02-30T00:00:00Z}"}, "9:24: until is no date: there is no 30 February 2027"),
        ({"effective": "{from: [1]}"}, "9:23: from must be a single value"),
        ({"effective": "{from: 2026-01-02T00:00:00Z, until: 2026-01-02T00:00:00Z}"}, "9:16: from must be before until"),
        ({"rollout": "{percent: 101, by: payee}"}, "9:24: percent must lie within 0 and 100"),
        ({"rollout": "{percent: '5', by: payee}"}, "9:24: percent must be a number; it is quoted"),
        ({"rollout": "{percent: 5, by: amount}"}, "9:31: by cannot be 'amount'"),
        ({"on_missing": "allow"}, "9:17: on_missing cannot be 'allow'"),
        ({"labels": "card"}, "9:13: labels must be a list ([a, b] or lines with -)"),
        ({"when": "{all: [fresh], any: [known]}"}, "7:11: a condition is an expression or one of all, any, not"),
        ({"when": "{all: []}"}, "7:17: all needs at least one condition"),
        ({"when": "{al: [fresh]}"}, "7:12: a condition has no key 'al'"),
        ({"when": "{not: {any: [fresh, {all: [frehs]}]}}"}, "7:38: unknown value 'frehs'"),
        ({"when": ">-\n      fresh and\n      frehs"}, "7:11: unknown value 'frehs'"),
        ({"params": "{a: [1]}", "when": "amount > $a"}, "9:17: a parameter must be a single value"),
        ({"when": "[fresh]"}, "7:11: a condition must be a single value"),
        ({"tier": "allow", "when": "text.urgent"}, "7:11: an allow rule may not read text.urgent: whoever pays wrote it"),
        ({"tier": "allow", "when": "payee in @blocked"}, "7:11: an allow rule admits by allow lists only; @blocked is a block list"),
        ({"tier": "allow", "when": "fresh == (payee in @blocked)"}, "7:11: an allow rule admits by allow lists only; @blocked is a block list"),
        ({"tier": "allow", "when": "not (not contains_any(payee, @watched))"}, "7:11: an allow rule admits by allow lists only; @watched is a watch list"),
        ({"when": "contains_any(payee, @trusted)"}, "7:11: contains_any takes block and watch lists of at most 1000 entries; @trusted is none"),
        ({"reason": '{code: r 1, text: "x"}'}, "8:20: code 'r 1' does not look like R101"),
        ({"reason": "because"}, "8:13: reason must be a mapping (key: value)"),
        ({"tests": "[{given: {}, expect: hti}]"}, "9:33: expect cannot be 'hti'"),
        ({"tests": "[{given: {amuont: 5}, expect: hit}]"}, "9:22: unknown value 'amuont'"),
        ({"tests": "[{given: {amount: lots}, expect: hit}]"}, "9:30: amount must be a number"),
        ({"tests": "[{given: {fresh: yes}, expect: hit}]"}, "9:29: fresh must be true or false"),
        ({"tests": "[{use: noraml, given: {}, expect: hit}]"}, "9:19: unknown fixture 'noraml'"),
        ({"tests": "{}"}, "9:12: tests must be a list ([a, b] or lines with -)"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_told(tmp_path: Path, more: dict[str, str], expected: str) -> None:
    """The place and the cause of each mistake that a rule can hold."""
    assert f"a.rules.yaml:{expected}" in causes(tmp_path, rule_text(**more))


def test_a_mistake_brings_no_others_with_it(tmp_path: Path) -> None:
    """What follows from it alone is not told: each of these is one mistake."""
    for more in (
        {"params": "{a: {value: '5', sweep: [4, 6, 1]}}", "when": "amount > $a"},
        {"effective": "{from: 2027-02-30T00:00:00Z, until: 2027-01-01T00:00:00Z}"},
        {"params": "{a: 1e3}", "when": "amount > $a"},
        {"params": "{a: 5}", "when": "amount > $a and and fresh"},
        {"params": "{a: 5}", "when": "{all: [fresh, amount > $a and]}"},
    ):
        assert 1 == len(causes(tmp_path, rule_text(**more)))


def test_an_allow_rule_may_ask_a_block_list_negated(tmp_path: Path) -> None:
    """A list that can only take a permission away needs no expiry."""
    when = "payee in @trusted and payee not in @blocked"
    assert "allow" == load(tmp_path, rule_text(when, tier="allow")).rules["BIG"].tier


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: test-book", "name: Test Book", "1:7: name 'Test Book' does not look like payments-default"),
        ("name: test-book\n", "", "1:1: book.yaml needs name"),
        ("review: 60", "review: 60.5", "6:17: review must be a whole number"),
        ("review: 60", "review: 0", "6:17: review must lie within 1 and 100"),
        ("score:", "tiers: {block: approve}\nscore:", "6:8: tier block cannot mean approve"),
        ("score:", "tiers: {allow: review}\nscore:", "6:8: tier allow cannot mean review"),
        ("score:", "default: maybe\nscore:", "6:10: default cannot be 'maybe'"),
        ("score:", "rates: x.txt\nscore:", "6:8: rates 'x.txt' does not look like rates.csv"),
        ("score:", "rates: none.csv\nscore:", "1:1: there is no file none.csv that can be read"),
        ("score:", "llm: {ask: sometimes}\nscore:", "6:12: ask cannot be 'sometimes'"),
        ("score:", "llm: {deadline_ms: 5000}\nscore:", "6:20: deadline_ms must lie within 10 and 2000"),
        ("score:", "llm: {at_deadline: approve}\nscore:", "6:20: at_deadline cannot be 'approve'"),
        ("kind: block", "kind: blok", "8:19: kind cannot be 'blok'"),
        ('["KP", "IR"]', '["KP", NO]', "8:41: an entry must be text; YAML reads a bare NO as false"),
        ('["KP", "IR"]', '["KP", "kp"]', "8:1: entry 'kp' stands in the list twice"),
        ('values: ["KP", "IR"]', "x: 1", "8:12: a list has either file or values"),
        ('values: ["KP", "IR"]', "file: ../secret.txt", "8:32: file '../secret.txt' does not look like trusted_payees.csv"),
        ('values: ["KP", "IR"]', "file: none.txt", "8:32: there is no lists/none.txt that can be read"),
        (", reason: known", "", "10:1: an entry of an allow list needs expires and reason"),
        ("2027-01-01T00:00:00Z", "2027-01-01", "10:1: expires must be a date and time with a zone"),
        ("expires: 2027-01-01T00:00:00Z", "expires: [1]", "10:1: expires must be a date and time with a zone"),
        ("blocked: {", "Blocked: {", "8:3: list 'Blocked' does not look like trusted_payees"),
        ("score:", "attributes: {x: {type: text, meaning: m, low: 1}}\nscore:", "6:17: only a number has low and high"),
        ("score:", "attributes: {x: {type: txt, meaning: m}}\nscore:", "6:24: type cannot be 'txt'"),
        ("score:", "attributes: {X: {type: text, meaning: m}}\nscore:", "6:14: attribute 'X' does not look like trusted_payees"),
    ],
)  # fmt: skip
def test_a_wrong_frame_is_told(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """The place and the cause of each mistake that book.yaml can hold."""
    frame = FRAME.replace(old, new)
    assert f"book.yaml:{expected}" in causes(tmp_path, RULE, files={"book.yaml": frame})


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", Llm("when-it-matters", 250, "local")),
        ("llm: {ask: never}\n", Llm("never", 250, "local")),
        ("llm: {deadline_ms: 90, at_deadline: review}\n", Llm("when-it-matters", 90, "review")),
    ],
)
def test_a_book_says_when_a_model_is_asked(tmp_path: Path, said: str, meant: Llm) -> None:
    """What it does not say is what is usual."""
    frame = FRAME.replace("score:", f"{said}score:")
    assert meant == load(tmp_path, RULE, files={"book.yaml": frame}).llm


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: the file is empty"),
        (b"\xff", "1:1: no UTF-8 text (byte 0)"),
        ("x" * (1 << 20) + "y", "1:1: longer than 1048576 bytes"),
        ("rules: []\n---\nrules: []", "2:1: a second document; one file is one document"),
        ("rules: []\nrules: []", "2:1: key 'rules' stands here twice (first in line 1)"),
        ("rules: &a []\ntests: *a", "1:8: anchors (&) and aliases (*) are not read"),
        ("rules: !!python/object:os.system []", "1:8: tags (!) are not read"),
        ("? [a]\n: b", "1:3: a key must be one word"),
        ("rules: " + "[" * 30 + "]" * 30, "1:32: nested deeper than 24 levels"),
        (
            "title: a: b",
            "1:9: not readable as YAML: mapping values are not allowed in this context",
        ),
        ("a\x07b: 1", "1:1: not readable as YAML: a character that YAML does not allow"),
        ("fixtures: {a: {}}", "1:12: fixture 'a' stands twice in the book"),
        ("tests: [{name: x, expect: {}}]", "1:27: a test must expect something"),
        ("tests: [{name: x, expect: {rules: [BGI]}}]", "1:36: unknown rule 'BGI'"),
    ],
)
def test_a_file_that_is_no_rule_file_is_told(
    tmp_path: Path, text: str | bytes, expected: str
) -> None:
    """Broken, hostile and half-right YAML."""
    files = {"b.rules.yaml": text, "a.rules.yaml": "fixtures: {a: {}}\n" + rules_text(RULE)}
    assert f"b.rules.yaml:{expected}" in causes(tmp_path, files=files)


def test_a_folder_without_a_frame_is_no_book(tmp_path: Path) -> None:
    """A missing folder and a missing file are told, not raised as something else."""
    expected = [
        "book.yaml:1:1: names in rules, tests and scorecard are not checked until this file can be read",
        "book.yaml:1:1: this file is needed and cannot be read",
    ]
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(BookError) as caught:
            load_book(folder, WORDS)
        assert expected == [f"{m.file}:1:1: {m.cause}" for m in caught.value.mistakes]


def test_what_cannot_be_read_brings_no_unknown_names(tmp_path: Path) -> None:
    """Of a book.yaml with one wrong sign that sign is told, and what is wrong whatever it holds."""
    rules = [
        rule_text(
            "spent > 5 and country in @seen and amount > 'x'",
            reason='{code: R1, text: "{spent}"}',
        ),
        rule_text(
            name="B",
            rollout="{percent: 5, by: attributes.branch}",
            tests="[{use: f, given: {spent: 5}, expect: hit}]",
        ),
    ]
    files = {
        "book.yaml": FRAME + "velocities: {\n",
        "b.rules.yaml": "fixtures: {f: {fresh: true}}\n",
    }
    assert [
        "a.rules.yaml:7:55: a number cannot be compared with text",
        "book.yaml:1:1: names in rules, tests and scorecard are not checked until this file can be read",
        "book.yaml:12:1: not readable as YAML: did not find expected node content",
    ] == causes(tmp_path, *rules, files=files)
    broken = {
        "b.rules.yaml": "fixtures: {f: {fresh: true}\n",
        "c.rules.yaml": rules_text(rule_text(tests="[{use: f, given: {}, expect: hit}]")),
    }
    assert [
        "b.rules.yaml:1:1: names of its fixtures and rules are not checked until this file can be read",
        "b.rules.yaml:2:1: not readable as YAML: did not find expected ',' or '}'",
    ] == causes(tmp_path / "other", files=broken)


@pytest.mark.parametrize(
    ("file", "text", "hint"),
    [
        ("a.rules.yaml", "rules: [{text: {amount:.2f} spent}]", "put text with {...} in quotes"),
        ("a.rules.yaml", "text: {amount} spent\nb: 1", "put text with {...} in quotes"),
        ("a.rules.yaml", rule_text(reason="{code: R1, text: {amount:.2f}}").replace("  - ", "rules:\n  - ", 1), "put text with {...} in quotes"),
        ("a.rules.yaml", "a: 1\n\tb: 2", "indent by spaces, not by tabs"),
        ("a.rules.yaml", "a:\n\t- b", "indent by spaces, not by tabs"),
        ("a.rules.yaml", "a: @blocked", "put text that begins with @ in quotes"),
        ("a.rules.yaml", "a: [b\n", ""),
        ("a.rules.yaml", "velocities: {}", "declare it in book.yaml"),
        ("a.rules.yaml", "lists: {}", "declare it in book.yaml"),
        ("book.yaml", FRAME + "rules: []", "it stands in files like cards.rules.yaml"),
        ("a.rules.yaml", rules_text(rule_text(priority="1")), "tiers decide, not order"),
        ("a.rules.yaml", rules_text(rule_text(lists="{}")), "declare it in book.yaml"),
        ("a.rules.yaml", rules_text(points_text("5", zzz="1")), "known are id, title, owner, severity, points, when, reason, mode, unless, params, effective, on_missing, rollout, runbook, labels, tests, tier"),
    ],
)  # fmt: skip
def test_what_to_write_instead_is_told(tmp_path: Path, file: str, text: str, hint: str) -> None:
    """Of the traps that others fell into."""
    with pytest.raises(BookError) as caught:
        load(tmp_path, files={file: text})
    assert hint in [mistake.hint for mistake in caught.value.mistakes]


def test_too_many_rules_are_refused(tmp_path: Path) -> None:
    """A book is bounded."""
    rules = rules_text(*(rule_text("fresh", name=f"R{number}") for number in range(2001)))
    expected = "book.yaml:1:1: 2001 rules; a book has at most 2000"
    assert [expected] == causes(tmp_path, files={"a.rules.yaml": rules})


def test_declared_attributes_are_words(tmp_path: Path) -> None:
    """A rule reads them with their prefix; they can be read from a book with mistakes, too."""
    given = "{branch: {type: number, meaning: m, unit: u, low: 1, high: 2, from_text: true}}"
    frame = FRAME + f"attributes: {given}\n"
    book = load(tmp_path, rule_text("attributes.branch > 1"), files={"book.yaml": frame})
    word = Word(
        type="number", meaning="m", unit="u", low=1, high=2, from_text=True, from_payment=True
    )
    assert {"attributes.branch": word} == book.attributes
    write(tmp_path, {"book.yaml": frame.replace("EUR", "nothing")})
    assert {"attributes.branch": word} == declared_words(tmp_path, WORDS)


def test_the_hash_is_that_of_the_content(tmp_path: Path) -> None:
    """Equal files give equal hashes; one more blank gives another."""
    first = load(tmp_path, RULE).hash
    assert first == load(tmp_path, RULE).hash
    assert first != load(tmp_path, RULE + "\n").hash
    assert 32 == len(first)


@given(
    st.permutations([rule_text(name=name) for name in ("A", "B", "C", "D")]), st.integers(1, 3)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_order_and_place_of_rules_do_not_matter(
    tmp_path: Path, rules: list[str], cut: int
) -> None:
    """However rules are spread over files, evaluation sees one order: that of their ids."""
    files = {"x.rules.yaml": rules_text(*rules[:cut]), "y.rules.yaml": rules_text(*rules[cut:])}
    book = load(tmp_path, files=files)
    assert ["A", "B", "C", "D"] == list(book.rules)


PIECES = ["{", "}", "[", "]", ": ", "- ", "\n", "  ", "#", "'", '"', "&a ", "*a", "!", "|", ">",
          "NO", "1e3", "010", "\t", "é", "\x00", "$x", "@l", "...", "---", "?", "null", "9" * 400]  # fmt: skip
WHOLE = "fixtures: {n: {amount: 5}}\n" + rules_text(
    rule_text(
        params="{least: {value: 5, sweep: [1, 9, 2]}}",
        when="{all: [amount > $least, {any: [fresh, not known]}]}",
        unless="country in @blocked or payee in ('a', 'b')",
        effective="{from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}",
        rollout="{percent: 50, by: payee}",
        tests="[{use: n, given: {fresh: true}, at: 2026-02-01T00:00:00Z, expect: hit}]",
    )
)


def is_refused(folder: Path, files: dict[str, str]) -> bool:
    """Whether a book is refused, with mistakes."""
    try:
        load(folder, files=files)
    except BookError as error:
        return bool(error.mistakes)
    return False


@pytest.mark.parametrize("file", ["a.rules.yaml", "book.yaml"])
def test_a_mutated_book_is_read_or_refused(tmp_path: Path, file: str) -> None:
    """Only `BookError` leaves the loader, for some hundreds of random edits of a good book."""
    good = {"a.rules.yaml": WHOLE, "book.yaml": FRAME}
    chance = random.Random(4)
    refused = 0
    for _ in range(150):
        text = good[file]
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(text))
            end = start + chance.choice((0, 0, 1, 5, 40))
            text = text[:start] + chance.choice(PIECES) * chance.randint(0, 2) + text[end:]
        refused += is_refused(tmp_path, {**good, file: text})
    assert refused > 50
