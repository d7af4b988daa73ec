"""The main screen: keys go to the engine as commands, reports come back and are handed to the panels."""

from collections.abc import Callable
from typing import TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from nntui import examples
from nntui.actions import ACTIONS
from nntui.availability import why_not
from nntui.dialogs.check import CheckDialog
from nntui.dialogs.edit import EditDialog
from nntui.dialogs.help import Help
from nntui.dialogs.number import Dialog, NumberDialog, read_iteration, read_rate
from nntui.dialogs.open import OpenDialog
from nntui.dialogs.origin import OriginDialog
from nntui.engine import Answer, Command, Edited, Engine, Report, Verb
from nntui.layout import CODE, SMALL
from nntui.widgets.bars import Explanation, Flow, Footer, Header
from nntui.widgets.lines import Panel
from nntui.widgets.matrix import MatrixPanel
from nntui.widgets.panels import Panels
from nntui_core.frame import Cell, Frame, Origin, Verdicts, View, Window

D = TypeVar("D", bound=Dialog)

FRAMES_A_SECOND = 10
LOSS_EVERY = 3
"""While running, the loss curve is drawn with every third picture: it is the one that costs most."""

MOVES = {
    "up": (-1, 0),
    "down": (1, 0),
    "left": (0, -1),
    "right": (0, 1),
    "k": (-1, 0),
    "j": (1, 0),
    "h": (0, -1),
    "l": (0, 1),
}

SENDS: dict[str, Verb] = {
    "step": Verb.STEP,
    "back": Verb.BACK,
    "next_iteration": Verb.NEXT_ITERATION,
    "previous_iteration": Verb.PREVIOUS_ITERATION,
    "reset": Verb.RESET,
    "next_seed": Verb.NEXT_SEED,
    "rate_up": Verb.RATE_UP,
    "rate_down": Verb.RATE_DOWN,
    "check": Verb.CHECK,
    "undo": Verb.UNDO,
}
"""Actions that are one command to the engine."""


