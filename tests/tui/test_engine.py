"""The worker without a screen: commands in, reports out, and nothing lost on the way.

Every wait is for the engine's own `wake`; the tests take reports until one says what they wait for.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.tui.reading import DEADLINE, Queue, diverging, endless, watch

from nntui.engine import Engine
from nntui.protocol import KEEP_RUNNING, Command, Report, Verb
from nntui.worker import Worker
from nntui_core import builtin
from nntui_core.frame import Frame, View, Window
from nntui_core.program import Program
from nntui_core.replies import Origin
from nntui_core.session import Session

VIEW = View({name: Window(0, 0, 9, 9) for name in ("W1", "W2", "z1", "delta2")})


class Driver:
    """Sends commands and waits for what comes of them."""

    def __init__(self, program: Program) -> None:
        self.woken = threading.Event()
        self.wakes = 0
        self.engine = Engine(lambda: program, self._wake)
        self.queue: Queue = watch(self.engine)
        self.first = Report(None)

    def _wake(self) -> None:
        self.wakes += 1
        self.woken.set()

    def send(self, verb: Verb, number: float = 0.0, view: View | None = VIEW) -> None:
        self.engine.send(Command(verb, number, view))

    def report(self, fits: Callable[[Report], object] = bool) -> Report:
        """Take reports until one fits."""
        deadline = time.monotonic() + DEADLINE
        while True:
            assert self.woken.wait(deadline - time.monotonic()), "no report comes that fits"
            self.woken.clear()
            report = self.engine.take()
            if report is not None and fits(report):
                return report

    def settled(self) -> Report:
        """Wait until the paused engine has nothing left to do, and return all that it has said since as one report."""
        assert self.queue.wait_until_idle()
        report = self.engine.take()
        assert report is not None
        self.woken.clear()
        return report

    def ask(self, verb: Verb, number: float = 0.0, view: View | None = VIEW) -> Report:
        """Send a command that leaves the engine paused, and return what it says."""
        self.send(verb, number, view)
        return self.settled()

    def run(self) -> Report:
        self.send(Verb.RUN)
        return self.report(lambda report: report.running)

    def look(self) -> Report:
        """Ask a running engine for a picture."""
        self.send(Verb.LOOK)
        return self.report()

    def look_until(self, fits: Callable[[Report], object]) -> Report:
        """Look at a running engine until a report fits."""
        deadline = time.monotonic() + DEADLINE
        while not fits(report := self.look()):
            assert time.monotonic() < deadline, "it never comes to that"
        return report

    def picture(self, verb: Verb, number: float = 0.0) -> Frame:
        return frame_of(self.ask(verb, number))


def frame_of(report: Report) -> Frame:
    assert report.frame is not None
    return report.frame


@contextmanager
def driven(program: str | Program = "default") -> Iterator[Driver]:
    driver = Driver(builtin.load(program) if isinstance(program, str) else program)
    driver.engine.start()
    try:
        driver.first = driver.settled()
        yield driver
    finally:
        driver.engine.stop()
        driver.engine._thread.join(DEADLINE)
        assert not driver.engine._thread.is_alive()


def test_the_first_report_comes_by_itself() -> None:
    with driven() as driver:
        frame = frame_of(driver.first)
        assert (frame.iteration, frame.tick, frame.status) == (0, 0, "paused")
        assert frame.program == "default"


def test_commands_do_what_the_session_does() -> None:
    with driven() as driver:
        own = Session(builtin.load("default"))
        turns: list[tuple[Verb, Callable[[], None]]] = [
            (Verb.STEP, own.step),
            (Verb.NEXT_ITERATION, own.next_iteration),
            (Verb.STEP, own.step),
            (Verb.STEP, own.step),
            (Verb.BACK, own.back),
            (Verb.NEXT_ITERATION, own.next_iteration),
            (Verb.NEXT_ITERATION, own.next_iteration),
            (Verb.PREVIOUS_ITERATION, own.back_iteration),
            (Verb.RATE_UP, lambda: own.set_rate(2.0)),
            (Verb.NEXT_ITERATION, own.next_iteration),
            (Verb.RATE_DOWN, lambda: own.set_rate(1.0)),
            (Verb.RESET, own.reset),
            (Verb.NEXT_SEED, own.reset_with_next_seed),
        ]
        for verb, by_hand in turns:
            frame = driver.picture(verb)
            by_hand()
            assert (frame.iteration, frame.tick) == tuple(own.position), verb
            assert frame.rate == own.rate
            assert frame.seed == own.seed
            for name in ("W1", "W2"):
                assert frame.matrices[name].values == tuple(map(tuple, own.state[name].tolist())), (verb, name)


def test_numbers_of_a_command_are_taken() -> None:
    with driven() as driver:
        assert driver.picture(Verb.GOTO, 12).iteration == 12
        assert driver.picture(Verb.GOTO, 3).iteration == 3
        assert driver.picture(Verb.SET_RATE, 0.125).rate == 0.125


def test_a_view_stays_until_there_is_another() -> None:
    with driven() as driver:
        assert not set(VIEW.windows) - set(driver.picture(Verb.STEP).matrices)
        assert not set(VIEW.windows) - set(frame_of(driver.ask(Verb.STEP, view=None)).matrices)
        frame = frame_of(driver.ask(Verb.LOOK, view=View({"W1": Window(1, 1, 2, 2)})))
        own = Session(builtin.load("default")).state["W1"]
        assert frame.matrices["W1"].values == tuple(map(tuple, own[1:3, 1:3].tolist()))


def test_running_goes_on_until_it_is_paused() -> None:
    with driven(endless()) as driver:
        assert driver.run().running
        seen = [frame_of(driver.look()).iteration for _ in range(5)]
        assert seen == sorted(set(seen))
        paused = driver.ask(Verb.PAUSE)
        frame = frame_of(paused)
        assert not paused.running
        assert frame.iteration >= seen[-1]
        assert frame.status == "paused"
        assert frame_of(driver.ask(Verb.LOOK)).iteration == frame.iteration


def test_after_a_run_the_numbers_are_those_of_a_fresh_run_to_there() -> None:
    with driven(endless()) as driver:
        driver.run()
        driver.look()
        frame = frame_of(driver.ask(Verb.PAUSE))
        own = Session(endless())
        own.advance(frame.iteration)
        assert own.loss == frame.loss
        for name in ("W1", "W2", "z1", "delta2"):
            assert frame.matrices[name].values == tuple(map(tuple, own.state[name].tolist()))


@pytest.mark.parametrize(
    "verb", sorted({Verb.STEP, Verb.BACK, Verb.NEXT_ITERATION, Verb.PREVIOUS_ITERATION, Verb.PAUSE, Verb.CHECK})
)
def test_moving_by_hand_ends_a_run(verb: Verb) -> None:
    with driven(endless()) as driver:
        driver.run()
        report = driver.ask(verb)
        assert not report.running
        assert frame_of(report).iteration > 0


@pytest.mark.parametrize("verb", sorted(KEEP_RUNNING - {Verb.SET_RATE}))
def test_the_others_let_it_run(verb: Verb) -> None:
    with driven(endless()) as driver:
        driver.run()
        driver.send(verb)
        assert driver.report().running
        assert driver.look().running


def test_a_rate_set_while_running_holds_from_there_on() -> None:
    with driven(endless()) as driver:
        driver.run()
        driver.send(Verb.SET_RATE, 0.25)
        assert driver.report().running
        frame = frame_of(driver.ask(Verb.PAUSE))
        assert frame.rate == 0.25
        ((at, rate),) = frame.curve.rate_changes
        assert rate == 0.25
        own = Session(endless())
        if at:
            own.advance(at)
        own.set_rate(0.25)
        own.advance(frame.iteration - at)
        assert frame.matrices["W1"].values == tuple(map(tuple, own.state["W1"].tolist()))


def test_running_makes_no_report_of_its_own() -> None:
    with driven(endless()) as driver:
        driver.run()
        wakes, before = driver.wakes, frame_of(driver.look()).iteration
        looks = 1

        def far(report: Report) -> bool:
            nonlocal looks
            looks += 1
            return frame_of(report).iteration > before + 2000

        driver.look_until(far)
        assert driver.wakes - wakes == looks


def test_the_end_of_a_run_is_reported_unasked() -> None:
    source = builtin.source("default") + "    if iteration == 500:\n        break\n"
    with driven(Program.parse(source, "short")) as driver:
        driver.run()
        report = driver.report(lambda report: not report.running)
        assert frame_of(report).status == "ended"
        assert frame_of(report).iteration in (500, 501)


def test_a_program_that_fails_ends_the_run_and_says_where() -> None:
    with driven("naive") as driver:
        driver.send(Verb.RUN)
        report = driver.report(lambda report: not report.running)
        assert frame_of(report).status == "failed"
        assert frame_of(report).failure
        assert driver.queue.wait_until_idle()
        driver.engine.take()
        assert driver.ask(Verb.RUN).notice == frame_of(report).cannot_go_on


def test_wake_is_called_once_until_the_slot_is_emptied() -> None:
    with driven() as driver:
        wakes = driver.wakes
        for _ in range(50):
            driver.send(Verb.STEP)
        frame = frame_of(driver.settled())
        assert driver.wakes - wakes == 1
        assert frame.iteration * 11 + frame.tick == 50
        assert driver.engine.take() is None


def test_a_notice_outlives_the_report_that_replaces_it() -> None:
    with driven() as driver:
        driver.send(Verb.BACK)
        assert driver.queue.wait_until_idle()
        driver.send(Verb.STEP)
        report = driver.settled()
        assert frame_of(report).tick == 1
        assert report.notice == "this is the start: nothing has run yet"


def test_a_notice_is_told_once() -> None:
    with driven() as driver:
        assert driver.ask(Verb.BACK).notice
        assert driver.ask(Verb.STEP).notice == ""


def test_an_answer_outlives_the_report_that_replaces_it() -> None:
    with driven() as driver:
        driver.ask(Verb.NEXT_ITERATION)
        driver.engine.send(Command(Verb.EXPLAIN, view=VIEW, cell=("W2", (0, 0))))
        assert driver.queue.wait_until_idle()
        driver.send(Verb.LOOK)
        origin = driver.settled().answer
        assert isinstance(origin, Origin)
        assert origin.cell.label == "W2[0,0]"
        assert {source.name for source in origin.sources} == {"W2", "lr", "dW2"}


@pytest.mark.parametrize(
    ("program", "first", "verb", "number", "words"),
    [
        ("default", [], Verb.BACK, 0, "nothing has run yet"),
        ("default", [], Verb.PREVIOUS_ITERATION, 0, "nothing has run yet"),
        ("default", [], Verb.SET_RATE, math.inf, "a finite number would do"),
        ("naive", [Verb.NEXT_ITERATION], Verb.STEP, 0, "S steps back, r resets"),
        ("naive", [Verb.NEXT_ITERATION], Verb.NEXT_ITERATION, 0, "S steps back, r resets"),
        ("naive", [Verb.NEXT_ITERATION], Verb.RUN, 0, "S steps back, r resets"),
    ],
)
def test_what_is_refused_is_told(program: str, first: list[Verb], verb: Verb, number: float, words: str) -> None:
    with driven(program) as driver:
        for before in first:
            driver.ask(before)
        report = driver.ask(verb, number)
        assert words in report.notice
        assert not report.running
        assert driver.ask(Verb.RESET).notice == ""


def test_a_cell_that_is_not_there_is_told() -> None:
    with driven() as driver:
        driver.engine.send(Command(Verb.EXPLAIN, view=VIEW, cell=("W9", (0, 0))))
        report = driver.settled()
        assert "W9[0,0]" in report.notice
        assert report.answer is None


def test_a_rate_off_the_ladder_is_told_and_one_at_its_end() -> None:
    for rate, verb in ((0.0, Verb.RATE_UP), (-1.0, Verb.RATE_DOWN), (1.7e308, Verb.RATE_UP)):
        with driven() as driver:
            driver.ask(Verb.SET_RATE, rate)
            report = driver.ask(verb)
            assert report.notice
            assert frame_of(report).rate == rate


def test_stop_ends_the_thread_while_paused_and_while_running() -> None:
    for runs in (False, True):
        driver = Driver(endless())
        driver.engine.start()
        driver.settled()
        if runs:
            driver.run()
        driver.engine.stop()
        driver.engine._thread.join(DEADLINE)
        assert not driver.engine._thread.is_alive()


def test_the_thread_does_not_keep_python_alive() -> None:
    assert Driver(builtin.load("default")).engine._thread.daemon


def test_a_long_way_can_be_broken_off() -> None:
    with driven(endless()) as driver:
        driver.send(Verb.GOTO, 300_000)
        driver.send(Verb.PAUSE)
        assert frame_of(driver.settled()).iteration < 300_000


def test_a_setup_that_fails_is_told_in_words() -> None:
    source = builtin.source("default").replace("rng.random((4, 1))", "x @ y")
    driver = Driver(Program.parse(source, "broken"))
    driver.engine.start()
    report = driver.report()
    driver.engine.stop()
    driver.engine._thread.join(DEADLINE)
    assert not driver.engine._thread.is_alive()
    assert report.frame is None
    assert "line 14: " in report.trouble
    assert report.crash == ""


def test_a_fault_of_nntui_reaches_the_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a fault of nntui")

    monkeypatch.setattr(Worker, "_do", broken)
    driver = Driver(builtin.load("default"))
    driver.engine.start()
    driver.settled()
    driver.send(Verb.STEP)
    report = driver.report()
    driver.engine._thread.join(DEADLINE)
    assert report.frame is None
    assert "ZeroDivisionError: a fault of nntui" in report.crash
    assert report.trouble == ""


def test_overflow_is_a_number_not_a_warning() -> None:
    with driven(diverging()) as driver:
        driver.send(Verb.RUN)
        report = driver.report(lambda report: "first NaN" in report.notice)
        assert not report.running
        driver.run()
        report = driver.look_until(lambda report: frame_of(report).curve.first_not_finite is not None)
        assert report.running
        frame = frame_of(driver.ask(Verb.PAUSE))
        assert frame.status == "paused"
        assert frame.loss is not None
        assert not math.isfinite(frame.loss)


def test_the_speed_is_that_of_the_run() -> None:
    with driven(endless()) as driver:
        assert driver.first.speed == 0
        driver.run()
        assert driver.look_until(lambda report: report.speed > 0).running


def test_interrupts_at_any_moment_of_a_run_leave_the_engine_alive_and_the_numbers_right() -> None:
    """Each hits wherever it hits: the program's code, or nntui's own, which finishes what it is at."""
    with driven(endless()) as driver:
        for _ in range(60):
            driver.run()
            while not driver.engine.interrupt():  # it was between two pieces of work
                pass
            report = driver.settled()
            assert (report.crash, report.running, report.notice) == ("", False, "interrupted")
        frame = frame_of(driver.ask(Verb.PREVIOUS_ITERATION))
        own = Session(endless())
        own.advance(frame.iteration)
        assert frame.loss == own.loss
        assert frame.matrices["W1"].values == tuple(map(tuple, own.state["W1"].tolist()))


def test_one_key_runs_and_pauses_whatever_the_screen_has_seen() -> None:
    """Two quick presses of the space bar: the second comes before a picture has told that it is running."""
    with driven(endless()) as driver:
        driver.send(Verb.TOGGLE)
        driver.send(Verb.TOGGLE)
        assert not driver.settled().running
        driver.send(Verb.TOGGLE)
        assert driver.report(lambda report: report.running).running


def test_a_picture_that_is_asked_for_too_late_does_not_hide_why_a_run_has_stopped() -> None:
    with driven(endless()) as driver:
        driver.engine.send(Command(Verb.UNTIL, view=VIEW, text="iteration == 30"))
        driver.report(lambda report: "holds now" in report.notice)
        wakes = driver.wakes
        driver.send(Verb.REFRESH)
        assert driver.queue.wait_until_idle()
        assert driver.wakes == wakes
        assert driver.ask(Verb.LOOK).notice == ""
