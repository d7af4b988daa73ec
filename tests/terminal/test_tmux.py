"""The real program in a real terminal: it starts, takes keys, and leaves everything as it was."""

import os
import sys
import time
from pathlib import Path

import pytest
from tests.terminal.conftest import require
from tests.terminal.pane import PROGRAM, Pane, pane, program

from nntui_core import builtin
from nntui_core.session import Session

STATUS = "echo status=$?"


def ended(shell: Pane) -> str:
    """Wait for the prompt, ask for the exit status, and return it."""
    shell.prompt()
    shell.say(STATUS)
    text = shell.until(lambda text: any(line.startswith("status=") for line in text.split("\n")))
    shell.prompt()
    return next(line for line in text.split("\n") if line.startswith("status=")).removeprefix("status=")


def test_the_first_screen_at_80_by_24() -> None:
    with program() as shell:
        text = shell.until(
            lambda text: "0.512" in text and "╭ delta1 4×4 " in text
        )  # the deltas are known a moment later
        lines = text.split("\n")
        assert lines[0].startswith(" nntui · default · 3-4-1 sigmoid · seed 1")
        for name in ("W1 3×4", "W2 4×1", "delta1 4×4", "delta2 4×1", "loss curve", "predictions x", "code"):
            assert f"╭ {name} " in text, text
        assert "▶ →     z1 = x @ W1" in text
        state = Session(builtin.load("default")).state
        for name in ("W1", "W2"):
            for number in state[name].reshape(-1).tolist():
                assert f"{number:.3f}" in text


def test_keys_step_and_run_and_stop() -> None:
    own = Session(builtin.load("default"))
    with program() as shell:
        shell.keys("s", "s", "s", "s", "s")
        shell.until(lambda text: "▶ ←     delta2" in text)
        shell.keys("n", "n")
        own.advance(2)
        text = shell.until(lambda text: "it 2/1,000 ·" in text and "▶ →     z1" in text)
        assert f"C {own.loss:.4f}" in text
        for number in own.state["W2"].reshape(-1).tolist():
            assert f"{number:.3f}" in text
        shell.keys("Space")
        shell.until(lambda text: "it/s" in text)
        shell.keys("s")
        shell.until(lambda text: "paused" in text)
        shell.keys("r", "Tab")
        shell.until(lambda text: "it 0/1,000 ·" in text and "W1[0,0] = 0.5118216247002567" in text)
        shell.keys("Right")
        shell.until(lambda text: "it 0/1,000 ·" in text and "W1[0,1] = 0.9504636963259353" in text)


@pytest.mark.parametrize("key", ["q", "C-q"])
def test_quitting_leaves_the_terminal_as_it_was(key: str) -> None:
    with pane() as shell:
        shell.say("echo before; stty -a > before.txt; pwd".replace("before.txt", "${TMPDIR:-/tmp}/nntui-$$-before"))
        shell.prompt()
        before = shell.text()
        shell.say(f"'{sys.executable}' -m nntui")
        shell.until(lambda text: "it 0/1,000 ·" in text and "q quit" in text)
        assert shell.what("alternate_on") == "1"
        shell.keys("n", "Space")
        shell.until(lambda text: "it/s" in text)
        shell.keys(key)
        assert ended(shell) == "0"
        assert shell.what("alternate_on") == "0"
        assert shell.what("cursor_flag") == "1"
        assert shell.what("mouse_any_flag") == "0"
        assert shell.what("keypad_cursor_flag") == "0"
        assert before.split("\n")[1] in shell.text()
        shell.say(
            "stty -a | diff ${TMPDIR:-/tmp}/nntui-$$-before - && echo the same; rm ${TMPDIR:-/tmp}/nntui-$$-before"
        )
        shell.until(lambda text: "\nthe same\n" in text)
        shell.say("echo typed text")
        shell.until(lambda text: "\ntyped text\n" in text and "> echo typed text" in text)


def test_ctrl_c_quits_too() -> None:
    with program() as shell:
        shell.keys("s")
        shell.until(lambda text: "▶ →     a1" in text)
        shell.keys("C-c")
        assert ended(shell) == "0"


