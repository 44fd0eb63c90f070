"""Boosted trees as LightGBM's C library runs them: the door to it for everything that decides.

The library is called directly, because its Python package costs 20 us a row, loads pandas and
scikit-learn where they are installed, and the four functions needed here have not changed for
years. One thread, and buffers that are used again: not for several threads at once.
"""

from collections.abc import Iterable
from ctypes import CDLL, Array, byref, c_char_p, c_double, c_int, c_int64, c_void_p
from functools import cache
from importlib.util import find_spec
from typing import Any, Final, TypeAlias
from weakref import finalize

_RAW: Final = 1
_LEAVES: Final = 2
_SHAP: Final = 3
_DOUBLES: Final = 1
_OPTIONS: Final = b"num_threads=1"
_FILES: Final = ("lib/lib_lightgbm.so", "lib/lib_lightgbm.dylib", "bin/lib_lightgbm.dll")


Doubles: TypeAlias = "Array[c_double]"


class NoTrees(Exception):
    """The library is not there, or does not understand the model; `str()` says which."""


def open_library(folders: Iterable[str]) -> CDLL:
    """Open LightGBM's library, which lies in one of these folders; raises `NoTrees`."""
    for folder in folders:
        for name in _FILES:
            try:
                library = CDLL(f"{folder}/{name}")
            except OSError:
                continue
            library.LGBM_GetLastError.restype = c_char_p
            return library
    raise NoTrees("LightGBM is not installed here, and this scorer is made of its trees")


@cache
def _library() -> CDLL:
    spec = find_spec("lightgbm")  # its place, without importing it
    return open_library((spec and spec.submodule_search_locations) or ())


def _call(function: str, *arguments: Any) -> None:
    _check(getattr(_library(), function)(*arguments))


def _check(failed: int) -> None:
    if failed:
        said: bytes = _library().LGBM_GetLastError()
        raise NoTrees(f"LightGBM: {said.decode('utf-8', 'replace').partition(chr(10))[0]}")


class Trees:
    """A model of `width` values a row; NaN is unknown. Raises `NoTrees` for a bad text."""

    def __init__(self, text: str) -> None:
        handle = c_void_p()
        count = c_int()
        _call("LGBM_BoosterLoadModelFromString", text.encode(), byref(count), byref(handle))
        finalize(self, _library().LGBM_BoosterFree, handle)
        self.count = count.value
        width = c_int()
        _call("LGBM_BoosterGetNumFeature", handle, byref(width))
        self.width = width.value
        self._raw = _Asked(handle, self.width, _RAW, 1)
        self._leaves = _Asked(handle, self.width, _LEAVES, self.count)
        self._shap = _Asked(handle, self.width, _SHAP, self.width + 1)

    def raw(self, row: list[Any]) -> float:
        """The log odds of a row. `TypeError` if it holds anything but numbers."""
        return self._raw(row)[0]

    def leaves(self, row: list[Any]) -> Doubles:
        """The number of the leaf in every tree; read it before the next call."""
        return self._leaves(row)

    def shap(self, row: list[Any]) -> list[float]:
        """Exact TreeSHAP values of a row, and the base. Dear: about 1 ms."""
        return list(self._shap(row))


class _Asked:
    """One kind of question, with everything prepared: a call costs what the trees cost."""

    def __init__(self, handle: c_void_p, width: int, kind: int, answers: int) -> None:
        config = c_void_p()
        _call(
            "LGBM_BoosterPredictForMatSingleRowFastInit",
            *(handle, c_int(kind), c_int(0), c_int(-1), c_int(_DOUBLES)),
            *(c_int(width), c_char_p(_OPTIONS), byref(config)),
        )
        finalize(self, _library().LGBM_FastConfigFree, config)
        self._ask = _library().LGBM_BoosterPredictForMatSingleRowFast
        self._config = config
        self._row = (c_double * width)()
        self._answer = (c_double * answers)()
        self._length = byref(c_int64())

    def __call__(self, row: list[Any]) -> Doubles:
        self._row[:] = row
        _check(self._ask(self._config, self._row, self._length, self._answer))
        return self._answer
