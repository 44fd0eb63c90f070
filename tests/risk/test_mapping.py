"""A mapping says which column is which field; a wrong one is refused in words."""

from pathlib import Path
from typing import Any

import pytest

from features.catalogue import Value
from features.errors import Malformed
from features.message import parse
from risk.files import Row
from risk.mapping import BadMap, ColumnMap, load_map, same_names
from risk.rows import MessageMaker

GOOD = """
[fields]
id = "TX"
time = "WHEN"
amount = "SUM"
payer.id = "WHO"

[constants]
currency = "EUR"
kind = "card"

[time]
zone = "Europe/Brussels"
"""
COLUMNS = ("TX", "WHEN", "SUM", "WHO")
ATTRIBUTES = {
    "score": Value(name="attributes.score", type="number", source="payment", meaning=""),
    "vip": Value(name="attributes.vip", type="flag", source="payment", meaning=""),
    "note": Value(name="attributes.note", type="text", source="payment", meaning=""),
}


def map_of(tmp_path: Path, text: str) -> ColumnMap:
    path = tmp_path / "map.toml"
    path.write_text(text)
    return load_map(path, ATTRIBUTES)


def parsed(column_map: ColumnMap, columns: tuple[str, ...], *cells: Any) -> Any:
    raw = MessageMaker(column_map, columns, ATTRIBUTES).make(Row(7, cells))
    assert raw is not None
    return parse(raw, ATTRIBUTES)


def test_a_row_becomes_the_payment_that_it_says(tmp_path: Path) -> None:
    """Local time to UTC, major units to minor ones, constants added."""
    found = parsed(map_of(tmp_path, GOOD), COLUMNS, "7", "2018-06-18 00:00:15", "27.6", "42")
    assert ("7", "42", 2760, "EUR", "card") == (
        found.id,
        found.payer.id,
        found.amount_minor,
        found.currency,
        found.kind,
    )
    assert 1_529_272_815_000_000 == found.at  # 2018-06-17T22:00:15Z: Brussels was at +02:00


def test_typed_cells_of_a_table_mean_the_same_as_text(tmp_path: Path) -> None:
    """Whole floats are identifiers that a table stored as numbers."""
    from datetime import datetime
    from decimal import Decimal

    column_map = map_of(tmp_path, GOOD)
    text = parsed(column_map, COLUMNS, "7", "2018-06-18 00:00:15", "27.60", "42")
    typed = parsed(
        column_map,
        COLUMNS,
        7,
        datetime.fromisoformat("2018-06-18 00:00:15"),
        Decimal("27.60"),
        42.0,
    )
    assert text == typed


@pytest.mark.parametrize(
    ("format_", "cell"),
    [
        ("iso", "2018-06-17T22:00:15Z"),
        ("iso", "2018-06-18T00:00:15+02:00"),
        ("epoch_s", "1529272815"),
        ("epoch_s", 1529272815),
        ("epoch_ms", "1529272815000"),
        ("%d/%m/%Y %H:%M:%S", "18/06/2018 00:00:15"),
        ("%d/%m/%Y %H:%M:%S%z", "17/06/2018 22:00:15+0000"),
    ],
)
def test_times_are_read_in_the_format_that_is_stated(
    tmp_path: Path, format_: str, cell: Any
) -> None:
    """A zone in the cell wins over the stated one."""
    column_map = map_of(tmp_path, GOOD + f'format = "{format_}"')
    assert 1_529_272_815_000_000 == parsed(column_map, COLUMNS, "7", cell, "1", "42").at


@pytest.mark.parametrize(
    ("cell", "minor"), [("183.70000000000002", 18370), (0.1 + 0.2, 30), ("0.125", 12), (3, 300)]
)
def test_amounts_of_floats_are_rounded_where_the_mapping_says_so(
    tmp_path: Path, cell: Any, minor: int
) -> None:
    """Half to even; without the word they are refused by the parser."""
    column_map = map_of(tmp_path, GOOD + "[amount]\nround = 2")
    assert minor == parsed(column_map, COLUMNS, "7", "2018-06-18 00:00", cell, "1").amount_minor


@pytest.mark.parametrize("cell", ["NaN", "Infinity", "12,50", "1e40"])
def test_what_is_no_amount_is_not_rounded(tmp_path: Path, cell: str) -> None:
    """It goes on as it is, for the parser to refuse."""
    column_map = map_of(tmp_path, GOOD + "[amount]\nround = 2")
    with pytest.raises(Malformed, match="amount"):
        parsed(column_map, COLUMNS, "7", "2018-06-18 00:00", cell, "1")


@pytest.mark.parametrize("empty", ["", "  ", None, float("nan")])
def test_an_empty_cell_is_a_value_that_is_not_known(tmp_path: Path, empty: Any) -> None:
    """It is left out, never 0."""
    text = GOOD.replace("[constants]", 'memo = "TEXT"\n[constants]')
    columns = (*COLUMNS, "TEXT")
    found = parsed(map_of(tmp_path, text), columns, "7", "2018-06-18 00:00", "1", "42", empty)
    assert found.memo is None


def test_attributes_take_the_type_that_the_book_declares(tmp_path: Path) -> None:
    """Text of a CSV file becomes a number or a flag; what does not fit is for the parser."""
    fields = 'attributes.score = "S"\nattributes.vip = "V"\nattributes.note = "N"\n[constants]'
    column_map = map_of(tmp_path, GOOD.replace("[constants]", fields))
    columns = (*COLUMNS, "S", "V", "N")
    row = ("7", "2018-06-18 00:00", "1", "42")
    found = parsed(column_map, columns, *row, "3.5", "TRUE", "9")
    assert {"score": 3.5, "vip": True, "note": "9"} == dict(found.attributes)
    found = parsed(column_map, columns, *row, 3, False, 9)
    assert {"score": 3, "vip": False, "note": "9"} == dict(found.attributes)


