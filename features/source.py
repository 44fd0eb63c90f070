"""The source of one generated function: its lines, and the names that are made for it.

The text holds only names that are made here (s0.. slots, n0.. windows, k0.. constants) and
integers: nothing of a book, a payment or a name of a value is ever part of it.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias

from features import windows
from features.layout import Layout
from features.velocity import Condition

Mark: TypeAlias = Literal["partial", "approximate", "saturated"]
"""Why a value is not what it seems: only a part of the log was seen, it was estimated, or its
window holds more than is kept."""

Step: TypeAlias = Callable[..., int]
"""`step(state, known, at, minor, out, back, marks) -> back`: one stage of one kind of entity.
`known` holds the values of the payment, `minor` its amount or `NONE`; `out` and `marks` take
the results; `back` is how many newer payments follow it in the columns, -1 if too late."""


class Source:
    """Lines of one step under construction."""

    def __init__(self, layout: Layout, scale: int) -> None:
        self.layout = layout
        self.scale = scale
        self._lines: list[str] = []
        self._scope: dict[str, Any] = dict(vars(windows))
        self._counts: dict[str, int] = {}
        self._widths: dict[int, str] = {}
        self._made: dict[tuple[str, ...], str] = {}

    def put(self, text: str, depth: int = 1) -> None:
        """Add one line."""
        self._lines.append("    " * depth + text)

    def fresh(self, letter: str) -> str:
        """A name that was not used yet."""
        number = self._counts.get(letter, 0)
        self._counts[letter] = number + 1
        return f"{letter}{number}"

    def constant(self, value: object) -> str:
        """A name that stands for a value."""
        name = self.fresh("k")
        self._scope[name] = value
        return name

    def slot(self, key: str) -> str:
        """The variable of a slot."""
        return f"s{self.layout.places[key]}"

    def unpack(self, hot: Step | None) -> None:
        """Lines that name every slot, and leave hot keys to another step."""
        if hot is not None:
            self.put("if state[-1] is not None:")
            arguments = "state, known, at, minor, out, back, marks"
            self.put(f"return {self.constant(hot)}({arguments})", 2)
        names = [f"s{place}" for place in range(len(self.layout.slots))]
        self.put(f"{', '.join(names)}, = state")

    def find(self, widths: Iterable[int], *, may_be_empty: bool) -> None:
        """Lines that find where windows start, the longest first.

        Each gets a variable: minus the number of its entries, so that `column[n:]` is the
        window; `END` instead of 0.
        """
        times, low, found = self.slot("times"), "0", []
        self.put(f"size = len({times})")
        for width in sorted(set(widths), reverse=True):
            name = self._widths[width] = self.fresh("n")
            self.put(f"{name} = bisect_right({times}, now - {width}, {low})")
            low = name
            found.append(name)
        for name in found:
            self.put(f"{name} = {name} - size" + (" or END" if may_be_empty else ""))

    def window(self, width: int, newest: int | None = None) -> str:
        """The variable of a window, at most its `newest` entries."""
        name = self._widths[width]
        return name if newest is None else f"max({name}, -{newest})"

    def value(self, of: tuple[str, ...]) -> str:
        """The variable of the payment's own value, None if it is unknown."""
        if ("value", *of) not in self._made:
            name = self._made["value", *of] = self.fresh("v")
            self.put(f"{name} = known.get({self.constant(of[0])})")
            for other in of[1:]:
                self.put(f"if {name} is None: {name} = known.get({self.constant(other)})")
        return self._made["value", *of]

    def identity(self, of: tuple[str, ...]) -> str:
        """The variable of the payment's own value as an id."""
        if ("identity", *of) in self._made:
            return self._made["identity", *of]
        name = self._made["identity", *of] = self.fresh("i")
        self.put(f"{name} = NO_ID")
        for other in reversed(of):
            prefix = "" if len(of) == 1 else f"{other}:"
            text = f"{self.constant(prefix)} + str(w)" if prefix else "w"
            self.put(f"w = known.get({self.constant(other)})")
            self.put(f"if w is not None: {name} = identity({text})")
        return name

    def truth(self, where: Condition) -> str:
        """The variable that is 1 if the condition is true of the payment, else 0."""
        if ("truth", where.text) not in self._made:
            name = self._made["truth", where.text] = self.fresh("y")
            self.put(f"{name} = 1 if {self.constant(where.holds)}(known) else 0")
        return self._made["truth", where.text]

    def give(self, name: str, text: str, depth: int = 1) -> None:
        """The line that gives a result."""
        self.put(f"out[{self.constant(name)}] = {text}", depth)

    def give_if_known(self, name: str, text: str, result: str = "u", depth: int = 1) -> None:
        """Lines that give a result unless `text`, called u, is None."""
        self.put(f"u = {text}", depth)
        self.put("if u is not None:", depth)
        self.give(name, result, depth + 1)

    def compiled(self) -> Step:
        """The function that the lines are."""
        head = "def step(state, known, at, minor, out, back, marks):"
        text = "\n".join([head, *self._lines, "    return back"])
        exec(compile(text, f"<{self.layout.kind}>", "exec"), self._scope)  # noqa: S102 see above
        step: Step = self._scope["step"]
        return step