class MainScreen(Screen[None]):
    """Everything that is in sight while debugging."""

    BINDINGS = [
        Binding(key, f"do('{action.name}', '{key}')", action.label or action.name, show=False)
        for action in ACTIONS
        for key in action.keys
        if action.name != "palette"
    ]

    class Woken(Message):
        """The engine has put a report into its slot."""

    def __init__(self, engine: Callable[[Callable[[], None]], Engine]) -> None:
        super().__init__()
        self.engine = engine(self._wake)
        self.header = Header()
        self.flow = Flow()
        self.panels = Panels()
        self.explanation = Explanation()
        self.footer = Footer(self.why_not)
        self.picture: Frame | None = None
        self.running = False
        self._asked = False
        self._looking = False
        self._pictures = 0
        self._notice = ""
        self._timer: Timer | None = None

    def _wake(self) -> None:
        """Tell this screen, from the engine's thread, that there is a report."""
        self.post_message(self.Woken())

    def compose(self) -> ComposeResult:
        """Put the bars around the panels."""
        yield self.header
        yield self.flow
        yield self.panels
        yield self.explanation
        yield self.footer

    def on_mount(self) -> None:
        """Start the engine; its first report brings the program."""
        self._timer = self.set_interval(1 / FRAMES_A_SECOND, self._ask, pause=True)
        self.engine.start()

    def on_unmount(self) -> None:
        """Let the engine end."""
        self.engine.stop()

    def on_resize(self) -> None:
        """Note how small the screen is."""
        width, height = self.app.size
        self.set_class(width < SMALL[0] or height < SMALL[1], "small")
        self.set_class(height < 10, "short")
        self.explanation.small = self.has_class("small")

    # --- from the engine -------------------------------------------------------------------------------------------

    async def on_main_screen_woken(self) -> None:
        """Take the latest report and show it."""
        report = self.engine.take()
        if report is None:
            return
        if report.frame is None:
            self.app.exit(2 if report.fatal else 70, message=report.fatal or report.crash)
            return
        self._asked = False
        await self._show(report, report.frame)

    async def _show(self, report: Report, frame: Frame) -> None:
        first = self.picture is None
        was_running, self.running = self.running, report.running
        self.picture = frame
        self._notice = report.notice
        await self.panels.adopt(frame)
        if first:
            self.panels.go(CODE)
        self._pictures += 1
        draw_loss = not self.running or self._pictures % LOSS_EVERY == 0
        self.header.show(frame, self.running, report.speed)
        self.flow.show(frame)
        self.panels.show(frame, draw_loss)
        self.explanation.show(frame, self._notice)
        self.footer.update_lines()
        self._hand_to_dialog(report.answer)
        if self.running != was_running and self._timer is not None:
            if self.running:
                self._timer.resume()
            else:
                self._timer.pause()

    def _hand_to_dialog(self, answer: Answer | None) -> None:
        """Hand the engine's answer to the dialog that it is for, which is opened where it is not open."""
        if isinstance(answer, Origin):
            self._dialog(OriginDialog, lambda: OriginDialog(self._explain)).add(answer)
        elif isinstance(answer, Verdicts):
            self._dialog(CheckDialog, lambda: CheckDialog(self._apply_edit)).show_verdicts(answer)
        elif isinstance(answer, Edited):
            self._after_edit(answer)

    def _dialog(self, kind: type[D], make: Callable[[], D]) -> D:
        """Return the open dialog of a kind; open one where there is none."""
        if isinstance(self.app.screen, kind):
            return self.app.screen
        dialog = make()
        self.app.push_screen(dialog)
        return dialog

    def _after_edit(self, answer: Edited) -> None:
        dialog = self.app.screen
        if isinstance(dialog, EditDialog):
            if answer.problem:
                dialog.problem(answer.problem)
            else:
                dialog.dismiss(None)
        elif isinstance(dialog, CheckDialog):
            if not answer.problem:
                self.send(Verb.CHECK)
            else:
                dialog.dismiss(None)
                self.say(answer.problem)

    def _apply_edit(self, line: int, text: str) -> None:
        self.engine.send(Command(Verb.EDIT, line, self.view(), text=text))

    def _do_edit(self) -> None:
        line = self.panels.code.marked_line()
        if line is not None and self.picture is not None:
            self.app.push_screen(EditDialog(line, self.picture.variables, self._apply_edit))

    def _do_open(self) -> None:
        def take(name: str | None) -> None:
            if name is not None:
                self.engine.send(Command(Verb.OPEN, view=self.view(), program=examples.program(name)))

        self.app.push_screen(OpenDialog(examples.choices()), take)

    def _explain(self, cell: Cell, before: tuple[int, int] | None) -> None:
        self.engine.send(Command(Verb.EXPLAIN, view=self.view(), cell=(cell.name, cell.index), before=before))

    def _do_explain(self) -> None:
        assert self.picture is not None
        assert self.picture.cell is not None
        self._explain(self.picture.cell, None)

    def _ask(self) -> None:
        """Ask for a picture, unless one is under way."""
        if not self._asked:
            self._asked = True
            self.send(Verb.LOOK)

    def send(self, verb: Verb, number: float = 0.0) -> None:
        """Send a command, with what is in sight now."""
        self.engine.send(Command(verb, number, self.view()))

    def view(self) -> View:
        """Return what is in sight."""
        windows: dict[str, Window] = {
            name: panel.window()
            for name, panel in self.panels.matrices.items()
            if name in self.panels.in_sight() and panel.size.width
        }
        focused = self.focused
        selected = (focused.panel_name, focused.index) if isinstance(focused, MatrixPanel) else None
        return View(windows, selected, self.panels.predictions.samples(), self.panels.loss.points())

    def on_matrix_panel_moved(self) -> None:
        """Ask for what has come into sight, once for all panels that moved."""
        if not self._looking:
            self._looking = True
            self.call_after_refresh(self._look_again)

    def _look_again(self) -> None:
        self._looking = False
        self.send(Verb.LOOK)

    # --- keys ------------------------------------------------------------------------------------------------------

    def why_not(self, name: str) -> str | None:
        """Say why an action can do nothing now, None where it can do something."""
        focused = self.focused.panel_name if isinstance(self.focused, Panel) else None
        return why_not(name, self.picture, self.running, self.panels.in_sight(), focused)

    async def action_do(self, name: str, key: str = "") -> None:
        """Do what a key or the palette asks for, or say why that is not possible."""
        if name == "rate" and key == "l" and isinstance(self.focused, MatrixPanel):
            name = "move"
        reason = self.why_not(name)
        if reason:
            self.say(reason)
        elif name in SENDS:
            self.send(SENDS[name])
        elif name == "move":
            self._move(*MOVES[key])
        else:
            getattr(self, f"_do_{name}")()

    def say(self, notice: str) -> None:
        """Show a notice in the place of the explanation, until the next picture."""
        self._notice = notice
        self.explanation.show(self.picture, notice)

    def _do_run(self) -> None:
        self.send(Verb.PAUSE if self.running else Verb.RUN)

    def _do_quit(self) -> None:
        self.app.exit(0)

    def _do_help(self) -> None:
        self.app.push_screen(Help())

    def _do_next_panel(self) -> None:
        self._go(1)

    def _do_previous_panel(self) -> None:
        self._go(-1)

    def _go(self, by: int) -> None:
        self.panels.go(self.panels.neighbour(by))
        self.on_matrix_panel_moved()

    def _do_zoom(self) -> None:
        self.panels.zoom()
        self.on_matrix_panel_moved()

    def _do_log(self) -> None:
        self.panels.loss.toggle_log()

    def _do_rate(self) -> None:
        present = "" if self.picture is None or self.picture.rate is None else f"{self.picture.rate:g}"

        def take(rate: float | None) -> None:
            if rate is not None:
                self.send(Verb.SET_RATE, rate)

        self.app.push_screen(NumberDialog("learning rate γ, from the next update on", present, read_rate), take)

    def _do_goto(self) -> None:
        present = "" if self.picture is None else str(self.picture.iteration)

        def take(iteration: float | None) -> None:
            if iteration is not None:
                self.send(Verb.GOTO, iteration)

        self.app.push_screen(NumberDialog("go to the start of iteration", present, read_iteration), take)

    def _move(self, down: int, right: int) -> None:
        focused = self.focused
        if isinstance(focused, MatrixPanel):
            focused.move(down, right)
        elif focused is self.panels.code:
            self.panels.code.move(down)
        elif focused is self.panels.predictions:
            self.panels.predictions.scroll(down)
            self.on_matrix_panel_moved()