def test_cells_may_be_translated(tmp_path: Path) -> None:
    """What is not in the list goes on as it is."""
    text = GOOD.replace(
        "[constants]", 'status = "S"\n[values.status]\nNO = "declined"\n[constants]'
    )
    column_map = map_of(tmp_path, text)
    columns = (*COLUMNS, "S")
    row = ("7", "2018-06-18 00:00", "1", "42")
    assert "declined" == parsed(column_map, columns, *row, "NO").status
    assert "approved" == parsed(column_map, columns, *row, "approved").status


def test_the_number_of_the_row_can_stand_for_an_id(tmp_path: Path) -> None:
    """For tables whose payments have none."""
    column_map = map_of(tmp_path, GOOD.replace('"TX"', '"#row"'))
    assert "7" == parsed(column_map, COLUMNS[1:], "2018-06-18 00:00", "1", "42").id


def test_a_row_of_another_width_is_no_message(tmp_path: Path) -> None:
    """Its cells may stand under the wrong names."""
    maker = MessageMaker(map_of(tmp_path, GOOD), COLUMNS, {})
    assert maker.make(Row(1, ("7", "2018-06-18 00:00", "1"))) is None


def test_bytes_that_are_no_text_go_on_as_they_are(tmp_path: Path) -> None:
    """The parser refuses the row; the file goes on."""
    maker = MessageMaker(map_of(tmp_path, GOOD), COLUMNS, {})
    raw = maker.make(Row(1, ("\udcff", "2018-06-18 00:00", "1", "42")))
    assert raw is not None
    assert b"\xff" in raw


def test_messages_can_be_mapped_too(tmp_path: Path) -> None:
    """By their names, or the names inside; what is no JSON object goes on as it is."""
    column_map = map_of(tmp_path, GOOD.replace('"WHO"', '"card.number"'))
    columns = ("TX", "WHEN", "SUM", "card.number")
    maker = MessageMaker(column_map, columns, {})
    line = b'{"TX": 7, "WHEN": "2018-06-18 00:00:15", "SUM": "27.6", "card": {"number": 42}}'
    raw = maker.make(Row(1, line))
    assert raw is not None
    assert "42" == parse(raw).payer.id
    assert b"[1]" == maker.make(Row(1, b"[1]"))
    assert b"{" == maker.make(Row(1, b"{"))
    flat = maker.make(Row(1, b'{"card": 1, "TX": null}'))
    assert flat is not None
    assert b"payer" not in flat


def test_columns_may_bear_the_names_of_the_fields() -> None:
    """Then no mapping is needed; a nested column is a party."""
    columns = ("id", "time", "kind", "amount", "currency", "payer")
    cells = ("7", "2018-06-18T00:00Z", "card", "1", "EUR", {"id": "42", "country": None})
    assert "42" == parsed(same_names(columns), columns, *cells).payer.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fields = 3", "Expected `object`"),
        ("[fields]\nid = 3", "Expected `str`"),
        ("[field]", "unknown field `field`"),
        ("[fields", "not TOML"),
        (GOOD.replace("amount", "ammount"), r"ammount is no field.*did you mean amount\?"),
        (GOOD.replace("amount", "ammount"), "one of amount and amount_minor must be mapped"),
        (GOOD.replace("payer.id", "payer.account"), "payer.id is not mapped"),
        (GOOD.replace("currency", "id"), "id is both a field and a constant"),
        (GOOD.replace("currency", "id"), "currency is not mapped"),
        (GOOD.replace("Europe/Brussels", "Europe/Atlantis"), "time.zone is not known"),
        (GOOD.replace("Europe/Brussels", "../../etc"), "time.zone is not known"),
        (GOOD + 'format = "unix"', "time.format must be iso, epoch_s, epoch_ms or"),
        (GOOD + '[csv]\ndelimiter = ";;"', "delimiter must be one character"),
        (GOOD + "[values.stats]\n", "stats is no field of a payment"),
    ],
)
def test_a_wrong_mapping_is_refused_with_every_mistake(
    tmp_path: Path, text: str, said: str
) -> None:
    """Named by the file, and by what was meant."""
    with pytest.raises(BadMap, match=said) as caught:
        map_of(tmp_path, text)
    assert all("map.toml" in line for line in str(caught.value).splitlines())


def test_a_mapping_that_is_not_there_is_named(tmp_path: Path) -> None:
    """One message."""
    with pytest.raises(BadMap, match=r"nowhere\.toml: No such file"):
        load_map(tmp_path / "nowhere.toml")


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    """With what was probably meant."""
    column_map = map_of(tmp_path, GOOD)
    with pytest.raises(
        BadMap, match=r"no column WHO \(did you mean WHOM\?\).*TX, WHEN, SUM, WHOM"
    ):
        MessageMaker(column_map, ("TX", "WHEN", "SUM", "WHOM"), {})


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Nobody knows which one is meant."""
    with pytest.raises(BadMap, match="the column SUM stands twice"):
        MessageMaker(map_of(tmp_path, GOOD), (*COLUMNS, "SUM"), {})


def test_names_of_a_stranger_need_a_mapping() -> None:
    """The message says so."""
    with pytest.raises(BadMap, match=r"TX is no field of a payment.*--map"):
        same_names(COLUMNS)
