"""Lines that read velocities: from the columns of a window, from points, from labels."""

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
    _slice(source, group[0])
    is_money = form_of(group[0]) == "money"
    column = source.slot(column_key(group[0]))
    if is_money:
        source.put(f'z = x if {column}.typecode == "i" else knowns(x)')
    else:
        source.put("z = numbers(x)")
    scale = source.scale if is_money else 0
    for v in group:
        if v.fn == "sum":
            source.put("if len(z) == len(x):")
            source.give(v.name, f"sum(z) / {scale}" if is_money else "fsum(z)", 2)
        elif v.fn in COMPARING:
            own = source.value(v.of)
            source.put(f"if {own} is not None and len(z) >= {v.at_least}:")
            source.give_if_known(v.name, _comparison(v, own, scale), depth=2)
        else:
            source.put("if z:" if v.at_least == 1 else f"if len(z) >= {v.at_least}:")
            source.give(v.name, _statistic(v, scale), 2)


def _statistic(v: Velocity, scale: int) -> str:
    over = f" / {scale}" if scale else ""
    if v.fn == "mean":
        return f"sum(z) / (len(z) * {scale})" if scale else "mean(z)"
    if v.fn == "stddev":
        return f"deviation(z, {scale})"
    if v.fn in ("min", "max"):
        return f"{v.fn}(z){over}"
    return f"percentile(z, {0.5 if v.fn == 'median' else v.q!r}){over}"


def _comparison(v: Velocity, own: str, scale: int) -> str:
    if v.fn == "ratio_to":
        over = f" / {scale}" if scale else ""
        base = f"centre(z, {scale})" if v.to == "mean" else f"percentile(z, 0.5){over}"
        return f"ratio({own}, {base}, {v.plus!r})"
    return f"{v.fn}({own}, z, {scale}, {v.plus!r})"


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
        first, delay = group[0], group[0].delay
        source.put(f"b = bisect_right({times}, now - {delay})")
        source.put(f"a = bisect_right({times}, now - {first.reach}, 0, b)")
        if first.where is None:
            source.put(f"f = {labels}[a:b]; t = {times}[a:b]")
        else:
            mask = source.slot(f"label_mask:{first.where.text}")
            source.put(f"f = bytes(select({labels}[a:b], {mask}[a:b]))")
            source.put(f"t = select({times}[a:b], {mask}[a:b])")
        for v in group:
            _read_label(source, v)


def _read_label(source: Source, v: Velocity) -> None:
    flag = 0 if v.label == "genuine" else 1
    age = f"(now - u) / {UNITS[v.unit]}"
    if v.fn == "label_count" or (v.fn == "count" and v.label):
        source.give(v.name, f"f.count({flag})")
    elif v.fn == "count":
        source.give(v.name, "len(f)")
    elif v.fn == "since_last":
        text = f"newest(f, t, {flag})" if v.label else "t[-1] if t else None"
        source.give_if_known(v.name, text, age)
    elif v.fn == "run_age":
        source.give_if_known(v.name, f"run_start(f, t, {flag})", age)
    else:
        text = f"f.count({flag}) / len(f)" if v.fn == "label_rate" else f"run_length(f, {flag})"
        source.put("if f:")
        source.give(v.name, text, 2)
