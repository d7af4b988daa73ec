"""An interrupt hits what may be hit, comes to nothing elsewhere, and never comes late."""

import contextlib
import sys
import threading
from collections.abc import Iterator

import pytest

from nntui_core import interruption
from nntui_core.interruption import interrupt, interruptible


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Let threads take turns at nearly every instruction."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def spin() -> None:
    while True:
        pass


def count() -> None:
    for _ in range(5000):
        pass


def test_what_does_not_end_is_ended() -> None:
    begun = threading.Event()
    ended: list[type[BaseException]] = []

    def work() -> None:
        begun.set()
        try:
            interruptible(spin)
        except KeyboardInterrupt as error:
            ended.append(type(error))

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(20)
    assert thread.ident is not None
    while thread.is_alive():
        interrupt(thread.ident)
        thread.join(0.01)
    assert ended == [KeyboardInterrupt]


def test_elsewhere_nothing_is_hit() -> None:
    assert not interrupt(threading.get_ident())
    assert interruptible(lambda: interruptible(lambda: 3)) == 3
    assert not interrupt(threading.get_ident())


def test_what_is_open_inside_stays_open() -> None:
    """The inner call's end does not close the outer one."""
    with pytest.raises(KeyboardInterrupt):
        interruptible(lambda: (interruptible(int), interrupt(threading.get_ident())))


def test_without_an_interrupt_nothing_is_raised_that_would_have_to_be_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """CPython would look for it at every call from then on, found or not."""
    raised: list[object] = []
    monkeypatch.setattr(interruption, "_raise_in", lambda *what: raised.append(what))
    for _ in range(3):
        interruptible(count)
    assert raised == []


def test_after_a_late_interrupt_a_trace_function_returns() -> None:
    """It never does while CPython still looks for an exception that has been taken back."""
    for _ in range(20):
        with contextlib.suppress(KeyboardInterrupt):
            interruptible(interrupt, threading.get_ident())
    seen: list[str] = []

    def trace(_frame: object, event: str, _: object) -> None:
        seen.append(event)

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        count()
    finally:
        sys.settrace(before)
    assert seen == ["call"]


def test_an_interrupt_never_comes_late(quick_switches: None) -> None:
    """Asked for again and again while another thread goes in and out: what happens outside is never hit."""
    hits, late, rounds = 0, 0, 0
    over = threading.Event()

    def work() -> None:
        nonlocal hits, late, rounds
        while not over.is_set():
            try:
                try:
                    interruptible(count)
                except KeyboardInterrupt:
                    hits += 1
                rounds += 1
                max(abs(-1), abs(1))
            except KeyboardInterrupt:
                late += 1

    thread = threading.Thread(target=work)
    thread.start()
    assert thread.ident is not None
    while thread.is_alive():
        interrupt(thread.ident)
        if hits >= 30:
            over.set()
    thread.join()
    assert late == 0
    assert rounds > 0
