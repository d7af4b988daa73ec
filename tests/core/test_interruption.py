"""An interrupt hits what may be hit, comes to nothing elsewhere, and never comes late."""

import sys
import threading
from collections.abc import Iterator

import pytest

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
