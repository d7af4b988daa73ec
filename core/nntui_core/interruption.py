"""Interrupting a statement that does not end, and nothing else.

Another thread can make an exception appear between any two instructions of this one
(`PyThreadState_SetAsyncExc`). Where that hits the program's own code it is what ctrl+c does under Python; where it hits
the engine between "the iterations are done" and "their losses are recorded", the engine is broken. So a thread says
when it may be hit: `interruptible(call)` does so for the time of a call, and takes back what comes too late.

The order in `interruptible` is what makes it safe. CPython looks for such an exception when a function begins, after a
call and at a jump back, never at an assignment: `_open` is emptied before anything else can be hit, and from then on
nobody raises. One that had been raised before, and not been delivered, is replaced by another, which is awaited: to
take it back by `PyThreadState_SetAsyncExc(thread, NULL)` would leave CPython looking for it at every call, for ever
(and a trace function would then never return).
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
_hit: set[int] = set()
"""Those in which an exception has been raised since they may be hit; perhaps it has appeared already."""


class _Late(BaseException):
    """Takes the place of an interrupt that came too late."""


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
        if not _open.get(thread, False):
            return False
        _hit.add(thread)
        return _raise_in(thread, KeyboardInterrupt)


def _take_back(thread: int) -> None:
    try:
        with _lock:
            _open.pop(thread, None)
            if thread not in _hit:
                return
            _hit.discard(thread)
            _raise_in(thread, _Late)
        while True:  # it appears at the jump back, at the latest
            pass
    except _Late:
        pass


def _raise_in(thread: int, error: type[BaseException]) -> bool:
    """Let an exception appear in a thread, in the place of one that has not appeared yet."""
    hit: int = ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))
    return hit > 0
