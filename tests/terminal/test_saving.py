"""The real program: what is kept when it is quit, hung up, terminated or killed, and how it goes on from there."""

import os
import re
import signal
from pathlib import Path

import pytest
from tests.terminal.pane import PROGRAM, Pane, child, program

from nntui_core import builtin, files
from nntui_core.session import Session

STATUS = "echo status=$?"


def kept(state: Path) -> list[str]:
    return sorted(path.suffix for path in (state / "nntui" / "sessions").glob("*"))


def at(text: str, iteration: int) -> bool:
    """Tell whether the header says that it stands in an iteration."""
    return re.search(rf"\bit {iteration}\b", text.split("\n")[0]) is not None


def go_on(shell: Pane, iteration: int) -> None:
    """Resume, and hold what is shown to a session that was never interrupted."""
    shell.say(f"clear; {PROGRAM} --resume")
    own = Session(builtin.load("default"))
    own.advance(iteration)
    shown = [f"{number:.3f}" for number in own.state["W2"].reshape(-1).tolist()]
    shell.until(lambda text: at(text, iteration) and all(number in text for number in shown) and "q quit" in text)
    shell.keys("S")
    shell.until(lambda text: at(text, iteration - 1))
    shell.keys("q")
    shell.prompt()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_keeps_the_session_and_ends(tmp_path: Path, number: signal.Signals) -> None:
    with program(environment={"XDG_STATE_HOME": str(tmp_path)}) as shell:
        shell.keys("n", "n", "n")
        shell.until(lambda text: at(text, 3))
        os.kill(child(shell), number)
        shell.prompt()
        shell.say(STATUS)
        shell.until(lambda text: f"status={128 + number}" in text)
        assert kept(tmp_path) == [".npz"]
        go_on(shell, 3)


def test_quitting_keeps_it_and_doing_nothing_keeps_nothing(tmp_path: Path) -> None:
    with program(environment={"XDG_STATE_HOME": str(tmp_path)}) as shell:
        shell.keys("q")
        shell.prompt()
        assert kept(tmp_path) == []
        shell.say(f"clear; {PROGRAM}")
        shell.until(lambda text: at(text, 0) and "▶" in text)
        shell.keys("n", "n")
        shell.until(lambda text: at(text, 2))
        shell.keys("q")
        shell.prompt()
        shell.until(
            lambda text: "the session is kept in" in text and "nntui --resume goes on" in " ".join(text.split())
        )
        go_on(shell, 2)


def test_after_a_kill_the_next_start_says_so_and_resume_goes_on(tmp_path: Path) -> None:
    with program(environment={"XDG_STATE_HOME": str(tmp_path)}) as shell:
        shell.keys("n", "n", "n", "n")
        shell.until(lambda text: at(text, 4))
        shell.until(lambda _: kept(tmp_path) == [".npz", ".running"])
        os.kill(child(shell), signal.SIGKILL)
        shell.until(lambda text: "Killed" in text)
        saved = next((tmp_path / "nntui" / "sessions").glob("*.npz"))
        assert files.load(str(saved)).position == (4, 0)
        shell.tmux("send-keys", "-t", "0", "-l", "stty sane; tput rmcup; clear")
        shell.keys("C-j")  # the terminal is as the killed program has left it: enter is none
        shell.prompt()
        shell.say(PROGRAM)
        shell.until(lambda text: "was cut off: nntui --resume goes on" in text)
        shell.keys("q")
        shell.prompt()
        go_on(shell, 4)
        shell.say(f"clear; {PROGRAM}")
        shell.until(lambda text: at(text, 0) and "nothing is computed yet" in text)
        shell.keys("q")
        shell.prompt()
