"""Lines that read velocities: from the columns of a window, from points, from labels."""

from typing import Final

from features.layout import column_key, form_of, met_key, note_key, point_key
from features.source import Source
from features.velocity import COMPARING, UNITS, Velocity


def read_windows(source: Source, velocities: list[Velocity], *, is_past: bool) -> None:
    """Read velocities over columns; the same slice serves all that look at it."""
    groups: dict[tuple[object, ...], list[Velocity]] = {}
    for v in velocities:
        looks_at = column_key(v) if v.of else None
        where = v.where.text if v.where else None
        groups.setdefault((looks_at, where, v.window, v.newest), []).append(v)
    for group in groups.values():
        if not group[0].of:
            _read_flags(source, group, is_past=is_past)
        elif form_of(group[0]) == "identity":
            _read_identities(source, group)
        else:
            _read_numbers(source, group)


def _read_flags(source: Source, group: list[Velocity], *, is_past: bool) -> None:
    """Counts and runs: they need no more than the condition."""
    first = group[0]
    n = source.window(first.window, first.newest)
    if first.where is None:
        for v in group:
            source.give(v.name, f"0 if {n} > 0 else -{n}" if is_past else f"-{n}")
        return
    mask = source.slot(f"mask:{first.where.text}")
    for v in group:
        if v.fn == "count":
            source.give(v.name, f"{mask}.count(1, {n})")
        elif v.fn == "run_length":
            source.give(v.name, f"run_length({mask}[{n}:])")
        else:
            times = source.slot("times")
            text = f"run_start({mask}[{n}:], {times}[{n}:])"
            source.give_if_known(v.name, text, f"(now - u) / {UNITS[v.unit]}")


def _slice(source: Source, velocity: Velocity) -> None:
    """Lines that make `x` the selected part of a column."""
    n = source.window(velocity.window, velocity.newest)
    column = source.slot(column_key(velocity))
    if velocity.where is None:
        source.put(f"x = {column}[{n}:]")
    else:
        mask = source.slot(f"mask:{velocity.where.text}")
        source.put(f"x = select({column}[{n}:], {mask}[{n}:])")


def _read_identities(source: Source, group: list[Velocity]) -> None:
    _slice(source, group[0])
    source.put("z = set(x)")
    source.put("z.discard(NO_ID)")
    for v in group:
        source.give(v.name, "len(z)")


def _read_numbers(source: Source, group: list[Velocity]) -> None:
    """Statistics: what several of them stand on (x all, z the known ones) is made once."""
    _slice(source, group[0])
    is_money = form_of(group[0]) == "money"
    scale = source.scale if is_money else 0
    if is_money:
        column = source.slot(column_key(group[0]))
        source.put(f'z = x if {column}.typecode == "i" else knowns(x)')
    else:
        source.put("z = numbers(x)")
    source.put("l = len(z)")
    own = {v.name: source.value(v.of) for v in group if v.fn in COMPARING}
    totals = [v for v in group if v.fn in SUMMING or (v.fn == "ratio_to" and v.to == "mean")]
    ranks = [v for v in group if v.fn in RANKING or (v.fn == "ratio_to" and v.to == "median")]
    if totals:
        source.put("e = sum(z)" if is_money else "e = fsum(z)")
    if any([v.fn in ("stddev", "z_mean") for v in group]):
        source.put(f"d = deviation(z, e, {scale}) if l else 0.0")
    if ranks:
        source.put("r = ranked(z)")
    for v in group:
        if v.fn == "sum":
            source.put("if l == len(x):")
            source.give(v.name, f"e / {scale}" if scale else "e", 2)
        elif v.fn in COMPARING:
            source.put(f"if l >= {v.at_least} and {own[v.name]} is not None:")
            source.give_if_known(v.name, _comparison(v, own[v.name], scale), depth=2)
        else:
            source.put(f"if l >= {v.at_least}:")
            source.give(v.name, _statistic(v, scale), 2)


SUMMING: Final = frozenset({"sum", "mean", "stddev", "z_mean"})
RANKING: Final = frozenset({"median", "percentile", "z_median"})


def _statistic(v: Velocity, scale: int) -> str:
    over = f" / {scale}" if scale else ""
    if v.fn == "mean":
        return f"e / (l * {scale or 1})"
    if v.fn == "stddev":
        return "d"
    if v.fn in ("min", "max"):
        return f"{v.fn}(z){over}"
    return f"percentile(r, {0.5 if v.fn == 'median' else v.q!r}){over}"


