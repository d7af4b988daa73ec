"""The real program at the far end of a real OpenSSH connection: used, broken off, and taken up again."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tests.terminal.pane import DEADLINE, PROGRAM, ROOTS, Pane, child, pane
from tests.terminal.sshd import Server, server
from tests.terminal.wire import Wire, wire

from nntui_core import builtin, files
from nntui_core.files import Kept
from nntui_core.session import Session


@dataclass(frozen=True, slots=True)
class Far:
    """A shell here, and a server at the far end of a wire with a state directory of its own."""

    shell: Pane
    server: Server
    wire: Wire
    state: Path

    def open(self, arguments: str = "", *, port: int | None = None) -> None:
        """Log in and start nntui there; the number of its process goes to a file."""
        command = f"echo $$ > {self.state}/pid; exec {far_program(self.state)} {arguments}"
        self.shell.say(f"clear; {self.server.login(command, port or self.wire.port)}; echo status=$?")
        self.shell.until(lambda text: at(text) is not None and "q quit" in text and "─╯" in text)

    def run(self, least: int) -> int:
        """Let it run so far, and return an iteration that the screen has shown."""
        self.shell.keys("Space")
        return self.watch(least)

    def watch(self, least: int) -> int:
        """Wait until it has run so far, and return an iteration that the screen has shown."""
        shown = at(self.shell.until(lambda text: "it/s" in text and (at(text) or 0) > least))
        assert shown is not None
        return shown

    def await_end(self) -> None:
        """Wait until the program at the far end has ended."""
        process = Path(f"/proc/{(self.state / 'pid').read_text().strip()}")
        deadline = time.monotonic() + DEADLINE
        while process.exists():
            assert time.monotonic() < deadline, "the program goes on without a terminal"
            time.sleep(0.02)

    def kept(self) -> Kept:
        """Return the session that was kept last; nothing but whole sessions has been left."""
        found = list((self.state / "nntui" / "sessions").iterdir())
        assert {path.suffix for path in found} == {".npz"}
        return files.load(str(max(found, key=lambda path: path.stat().st_mtime_ns)))


def far_program(state: Path) -> str:
    """Return the command that starts nntui with a state directory."""
    settings = {"PYTHONPATH": ROOTS, "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": str(state)}
    return " ".join(["env", *(f"{name}={value}" for name, value in settings.items()), PROGRAM])


def at(text: str) -> int | None:
    """Return the iteration that the header says, None where there is no header."""
    found = re.search(r"\bit ([\d,]+)", text.split("\n")[0])
    return int(found[1].replace(",", "")) if found else None


@contextmanager
def far(folder: Path, rate: float = 0.0) -> Iterator[Far]:
    """Open a shell here and a server at the far end of a wire, which carries `rate` bytes a second, 0 for no limit."""
    keys, state = folder / "keys", folder / "state"
    keys.mkdir()
    state.mkdir()
    with server(keys) as serving, wire(serving.port, rate) as laid, pane() as shell:
        yield Far(shell, serving, laid, state)


def test_it_is_used_through_a_login(tmp_path: Path) -> None:
    own = Session(builtin.load("default"))
    with far(tmp_path) as there:
        there.open()
        there.shell.keys("n", "n", "s", "Tab")
        own.advance(2)
        shown = [f"{number:.3f}" for number in own.state["W1"].reshape(-1).tolist()]
        there.shell.until(lambda text: at(text) == 2 and "▶ →     a1" in text and all(w in text for w in shown))
        there.shell.tmux("resize-window", "-t", "0", "-x", "120", "-y", "36")
        there.shell.until(lambda text: max(map(len, text.split("\n"))) == 120 and at(text) == 2)
        there.shell.keys("q")
        there.shell.until(lambda text: "status=0" in text)
        there.await_end()


KEYS: tuple[tuple[str, Callable[[Session], object]], ...] = (
    *[("n", Session.next_iteration)] * 3,
    ("+", lambda session: session.set_rate(2.0)),
    *[("n", Session.next_iteration)] * 2,
    ("N", Session.back_iteration),
    *[("s", Session.step)] * 3,
    ("S", Session.back),
    ("-", lambda session: session.set_rate(1.0)),
    *[("n", Session.next_iteration)] * 4,
    *[("s", Session.step)] * 2,
)
"""Keys that lead elsewhere in any other order, and what they do."""
MOST_FOR_KEYS = 12_000
"""Bytes, ssh's own included: three pictures or four for all of the keys, and not one for each."""


def test_over_a_slow_wire_keys_are_done_in_order_and_few_pictures_come(tmp_path: Path) -> None:
    own = Session(builtin.load("default"))
    with far(tmp_path, 12_500) as there:
        there.open()
        before = there.wire.down
        for key, do in KEYS:
            there.shell.keys(key)
            do(own)
        shown = [f"{number:.3f}" for number in own.state["W1"].reshape(-1).tolist()]
        place = f"it {own.position.iteration}/1,000 · γ 1 "
        marked = own.interpreter.statement.text
        there.shell.until(lambda text: place in text and f"▶ →     {marked} " in text and all(w in text for w in shown))
        assert there.wire.down - before < MOST_FOR_KEYS
        there.shell.keys("Space")
        there.shell.until(lambda text: "it/s" in text)
        there.shell.keys("l", *"0.25", "Enter")
        there.shell.until(lambda text: "γ 0.25" in text and "it/s" in text)
        there.shell.keys("Space")
        there.shell.until(lambda text: "paused" in text)
        there.shell.keys("q")
        there.shell.until(lambda text: "status=0" in text)


@pytest.mark.parametrize("plug", ["the client is killed", "the wire is cut"])
def test_a_run_is_broken_off_and_taken_up_again(tmp_path: Path, plug: str) -> None:
    with far(tmp_path) as there:
        there.open()
        there.shell.keys("u")
        there.shell.until(lambda text: "run until" in text)
        there.shell.say("1000000")
        shown = there.watch(1000)
        if plug == "the wire is cut":
            there.wire.cut()  # neither end is told: sshd finds out when the client does not answer
        else:
            os.kill(child(there.shell), signal.SIGKILL)
        there.await_end()
        kept = there.kept()
        assert kept.position.iteration >= shown
        own = Session(builtin.load("default"))
        own.goto(kept.position)
        for name in ("W1", "W2"):
            np.testing.assert_array_equal(kept.session()[0].state[name], own.state[name], strict=True)
        if plug == "the wire is cut":
            os.kill(child(there.shell), signal.SIGKILL)
        there.shell.until(lambda text: "status=137" in text)
        there.shell.tmux("send-keys", "-t", "0", "-l", "stty sane; tput rmcup; clear")
        there.shell.keys("C-j")  # the terminal is as the killed client has left it: enter is none
        there.shell.prompt()
        there.open("--resume", port=there.server.port)
        numbers = [f"{number:.3f}" for number in own.state["W1"].reshape(-1).tolist()]
        there.shell.until(lambda text: at(text) == kept.position.iteration and all(w in text for w in numbers))
        shown_then = there.run(kept.position.iteration)
        there.shell.keys("Space")
        there.shell.until(lambda text: "paused" in text)
        there.shell.keys("q")
        there.shell.until(lambda text: "status=0" in text)
        after = there.kept()
        assert after.position.iteration >= shown_then > kept.position.iteration
