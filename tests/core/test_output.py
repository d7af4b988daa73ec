"""What a program prints is kept in bounded memory, and nothing that it does to its stdout does harm."""

import io
import sys
from typing import TextIO

import pytest

from nntui_core.output import LONGEST, MOST_LINES, Output


def test_lines_and_the_rest_of_one() -> None:
    output = Output()
    with output.installed():
        print("one")
        print("two", end="")
        print("and a half", file=sys.stderr)
        print("three", end="")
    assert output.last(9) == ("one", "twoand a half", "three")
    assert output.last(1) == ("three",)
    assert output.last(0) == ()
    assert output.count == 2


def test_memory_is_bounded() -> None:
    output = Output()
    with output.installed():
        for i in range(MOST_LINES + 10):
            print(i)
        print("x" * 100_000)
        for _ in range(100):
            print("y" * 1000, end="")
    lines = output.last(10**9)
    assert len(lines) == MOST_LINES + 1
    assert lines[0] == "11"
    assert max(map(len, lines)) == LONGEST
    assert output.count == MOST_LINES + 11


def test_what_is_printed_again_is_not_kept_again() -> None:
    output = Output()
    with output.installed():
        print("once")
    output.quiet = True
    with output.installed():
        print("once")
    assert output.last(9) == ("once",)


def test_closing_closes_nothing() -> None:
    output = Output()
    with output.installed():
        sys.stdout.close()
        print("still there")
        sys.stdout.buffer.close()
        sys.stdout.buffer.write(b"bytes \xff\n")
        sys.stdout.reconfigure(encoding="ascii")  # type: ignore[union-attr]
        assert not sys.stdout.isatty()
        assert sys.stdout.encoding == "utf-8"
        wrapped = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")
        wrapped.write("wrapped\n")
        wrapped.close()
    assert output.last(9) == ("still there", "bytes \\xff", "wrapped")


class Broken(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise ValueError("closed")


@pytest.mark.parametrize("echo", [Broken(), io.StringIO()])
def test_an_echo_that_is_broken_is_let_go(echo: TextIO) -> None:
    output = Output(echo)
    with output.installed():
        print("heard", flush=True)
        sys.stdout.flush()
    assert output.last(1) == ("heard",)
    assert isinstance(echo, Broken) or echo.getvalue() == "heard\n"  # type: ignore[attr-defined]


def test_a_program_keeps_the_stdout_that_it_has_chosen() -> None:
    output, own, outside = Output(), io.StringIO(), sys.stdout
    with output.installed(anew=True):
        sys.stdout = own
        print("a")
    assert sys.stdout is outside
    with output.installed():
        print("b")
    output.quiet = True
    with output.installed():
        print("b")  # a replay
    output.quiet = False
    assert own.getvalue() == "a\nb\n"
    with output.installed(anew=True):
        print("c")
    assert output.last(9) == ("c",)


def test_lines_by_their_numbers() -> None:
    output = Output()
    with output.installed():
        print(*range(MOST_LINES + 5), sep="\n")
        print("more", end="")
    assert output.oldest == 5
    assert output.lines(7, 2) == (7, ("7", "8"))
    assert output.lines(0, 2) == (5, ("5", "6"))
    assert output.lines(None, 2) == output.lines(10**9, 2) == (MOST_LINES + 4, (str(MOST_LINES + 4), "more"))
    assert output.lines(7, 0) == (7, ())
    assert Output().lines(None, 3) == (0, ())


def test_a_progress_bar_writes_over_itself() -> None:
    output = Output()
    with output.installed():
        for i in range(3):
            print(f"\r{i} of 3", end="")
            assert output.last(1) == (f"{i} of 3",)
        print("\nnext\r\nlast\r", end="")
    assert output.last(9) == ("2 of 3", "next", "last\r")
    with output.installed():
        for _ in range(1000):
            print("x" * 50, end="\r")
    assert output.last(1) == ("x" * 50 + "\r",)
