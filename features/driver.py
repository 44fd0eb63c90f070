"""One generated function that takes a payment through all steps of a plan.

It holds, like the steps, only names that are made here and the fields of `Subject`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from features.plan import Plan
from features.subject import key_of
from features.table import Table
from features.transaction import Scalar

Driver: TypeAlias = Callable[..., Sequence[tuple[str, Any] | None]]
"""`run(subject, known, at, minor, out, marks)` -> key and state of each kind, None if the
payment has no such key."""

Publish: TypeAlias = Callable[
    [Mapping[str, Scalar], dict[str, Scalar], int], Mapping[str, Scalar]
]
"""Values so far, new ones, event time -> all that a condition may read."""


def driver(plan: Plan, tables: Sequence[Table], publish: Publish, *, takes_in: bool) -> Driver:
    """Generate it over these tables; without `takes_in`, over copies from before it."""
    scope: dict[str, Any] = {"publish": publish}
    lines = ["def run(subject, known, at, minor, out, marks):"]
    for kind, (by, table) in enumerate(zip(plan.kinds, tables, strict=True)):
        scope |= {f"pair{kind}": key_of(by), f"open{kind}": table.open}
        scope |= {f"states{kind}": table.states, f"frozen{kind}": table.frozen}
        scope |= {f"changed{kind}": table.changed, f"before{kind}": table.before}
        key = f"subject.{by[0]}" if len(by) == 1 else f"pair{kind}(subject)"
        lines += [f"    key{kind} = {key}", f"    if key{kind} is not None:"]
        if not takes_in:
            lines.append(f"        state{kind} = before{kind}(key{kind}, at)")
            continue
        lines += [
            f"        state{kind} = states{kind}.get(key{kind})",
            f"        if state{kind} is None or frozen{kind}: "
            f"state{kind} = open{kind}(key{kind})",
            f"        changed{kind}.add(key{kind})",
        ]
    seen: set[int] = set()
    for number, stage in enumerate(plan.stages):
        kind, step = stage.kind, f"step{number}"
        scope[step] = stage.step
        back = f"back{kind}" if kind in seen else "0"
        seen.add(kind)
        lines += [
            f"    if key{kind} is not None:",
            f"        back{kind} = {step}(state{kind}, known, at, minor, out, {back}, marks)",
        ]
        if stage.is_read:
            lines.append("        known = publish(known, out, at)")
    found = [
        f"None if key{kind} is None else (key{kind}, state{kind})"
        for kind in range(len(tables))
    ]
    lines.append(f"    return ({', '.join(found)},)" if found else "    return ()")
    exec(compile("\n".join(lines), "<driver>", "exec"), scope)  # noqa: S102 see above
    run: Driver = scope["run"]
    return run