def test_the_naive_program_in_words() -> None:
    with program("naive") as shell:
        shell.keys("n")
        text = shell.until(lambda text: "failed" in text)
        said = " ".join(text.split())
        assert "weight1 is (3,4)" in said
        assert "learningRate * dC_dw1 is (4,4)" in said
        shell.keys("q")
        assert ended(shell) == "0"


def fills(text: str, width: int, height: int) -> bool:
    """Tell whether a running program's screen reaches to the right edge and its footer to the lowest line."""
    lines = text.rstrip("\n").split("\n")
    return "it/s" in text and max(map(len, lines)) == width and len(lines) == height and "q quit" in lines[-1]


def test_the_terminal_may_change_its_size_while_it_runs() -> None:
    with program() as shell:
        shell.keys("Space")
        shell.until(lambda text: "it/s" in text)
        for width, height in ((120, 36), (60, 15), (80, 24)):
            shell.tmux("resize-window", "-t", "0", "-x", str(width), "-y", str(height))
            shell.until(lambda text, size=(width, height): fills(text, *size))  # type: ignore[misc]
        shell.keys("q")
        assert ended(shell) == "0"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "linux"), ("TERM", "screen")])
def test_poor_terminals_show_the_same_text(name: str, value: str) -> None:
    with program(environment={name: value}) as shell:
        shell.keys("n", "n", "s")
        shell.until(lambda text: "it 2/1,000 ·" in text and "▶ →     a1" in text and "╭ W1 3×4 " in text)
        shell.keys("q")
        assert ended(shell) == "0"


def test_a_pipe_is_refused_in_one_line() -> None:
    with pane() as shell:
        shell.say(f"'{sys.executable}' -m nntui | cat")
        shell.prompt()
        said = " ".join(shell.text().split())
        assert "needs a terminal" in said
        assert "nntui run" in said
        assert "Traceback" not in said
        assert shell.what("alternate_on") == "0"


def test_a_missing_tool_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-tool is not installed"):
        require("no-such-tool")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-tool is not installed"):
        require("no-such-tool")
    assert os.path.basename(require("sh")) == "sh"  # noqa: PTH119 - a name, not a file


@pytest.mark.parametrize("name", ["xterm", "xterm-256color"])
def test_usual_terminals_start_and_draw(name: str) -> None:
    with program(environment={"TERM": name}) as shell:
        shell.until(lambda text: "╭ W1 3×4 " in text)
        shell.keys("q")
        assert ended(shell) == "0"


OWN = """\
import numpy as np

x, y = np.eye(3), np.array([[1.0], [0.0], [1.0]])
w, lr = np.zeros((3, 1)), 0.1
for i in range(50):
    out = x @ w
    delta = out - y
    print("printed in", i)
    w = w - lr * x.T @ delta
"""


def test_an_own_script_and_what_it_prints(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    with pane() as shell:
        shell.say(f"cd '{tmp_path}' && {PROGRAM} mine.py")
        shell.until(lambda text: "it 0/50" in text and "▶ →     out = x @ w" in text)
        shell.keys("n", "n")
        text = shell.until(lambda text: "it 2/50" in text)
        assert "printed in" not in text.replace('print("printed in"', "")
        shell.keys("BTab")
        shell.until(lambda text: "╭ printed output " in text and "printed in 1" in text)
        shell.keys("q")
        assert ended(shell) == "0"
        assert "printed in" not in shell.text()
        assert (tmp_path / "mine.py").read_text() == OWN


@pytest.mark.parametrize("where", ["setup", "statement"])
def test_quitting_does_not_wait_for_what_never_ends(tmp_path: Path, where: str) -> None:
    spin = "def spin():\n    while True:\n        pass\n\n\n"
    spot, call = ("for i", "spin()\nfor i") if where == "setup" else ("    out = ", "    spin()\n    out = ")
    (tmp_path / "mine.py").write_text(OWN.replace(spot, call).replace("x, y", spin + "x, y", 1))
    with pane() as shell:
        shell.say(f"cd '{tmp_path}' && {PROGRAM} mine.py")
        shell.until(lambda text: "setting up the program" in text or "it 0/50" in text)
        if where == "statement":
            shell.keys("s")
        shell.until(lambda text: "still at work" in text)
        pressed = time.monotonic()
        shell.keys("q")
        shell.prompt()
        assert time.monotonic() - pressed < 2
        assert shell.what("alternate_on") == "0"
        assert ended(shell) == "0"
