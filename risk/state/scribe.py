"""The process that writes checkpoints, so that the stream waits for no disk.

`python -m risk.state.scribe FOLDER SHARED SECONDS` is started by `risk.state.keeper`, which
speaks with it over standard input and output in frames: four bytes of length, then msgpack. It
holds a lock on each open checkpoint, because it may outlive a killed worker by the length of
one commit: whoever comes next must not read in between. It ends when its input ends.
"""

import fcntl
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Final, Literal

import msgspec

from risk.ledger import Line
from risk.state.stamp import Stamp
from risk.state.store import Row, Store, StoreFailed, copy_whole, remove

LENGTH: Final = Struct("<I")
LOCK_SECONDS: Final = 5.0
"""How long the last words of a killed worker's scribe may take."""


class Order(msgspec.Struct, frozen=True, array_like=True):
    """What the worker asks for, about one file.

    `open` locks it; `fetch` then replaces it by the shared one, `renew` empties it; `stage`
    hands over rows and lines for the next `commit`; `close` shares it and lets it go. All but
    `stage` are answered.
    """

    verb: Literal["open", "fetch", "renew", "stage", "commit", "close"]
    name: str
    rows: list[Row] = []
    lines: list[Line] = []
    stamp: Stamp | None = None


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """What became of an order: an error in words, none if it was done."""

    name: str
    error: str = ""
    is_busy: bool = False


class Held:
    """One open checkpoint: its lock, what waits to be committed, when it was shared last."""

    def __init__(self, lock: int) -> None:
        self.lock = lock
        self.store: Store | None = None
        self.rows: dict[tuple[str, str], bytes] = {}
        self.lines: dict[int, Line] = {}
        self.shared_at = time.monotonic()


class Scribe:
    """Does what orders say. `share_seconds` is the least pause between two copies."""

    def __init__(
        self,
        folder: Path,
        shared: Path | None = None,
        share_seconds: float = 300,
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        self._folder = folder
        self._shared = shared
        self._share_seconds = share_seconds
        self._lock_seconds = lock_seconds
        self._held: dict[str, Held] = {}

    def do(self, order: Order) -> Reply | None:
        """Carry out one order; no reply to `stage`."""
        if order.verb == "stage":
            self._stage(order)
            return None
        if order.verb == "open":
            is_mine = self._lock(order.name)
            return Reply(order.name, is_busy=not is_mine)
        verbs: dict[str, Callable[[Order], None]] = {
            "fetch": self._fetch,
            "renew": self._renew,
            "commit": self._commit,
            "close": self._close,
        }
        try:
            verbs[order.verb](order)
        except (StoreFailed, OSError) as error:
            return Reply(order.name, str(error))
        return Reply(order.name)

    def let_go(self) -> None:
        """Close all without a word."""
        for name in list(self._held):
            self._free(name)

    def _lock(self, name: str) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + self._lock_seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= end:
                    os.close(lock)
                    return False
                time.sleep(0.02)
            else:
                self._held[name] = Held(lock)
                return True

    def _store(self, name: str) -> Store:
        held = self._held[name]
        if held.store is None:
            held.store = Store(self._folder / name)
        return held.store

    def _stage(self, order: Order) -> None:
        held = self._held[order.name]
        held.rows.update({(kind, key): content for kind, key, content in order.rows})
        held.lines.update({line.place: line for line in order.lines})

    def _commit(self, order: Order) -> None:
        held = self._held[order.name]
        if order.stamp is None:
            raise TypeError("a commit carries a stamp")
        rows = [(kind, key, content) for (kind, key), content in held.rows.items()]
        self._store(order.name).commit(rows, held.lines.values(), order.stamp)
        held.rows.clear()
        held.lines.clear()
        if time.monotonic() - held.shared_at >= self._share_seconds:
            self._share(order.name)

    def _share(self, name: str) -> None:
        held = self._held[name]
        held.shared_at = time.monotonic()
        if self._shared is not None and held.store is not None:
            held.store.share(self._shared / name)

    def _fetch(self, order: Order) -> None:
        self._renew(order)
        if self._shared is not None:
            copy_whole(self._shared / order.name, self._folder / order.name)

    def _renew(self, order: Order) -> None:
        held = self._held[order.name]
        if held.store is not None:
            held.store.close()
            held.store = None
        held.rows.clear()
        held.lines.clear()
        remove(self._folder / order.name)

    def _close(self, order: Order) -> None:
        try:
            self._share(order.name)
        finally:
            self._free(order.name)

    def _free(self, name: str) -> None:
        held = self._held.pop(name)
        if held.store is not None:
            held.store.close()
        os.close(held.lock)


def read_frame(source: BinaryIO) -> bytes:
    """The next frame; no bytes at the end."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return b""
    return source.read(LENGTH.unpack(head)[0])


def frame(content: bytes) -> bytes:
    """Content with its length before it."""
    return LENGTH.pack(len(content)) + content


def serve(scribe: Scribe, source: BinaryIO, target: BinaryIO) -> None:
    """Carry out orders until the input ends; half an order is none."""
    decode = msgspec.msgpack.Decoder(Order).decode
    encode = msgspec.msgpack.Encoder().encode
    while content := read_frame(source):
        try:
            order = decode(content)
        except msgspec.DecodeError:
            break  # cut off: the worker died while it wrote
        reply = scribe.do(order)
        if reply is not None:
            with suppress(BrokenPipeError):  # nobody is left to hear it: the input ends too
                target.write(frame(encode(reply)))
                target.flush()
    scribe.let_go()


def main(arguments: list[str]) -> None:
    """Serve standard input: FOLDER SHARED (or -) SHARE_SECONDS."""
    folder, shared, seconds = arguments
    os.nice(5)  # the stream comes first
    scribe = Scribe(Path(folder), None if shared == "-" else Path(shared), float(seconds))
    serve(scribe, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main(sys.argv[1:])
