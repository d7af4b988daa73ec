"""Saving by key, the autosave and its notice, the command line of a session, session files on the command line."""

import io
import json
import os
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.tui.reading import Desk, opened
from textual.widgets import Input

from nntui import autosave, cli, ending, opening, recreate, worker
from nntui.autosave import Autosave, left, notice
from nntui.dialogs.text import TextDialog
from nntui.engine import Engine
from nntui.protocol import Command, Verb
from nntui.usage import Parser
from nntui_core import archive, builtin, files, script
from nntui_core.datasets.loading import load
from nntui_core.network import Network, build
from nntui_core.program import Program
from nntui_core.session import Session
from nntui_core.values import same_bits

Captured = pytest.CaptureFixture[str]
OWN = """\
import numpy as np
x, y, w = np.eye(3), np.ones(3), np.zeros(3)
for i in range(20):
    a = x @ w
    loss = np.sum((a - y) ** 2)
    w = w - 0.125 * 2 * x.T @ (a - y)
print("end")
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of the test's own; scripts go to theirs and leave it on the path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def session_file(path: Path, iterations: int = 30, program: str | Program = "default") -> Session:
    session = Session(builtin.load(program) if isinstance(program, str) else program)
    session.advance(iterations)
    files.save(session, path)
    return session


def stranger(folder: Path, iterations: int = 5) -> Session:
    """Save a session of somebody's own script as strange.npz."""
    (folder / "mine.py").write_text(OWN)
    return session_file(folder / "strange.npz", iterations, script.load("mine.py"))


def complaint(capsys: Captured, *argv: str) -> str:
    """Run a command line that is refused; return the line that says why."""
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    return err


# --- ctrl+s and the other keys ---------------------------------------------------------------------------------------


async def saved_as(desk: Desk, name: str | None) -> str:
    """Press ctrl+s, give a name or take the one that is suggested; return what the screen says."""
    await desk.press("ctrl+s")
    assert isinstance(desk.app.screen, TextDialog)
    if name is not None:
        desk.app.screen.query_one(Input).value = name
    await desk.press("enter")
    assert desk.at_main
    return desk.explanation()


async def test_ctrl_s_saves_the_session_and_the_text(tmp_path: Path) -> None:
    async with opened() as desk:
        await desk.press("n", "n", "s")
        assert "saved as" in await saved_as(desk, None)
        kept = files.load("default.npz")
        assert kept.position == (2, 1)
        await desk.press("n")
        assert "saved as" in await saved_as(desk, "default.npz")
        assert files.load("default.npz").position == (3, 0)
        assert "saved as" in await saved_as(desk, "text.py")
        assert (tmp_path / "text.py").read_text(encoding="utf-8") == builtin.source("default")