def _comparison(v: Velocity, own: str, scale: int) -> str:
    over = f" / {scale}" if scale else ""
    mean = f"e / (l * {scale or 1})"
    if v.fn == "z_mean":
        return f"ratio({own} - {mean}, d, {v.plus!r})"
    if v.fn == "z_median":
        spread = f"r[3 * l // 4]{over} - r[l // 4]{over}"
        return f"ratio({own} - r[l // 2]{over}, {spread}, {v.plus!r})"
    return f"ratio({own}, {mean if v.to == 'mean' else f'r[l // 2]{over}'}, {v.plus!r})"


def read_points(source: Source, velocities: list[Velocity]) -> None:
    """Read first, last and the times since; `last` and `since_last` before the fold."""
    for v in velocities:
        place = 1 + 2 * source.layout.points.index(point_key(v))
        first, last = f"s0[{place}]", f"s0[{place + 1}]"
        if v.fn == "since_last":
            source.put(f"if at >= {last} > at - {v.window}:")
            source.give(v.name, f"(at - {last}) / {UNITS[v.unit]}", 2)
        elif v.fn == "since_first":
            source.put(f"if {last} > now - {v.window}:")
            source.give(v.name, f"(now - {first}) / {UNITS[v.unit]}", 2)
        else:
            note = 2 * source.layout.notes.index(note_key(v)) + (v.fn == "last")
            source.put(f"if {last} > now - {v.window}:")
            source.give_if_known(v.name, f"{source.slot('notes')}[{note}]", depth=2)


def read_met(source: Source, velocities: list[Velocity]) -> None:
    """Read whether a value is new."""
    for v in velocities:
        one = source.identity(v.of)
        ids, lasts = source.slot(f"ids:{met_key(v)}"), source.slot(f"lasts:{met_key(v)}")
        source.put(f"if {one}:")
        text = f"met({ids}, {lasts}, {one}, now - {v.window})"
        source.give_if_known(v.name, text, "not u", depth=2)


def read_labels(source: Source, velocities: list[Velocity]) -> None:
    """Read velocities over labelled payments; f are their labels, t their times."""
    if not velocities:
        return
    times, labels = source.slot("label_times"), source.slot("labels")
    groups: dict[tuple[object, ...], list[Velocity]] = {}
    for v in velocities:
        where = v.where.text if v.where else None
        groups.setdefault((where, v.window, v.delay), []).append(v)
    for group in groups.values():
        first, mask = group[0], None
        source.put(f"b = bisect_right({times}, now - {first.delay})")
        source.put(f"a = bisect_right({times}, now - {first.reach}, 0, b)")
        if first.where is not None:
            mask = source.slot(f"label_mask:{first.where.text}")
        if mask is None or all([v.fn in COUNTING for v in group]):
            source.put(f"f = {labels}; t = {times}")
            _count_labels(source, group, mask)
        else:
            source.put(f"f = bytes(select({labels}[a:b], {mask}[a:b]))")
            source.put(f"t = select({times}[a:b], {mask}[a:b])")
            source.put("a = 0; b = len(f)")
            _count_labels(source, group, None)
        for v in group:
            if v.fn not in COUNTING:
                _read_label(source, v)


COUNTING: Final = frozenset({"label_count", "count", "label_rate"})


def _count_labels(source: Source, group: list[Velocity], mask: str | None) -> None:
    """Lines that make `l` the number of labelled payments and `e` that of frauds."""
    if not any([v.fn in COUNTING for v in group]):
        return
    source.put("l = b - a" if mask is None else f"l = {mask}.count(1, a, b)")
    source.put("e = f.count(1, a, b)" if mask is None else f"e = both(f[a:b], {mask}[a:b])")
    for v in group:
        if v.fn == "label_rate":
            source.put("if l:")
            source.give(v.name, _number_of(v) + " / l", 2)
        elif v.fn in COUNTING:
            source.give(v.name, _number_of(v))


def _number_of(v: Velocity) -> str:
    if v.label == "genuine":
        return "(l - e)"
    return "l" if v.fn == "count" and v.label is None else "e"


def _read_label(source: Source, v: Velocity) -> None:
    """Ages and runs; i is the place of the entry that decides."""
    flag = 0 if v.label == "genuine" else 1
    age = f"(now - t[i]) / {UNITS[v.unit]}"
    if v.fn == "since_last":
        source.put("i = b - 1" if v.label is None else f"i = f.rfind({flag}, a, b)")
        source.put("if i >= a:")
        source.give(v.name, age, 2)
        return
    source.put(f"i = max(f.rfind({1 - flag}, a, b) + 1, a)")
    source.put("if a < b:" if v.fn == "run_length" else "if i < b:")
    source.give(v.name, "b - i" if v.fn == "run_length" else age, 2)
