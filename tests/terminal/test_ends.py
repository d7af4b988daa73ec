"""Left for a while, taken to another terminal, hung up, terminated: the terminal is as it was, the process is gone."""

import os
import select
import signal
import time
from pathlib import Path

import pytest
from tests.terminal.pane import DEADLINE, PROGRAM, ROOTS, Pane, child, pane, program

HANGING = """\
import numpy as np

x, y = np.eye(3), np.array([[1.0], [0.0], [1.0]])
w, lr = np.zeros((3, 1)), 0.1
for i in range(50):
    out = x @ w
    while i == 1:
        pass
    delta = out - y
    w = w - lr * x.T @ delta
"""

MOST_WORK = 0.3
"""Seconds of a processor: the end is noticed within a second, spent waiting; a thread that went on reading took 0.7."""

STATES = {
    "paused": lambda shell: shell.keys("n"),
    "running": lambda shell: shell.keys("Space"),
    "with a dialog open": lambda shell: shell.keys("n", "L"),
    "in a statement that does not end": lambda shell: shell.keys("n", "n"),
}
REACHED = {
    "paused": "it 1",
    "running": "it/s",
    "with a dialog open": "learning rate",
    "in a statement that does not end": "still at work",
}


def cpu_seconds(pid: int) -> float:
    """Return how long a process has used a processor for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settled(pid: int) -> float:
    """Wait until a process has nothing to do any more; return how long it has used a processor for."""
    used, deadline = cpu_seconds(pid), time.monotonic() + DEADLINE
    while True:
        time.sleep(0.5)
        now = cpu_seconds(pid)
        if now - used < 0.05:
            return now
        used = now
        assert time.monotonic() < deadline, "it is never idle"


def is_restored(shell: Pane) -> bool:
    """Tell whether the terminal is as a shell wants it."""
    flags = {"alternate_on": "0", "cursor_flag": "1", "mouse_any_flag": "0", "keypad_cursor_flag": "0"}
    return {name: shell.what(name) for name in flags} == flags


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
@pytest.mark.parametrize("state", STATES)
def test_a_signal_ends_it_and_restores_the_terminal(tmp_path: Path, state: str, number: signal.Signals) -> None:
    (tmp_path / "mine.py").write_text(HANGING)
    own = f"'{tmp_path}/mine.py'" if "statement" in state else ""
    with pane() as shell:
        shell.say(f"stty -a > '{tmp_path}/before'; clear; {PROGRAM} {own}")
        shell.until(lambda text: "it 0" in text and "q quit" in text and "─╯" in text)
        STATES[state](shell)
        shell.until(lambda text: REACHED[state] in text)
        os.kill(child(shell), number)
        shell.prompt()
        assert is_restored(shell)
        shell.say(f"echo status=$?; stty -a | diff '{tmp_path}/before' - && echo the same")
        shell.until(lambda text: f"status={128 + number}" in text and "\nthe same\n" in text)


def test_ctrl_z_and_fg_while_it_runs() -> None:
    with program() as shell:
        shell.keys("Space")
        shell.until(lambda text: "it/s" in text)
        shell.keys("C-z")
        shell.prompt()
        assert is_restored(shell)
        shell.say("echo typed in the shell")
        shell.until(lambda text: "\ntyped in the shell\n" in text)
        shell.say("fg")
        before = shell.until(lambda text: "it/s" in text and "╭ W1 3×4 " in text and "q quit" in text)
        shell.until(lambda text: text.split("\n")[0] != before.split("\n")[0])  # and goes on
        shell.keys("Space")
        shell.until(lambda text: "paused" in text)
        shell.keys("q")
        shell.prompt()


def test_a_stop_that_gave_no_warning_leaves_one_reader_of_keys() -> None:
    with program() as shell:
        pid = child(shell)
        settled(pid)  # or the terminal's answer to what it is being asked would be typed into the shell
        threads = len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208 - they are counted
        os.kill(pid, signal.SIGSTOP)
        shell.until(lambda text: "Stopped" in text)
        shell.keys("C-j")
        shell.tmux("send-keys", "-t", "0", "-l", "fg")
        shell.keys("C-j")
        shell.until(lambda text: "╭ W1 3×4 " in text and "q quit" in text and "Stopped" not in text)
        assert len(os.listdir(f"/proc/{pid}/task")) <= threads  # noqa: PTH208
        shell.keys("n", "n", "n")
        shell.until(lambda text: "it 3/" in text)
        shell.keys("q")
        shell.prompt()


def test_a_detached_tmux_changes_its_size_and_comes_back() -> None:
    with pane() as shell, pane(120, 36) as other:
        shell.say(PROGRAM)
        shell.until(lambda text: "it 0" in text and "q quit" in text and "─╯" in text)
        attach = " ".join(["env", "-u", "TMUX", *shell.command, "attach"])
        other.say(attach)
        other.until(lambda text: "╭ W1 3×4 " in text)
        shell.keys("Space")
        other.until(lambda text: "it/s" in text)
        other.keys("C-b", "d")
        other.until(lambda text: "[detached" in text)
        shell.tmux("resize-window", "-t", "0", "-x", "100", "-y", "30")
        shell.until(lambda text: max(map(len, text.split("\n"))) == 100)
        other.say(f"clear; {attach}")
        shown = other.until(lambda text: "it/s" in text and "╭ W1 3×4 " in text and "q quit" in text)
        other.until(lambda text: text.split("\n")[0] != shown.split("\n")[0])
        other.keys("C-b", "d")
        shell.keys("q")
        shell.prompt()


def test_the_end_of_input_ends_it_without_a_signal_and_without_work(tmp_path: Path) -> None:
    """A terminal that is not the controlling one sends no hangup when it goes: reads fail, or return nothing."""
    master, slave = os.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for number in (0, 1, 2):
            os.dup2(slave, number)
        os.closerange(3, 100)
        settings = {"PYTHONPATH": ROOTS, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "XDG_STATE_HOME": str(tmp_path)}
        os.execve("/bin/sh", ["sh", "-c", f"exec {PROGRAM}"], {"PATH": os.environ["PATH"], **settings})
    os.close(slave)
    seen = b""
    while b"quit" not in seen:
        assert select.select([master], [], [], DEADLINE)[0], f"nothing comes after {seen!r}"
        seen += os.read(master, 65536)
    before = settled(pid)
    os.close(master)
    deadline = time.monotonic() + DEADLINE
    while not (ended := os.wait4(pid, os.WNOHANG))[0]:
        assert time.monotonic() < deadline, "it goes on without a terminal"
        time.sleep(0.02)
    assert os.waitstatus_to_exitcode(ended[1]) == 128 + signal.SIGHUP
    used = ended[2].ru_utime + ended[2].ru_stime - before
    assert used < MOST_WORK, f"its end took {used:.2f} s of a processor: it reads without end"


def test_a_session_on_a_broken_connection_is_taken_over(tmp_path: Path) -> None:
    settings = {"XDG_STATE_HOME": str(tmp_path)}
    with program(environment=settings) as old, pane(environment=settings) as new:
        old.keys("n", "n")
        old.until(lambda text: "it 2/" in text)
        deadline = time.monotonic() + DEADLINE
        while not list((tmp_path / "nntui" / "sessions").glob("*.npz")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        old.keys("n")
        old.until(lambda text: "it 3/" in text)
        new.say(f"{PROGRAM} --resume")
        new.until(lambda text: f"process {child(old)}" in text and "[y/N]" in text)
        new.say("n")
        new.until(lambda text: "there is no session to go on with" in text)
        new.say(f"clear; {PROGRAM} --resume")
        new.until(lambda text: "[y/N]" in text and "no session" not in text)
        new.say("y")
        new.until(lambda text: "it 3/" in text and "q quit" in text)
        old.prompt()
        assert is_restored(old)
        new.keys("q")
        new.prompt()


def test_a_locale_that_is_not_utf8_is_drawn_in_ascii() -> None:
    with pane(environment={"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}) as shell:
        shell.say(PROGRAM)
        text = shell.until(lambda text: "it 0/1,000" in text and "q quit" in text and "W1 3x4" in text)
        assert text.isascii()
        shell.keys("q")
        shell.prompt()
