"""Interrupting a statement that does not end, and nothing else.

Another thread can make an exception appear between any two instructions of this one
(`PyThreadState_SetAsyncExc`). Where that hits the program's own code it is what ctrl+c does under Python; where it hits
the engine between "the iterations are done" and "their losses are recorded", the engine is broken. So a thread says
when it may be hit: `interruptible(call)` does so for the time of a call, and takes back what comes too late.

The order in `interruptible` is what makes it safe. CPython looks for such an exception when a function begins, after a
call and at a jump back, never at an assignment: `_open` is emptied before anything else can be hit, and from then on
nobody raises. One that had been raised before, and not been delivered, is taken back under the lock.
"""

import ctypes
import threading
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["interrupt", "interruptible"]

Result = TypeVar("Result")

_lock = threading.Lock()
_open: dict[int, bool] = {}
"""The threads that may be hit, by their identifiers."""


def interruptible(call: Callable[..., Result], *args: Any) -> Result:
    """Call; meanwhile another thread may raise a `KeyboardInterrupt` in this one by `interrupt`.

    Raises:
        KeyboardInterrupt: that has happened, at the latest as the call came to its end.
    """
    me = threading.get_ident()
    if _open.get(me):
        return call(*args)
    try:
        _open[me] = True
        return call(*args)
    finally:
        _open[me] = False
        _take_back(me)


def interrupt(thread: int) -> bool:
    """Raise a `KeyboardInterrupt` in a thread, if it is inside `interruptible`; return whether it is.

    Code that is not Python's ends first.
    """
    with _lock:
        return _open.get(thread, False) and _raise_in(thread, KeyboardInterrupt)


def _take_back(thread: int) -> None:
    with _lock:
        _raise_in(thread, None)
        _open.pop(thread, None)


def _raise_in(thread: int, error: type[BaseException] | None) -> bool:
    """Let an exception appear in a thread, None: take back the one that has not appeared yet."""
    what = None if error is None else ctypes.py_object(error)
    hit: int = ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
    return hit > 0