async def test_no_other_file_is_overwritten(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", W1=np.ones(3))
    (tmp_path / "mine.py").write_text(OWN)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    async with opened() as desk:
        for name in ("mine.npz", "mine.py"):
            assert "nothing is overwritten" in await saved_as(desk, name)
        assert "a name in .npz keeps the session" in await saved_as(desk, "mine.txt")
        assert "No such file" in await saved_as(desk, "nowhere/mine.npz")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


async def test_a_picture_of_the_screen(tmp_path: Path) -> None:
    async with opened() as desk:
        await desk.press("n", "P", "P")
        await desk.until(lambda: "a picture of the screen" in desk.explanation())
    for name in ("default-1.svg", "default-1-1.svg"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text.startswith("<svg")
        assert "delta1" in text


async def test_the_command_line_is_shown_by_a_key() -> None:
    async with opened("forum") as desk:
        await desk.press("plus", "n", "C")
        assert "nntui forum --lr 2.0 · then g 1" in desk.explanation()


ARGUMENTS = [
    "",
    "--seed 7",
    "--lr 0.5",
    "--lr=-0.5",
    "forum --lr 0.5 --seed 3",
    "--layers 3-8-4-1 --seed 2 --lr 0.25",
    "--data spiral --layers 2-8-1 --activation tanh --loss bce --bias --seed 4",
    "--data iris --loss ce --optimizer adam --batch 16 --holdout 0.2 --standardize --lr 0.02",
    "--data 'my own.csv' --target kind --loss ce --l2 0.01 --init he",
    "naive",
    "sign --lr 0.125",
    "mine.py",
    "mine.py --target y --cost 'a.sum() * 2' --loop 3",
]


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_the_command_line_opens_the_same_program(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    (tmp_path / "my own.csv").write_text("a,kind,b\n1,x,2\n3,y,4\n5,x,7\n")

    def program(words: list[str]) -> Program:
        parser = Parser("nntui")
        opening.add_program_arguments(parser)
        return opening.open_program(parser.read(words))

    first = program(shlex.split(arguments))
    said = recreate.command(Session(first))
    assert said.startswith("nntui")
    assert program(shlex.split(said)[1:]) == first
    session = Session(first)
    if session.rate is not None and "mine" not in arguments:
        session.set_rate(0.75)
        words = shlex.split(recreate.command(session))[1:]
        again = Session(program(words))
        if "naive" not in arguments:
            for one in (session, again):
                one.advance(3)
        assert same_bits(session.state[first.roles.parameters[0]], again.state[first.roles.parameters[0]])


def test_what_no_command_line_says_is_told() -> None:
    session = Session(builtin.load("default"))
    session.advance(4)
    session.step()
    session.step()
    assert recreate.command(session) == "nntui · then g 4, s 2 times"
    session.set_rate(0.5)
    session.edit_line(session.program.body[-1].line, "W1 = W1 - 2 * lr * dW1")
    said = recreate.command(session)
    assert said.startswith("nntui · then g 4, s 2 times · without γ 0.5 from iteration 4 on, the edit in iteration 4")
    assert said.endswith("ctrl+s keeps that too")


# --- the autosave ----------------------------------------------------------------------------------------------------


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_saves_every_few_seconds_of_change(tmp_path: Path) -> None:
    clock = Clock()
    keeper = Autosave(tmp_path / "kept", clock)
    session = Session(builtin.load("default"))
    keeper.begin(session)
    clock.now = 100
    assert keeper.due_in(session) is None
    keeper.keep(session)
    assert not keeper.path.exists()
    session.step()
    assert keeper.due_in(session) == 0
    keeper.keep(session)
    assert files.load(str(keeper.path)).position == (0, 1)
    assert keeper.due_in(session) is None
    session.step()
    assert keeper.due_in(session) == autosave.EVERY
    keeper.keep(session)
    assert files.load(str(keeper.path)).position == (0, 1)
    keeper.end(session)
    assert files.load(str(keeper.path)).position == (0, 2)
    assert [path.name for path in keeper.path.parent.iterdir()] == [keeper.path.name]
    assert keeper.path.parent.stat().st_mode & 0o077 == 0


def test_saving_takes_a_small_part_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    keeper = Autosave(tmp_path, clock)
    session = Session(builtin.load("default"))

    def slow(*_: object) -> None:
        clock.now += 2

    monkeypatch.setattr(files, "save", slow)
    clock.now = 10
    keeper.keep(session)
    session.step()
    assert keeper.due_in(session) == 2 / autosave.SHARE


def test_where_nothing_can_be_kept_it_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    clock = Clock()
    keeper = Autosave(tmp_path / "file" / "sessions", clock)
    session = Session(builtin.load("default"))
    session.step()
    clock.now = 10
    keeper.keep(session)
    assert "cannot be kept" in keeper.trouble
    assert keeper.due_in(session) is None
    keeper.end(session)


def mark(path: Path, pid: int, **other: object) -> None:
    """Put the mark of a process beside a session file."""
    path.with_suffix(".running").write_text(json.dumps({**autosave._identity(pid), **other}))


def test_a_session_that_was_cut_off_is_told_of_and_comes_first(tmp_path: Path) -> None:
    for k, name in enumerate(("old", "cut", "new", "live", "far")):
        session_file(tmp_path / f"{name}.npz", k + 1)
        os.utime(tmp_path / f"{name}.npz", (1000 + k, 1000 + k))
    assert notice(tmp_path) == ""
    mark(tmp_path / "live.npz", os.getpid())
    mark(tmp_path / "far.npz", 1, host="another machine")
    mark(tmp_path / "cut.npz", 2**22 + 1)
    assert [one.path.stem for one in left(tmp_path)] == ["cut", "new", "old"]
    assert notice(tmp_path).startswith("a session of 19")
    assert notice(tmp_path).endswith("was cut off: nntui --resume goes on")
    mark(tmp_path / "live.npz", os.getpid(), born="1")  # another process has the number now
    assert {one.path.stem for one in left(tmp_path) if one.cut_off} == {"cut", "live"}
    for one in left(tmp_path):
        one.take()
    assert notice(tmp_path) == ""
    (tmp_path / "new.running").write_text("half of a ma")
    assert left(tmp_path)[0].path.stem == "new"
    assert left(tmp_path / "nowhere") == []


def test_several_at_once_have_files_of_their_own_and_five_are_kept(tmp_path: Path) -> None:
    for k in range(8):
        session_file(tmp_path / f"{k}.npz", 1)
        os.utime(tmp_path / f"{k}.npz", (1000 + k, 1000 + k))
    mark(tmp_path / "0.npz", os.getpid())
    clock = Clock()
    keeper = Autosave(tmp_path, clock)
    session = Session(builtin.load("default"))
    clock.now = 10
    keeper.keep(session)
    names = {path.stem for path in tmp_path.glob("*.npz")}
    assert names == {"0", "4", "5", "6", "7", keeper.path.stem}
    assert str(os.getpid()) in keeper.path.stem


def run_engine(keeper: Autosave, program: Program, *verbs: Verb) -> Engine:
    engine = Engine(lambda: program, lambda: None, keeper)
    engine.start()
    for verb in verbs:
        engine.send(Command(verb))
    return engine


def test_the_engine_keeps_the_session_at_its_end(tmp_path: Path) -> None:
    keeper = Autosave(tmp_path)
    engine = run_engine(keeper, builtin.load("default"), Verb.NEXT_ITERATION, Verb.STEP)
    seen: list[tuple[int, int]] = []

    def stands() -> bool:
        report = engine.take()
        seen.extend([] if report is None or report.frame is None else [(report.frame.iteration, report.frame.tick)])
        return (1, 1) in seen

    until(stands)
    ending.wait_for(engine)
    engine.join(20)
    assert files.load(str(keeper.path)).position == (1, 1)
    assert not keeper.path.with_suffix(".running").exists()


def test_the_engine_keeps_it_while_it_runs_and_while_it_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autosave, "EVERY", 0.01)
    monkeypatch.setattr(autosave, "SHARE", 1.0)
    monkeypatch.setattr(worker, "SMALL", 0)
    saved: list[tuple[int, int]] = []
    whole = files.save

    def save(session: Session, path: Path, most: int) -> None:
        whole(session, path, most)
        saved.append(session.position)

    monkeypatch.setattr(files, "save", save)
    keeper = Autosave(tmp_path)
    engine = run_engine(keeper, builtin.load("default"), Verb.STEP)
    until(lambda: saved)
    assert saved == [(0, 1)]
    engine.send(Command(Verb.RUN))
    until(lambda: len(saved) > 3)
    assert saved == sorted(set(saved))
    engine.stop()
    engine.join(20)


def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


# --- session files on the command line -------------------------------------------------------------------------------


def test_run_goes_on_where_the_session_stood(tmp_path: Path, capsys: Captured) -> None:
    session_file(tmp_path / "s.npz", 30)
    assert cli.main(["run", "s.npz", "-n", "20", "--json"]) == 0
    gone_on = json.loads(capsys.readouterr().out)
    assert cli.main(["run", "-n", "50", "--json"]) == 0
    at_once = json.loads(capsys.readouterr().out)
    for one in (gone_on, at_once):
        del one["seconds"]
    assert gone_on == at_once
    assert cli.main(["run", "s.npz", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["iterations"] == 1000


def test_check_and_explain_look_where_it_stands(tmp_path: Path, capsys: Captured) -> None:
    session_file(tmp_path / "s.npz", 30)
    assert cli.main(["check", "s.npz"]) == 0
    assert "default, iteration 30" in capsys.readouterr().out
    assert cli.main(["check", "s.npz", "--at", "12"]) == 0
    assert "default, iteration 12" in capsys.readouterr().out
    for at in ([], ["--at", "29"]):
        assert cli.main(["explain", "s.npz", "loss", *at]) == 0
        assert "iteration 29" in capsys.readouterr().out
    assert cli.main(["explain", "s.npz", "loss", "--at", "3"]) == 0
    assert "iteration 3, line" in capsys.readouterr().out


def test_compare_and_export_take_its_program(tmp_path: Path, capsys: Captured) -> None:
    session_file(tmp_path / "s.npz", 3)
    assert cli.main(["compare", "s.npz", "default", "-n", "5"]) == 0
    assert "agree in every bit" in capsys.readouterr().out
    assert cli.main(["export", "s.npz"]) == 0
    assert capsys.readouterr().out.startswith(builtin.source("default"))


def test_a_strangers_program_is_not_run_without_asking(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = stranger(tmp_path)
    for command in ("run", "check", "compare", ""):
        words = [command, "strange.npz", *(["default"] if command == "compare" else [])]
        line = complaint(capsys, *filter(None, words))
        assert "does not come with nntui: nntui export strange.npz shows it, --trust runs it" in line
    assert cli.main(["export", "strange.npz"]) == 0
    assert capsys.readouterr().out.startswith(OWN)
    assert cli.main(["run", "strange.npz", "--trust", "-n", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    session.advance(2)
    assert json.loads(out)["parameters"]["w"] == session.state["w"].tolist()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("yes\n", 0), ("n\n", 2), ("\n", 2), ("", 2)])
def test_on_a_terminal_it_asks(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, answer: str, status: int
) -> None:
    stranger(tmp_path)
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    err = Terminal()
    monkeypatch.setattr(sys, "stderr", err)
    assert cli.main(["run", "strange.npz"]) == status
    assert err.getvalue().startswith("strange.npz holds a program of 7 lines that does not come with nntui")
    assert "[y/N] " in err.getvalue()
    assert (capsys.readouterr().out != "") == (status == 0)
    assert ("its program has not been run" in err.getvalue()) == (status == 2)


def test_a_session_takes_no_options_of_a_program(tmp_path: Path, capsys: Captured) -> None:
    session_file(tmp_path / "s.npz")
    for option in ("--seed=2", "--lr=0.5", "--weights=w.npz", "--layers=3-1", "--loop=3", "--cost=1"):
        assert option.split("=")[0] in complaint(capsys, "run", "s.npz", option)
    assert "No such file" in complaint(capsys, "run", "no.npz")
    (tmp_path / "s.npz").write_bytes((tmp_path / "s.npz").read_bytes()[:-40])
    assert "s.npz: not a .npz file, or cut off" in complaint(capsys, "s.npz")


def test_resuming_where_there_is_nothing(capsys: Captured) -> None:
    assert "there is no session to go on with" in complaint(capsys, "--resume")
    assert "another program" in complaint(capsys, "forum", "--resume")


def test_numbers_that_differ_are_told(tmp_path: Path, capsys: Captured) -> None:
    session_file(tmp_path / "s.npz")
    with np.load("s.npz") as held:
        every = {name: held[name] for name in held.files}
    with Path("s.npz").open("wb") as file:
        archive.write(file, {**every, "W1": every["W1"] * 2})
    assert cli.main(["run", "s.npz", "-n", "1"]) == 0
    assert "nntui: not the same numbers as in s.npz: W1;" in capsys.readouterr().err


# --- exports ---------------------------------------------------------------------------------------------------------


def test_the_loss_curve_as_a_table(tmp_path: Path, capsys: Captured) -> None:
    assert cli.main(["export", "--curve", "loss.csv", "-n", "3000", "--lr", "0.5"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "3,000 losses" in err
    first, *rows = (tmp_path / "loss.csv").read_text().split()
    assert first == "iteration,loss"
    session = Session(builtin.load("default"))
    session.set_rate(0.5)
    losses: list[float] = []
    for _ in range(6):
        session.run(500)
        losses += session.curve.exact(len(losses))
    assert rows == [f"{k},{loss!r}" for k, loss in enumerate(losses)]


def test_the_loss_curve_of_held_out_samples_stands_beside_it(tmp_path: Path, capsys: Captured) -> None:
    options = ["--data", "iris", "--layers", "4-3", "--loss", "ce", "--holdout", "0.2"]
    assert cli.main(["export", *options, "--curve", "loss.csv", "-n", "2500"]) == 0
    assert "2,500 losses, held out too" in capsys.readouterr().err
    first, *rows = (tmp_path / "loss.csv").read_text().split()
    assert first == "iteration,loss,holdout_loss"
    session = Session(build(Network((4, 3), data=load("iris"), loss="ce", holdout=0.2)))
    for row in rows[:3]:
        session.advance(1)
        assert row == f"{session.position.iteration - 1},{session.loss!r},{session.held_out_loss!r}"
    session.advance(2500 - 3)
    assert rows[2499] == f"2499,{session.loss!r},{session.held_out_loss!r}"


def test_the_weights_as_arrays(tmp_path: Path, capsys: Captured) -> None:
    assert cli.main(["export", "--final-weights", "w.npz", "-n", "70"]) == 0
    session = Session(builtin.load("default"))
    session.advance(70)
    with np.load("w.npz") as held:
        assert set(held.files) == {"W1", "W2"}
        assert all(same_bits(held[name], session.state[name]) for name in held.files)
    capsys.readouterr()
    assert cli.main(["run", "--weights", "w.npz", "-n", "30", "--json"]) == 0
    parameters = json.loads(capsys.readouterr().out)["parameters"]
    session.advance(30)
    assert parameters["W2"] == session.state["W2"].tolist()


def test_weights_that_are_not_there_are_written_and_those_that_are_there_read(tmp_path: Path, capsys: Captured) -> None:
    assert cli.main(["export", "--weights", "w.npz", "-n", "70"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "w.npz: W1, W2 after 70 iterations" in err
    before = (tmp_path / "w.npz").read_bytes()
    assert cli.main(["export", "--weights", "w.npz"]) == 0
    out, err = capsys.readouterr()
    session = Session(builtin.load("default"))
    session.advance(70)
    assert repr(float(session.state["W1"][0, 0])) in out
    assert "'w.npz' is there" in err
    assert "--final-weights" in err
    assert (tmp_path / "w.npz").read_bytes() == before
    assert "--weights writes a .npz file" in complaint(capsys, "export", "--weights", "w.csv")


def test_exports_that_cannot_be_made_leave_nothing(tmp_path: Path, capsys: Captured) -> None:
    assert "does not end so" in complaint(capsys, "export", "--curve", "mine.py")
    assert "does not end so" in complaint(capsys, "export", "--final-weights", "w.csv")
    assert "No such file" in complaint(capsys, "export", "-n", "1", "--curve", "nowhere/loss.csv")
    assert "line 28" in complaint(capsys, "export", "naive", "--curve", "loss.csv")
    assert list(tmp_path.glob("*.csv")) == []


def test_a_session_file_exports_its_past_too(tmp_path: Path, capsys: Captured) -> None:
    session_file(tmp_path / "s.npz", 30)
    assert cli.main(["export", "s.npz", "--curve", "a.csv", "-n", "10"]) == 0
    assert cli.main(["export", "--curve", "b.csv", "-n", "40"]) == 0
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()
