"""The main screen: keys go to the engine as commands, reports come back and are handed to the panels."""

import functools
import gc
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from nntui import terminal
from nntui.availability import AT_ONCE, why_not
from nntui.deeds import SENDS, Deeds
from nntui.engine import Engine
from nntui.layout import CODE, CONFUSION, DIAGRAM, LOSS, SMALL, SURFACE, WORST
from nntui.protocol import Command, Report, Verb
from nntui.receipts import Receipts
from nntui.thrift import Thrift
from nntui.watching import WatchedFile
from nntui.widgets.bars import Explanation, Flow, Footer, Header
from nntui.widgets.lines import Panel
from nntui.widgets.loss import LossPanel
from nntui.widgets.matrix import MatrixPanel
from nntui.widgets.panels import Panels
from nntui.widgets.watches import MOST, Watches
from nntui.widgets.worst import WorstPanel
from nntui_core.frame import Frame, View, Window

if TYPE_CHECKING:
    from nntui.dialogs.host import Dialogs

LAST_ANSWER = 1.0
"""Seconds that quitting waits, at most, for what the terminal has been asked."""
PATIENCE = 1.5
"""Seconds after which the user is told that the engine is still at work."""
LOSS_EVERY = 2
"""While running, the loss curve is drawn with every second picture: it is the one that costs most."""
DRAW_EVERY = 6
"""While running, a drawing is made with every sixth picture: it costs the engine a moment, and bytes."""
TALL = 30
"""Rows from which on watches have lines of their own; on a lower screen they take the place of the flow line."""


class MainScreen(Screen[None]):
    """Everything that is in sight while debugging."""

    class Woken(Message):
        """The engine has put a report into its slot."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's, but a focus that moves repaints the two panels only, not all of the screen."""

    def __init__(self, engine: Callable[[Callable[[], None]], Engine], fps: float, receipts: Receipts) -> None:
        super().__init__()
        self._fps = fps
        self.receipts = receipts
        self.engine = engine(self.wake)
        self.header = Header()
        self.flow = Flow()
        self.panels = Panels()
        self.watches = Watches()
        self.explanation = Explanation()
        self.footer = Footer(self.why_not)
        self.deeds = Deeds(self)
        self.picture: Frame | None = None
        self.trouble = ""
        """Why there is no program, empty where there is one."""
        self.leaving = False
        """Whether the user has quit, and the terminal's last answer is awaited."""
        self.crash = ""
        """The traceback of a fault of nntui, to be shown when the terminal is restored."""
        self.running = False
        self._asked = False
        self._looking = False
        self._early: list[tuple[str, str]] = []
        """Actions, each with its key, that wait for the picture that says whether they can do something."""
        self._done = 0
        """How many of the commands had been obeyed when the picture was made."""
        self._pictures = 0
        self._speed = 0.0
        self._notice = ""
        self._watched = WatchedFile()
        self._thrift = Thrift()
        self._timer: Timer | None = None

    @functools.cached_property
    def dialogs(self) -> "Dialogs":
        """The dialogs, loaded once the first picture is there: nobody can ask for one before."""
        from nntui.dialogs.host import Dialogs

        return Dialogs(self)

    def wake(self) -> None:
        """Tell this screen, also from the engine's thread, that there may be a report to take."""
        self.post_message(self.Woken())

    def compose(self) -> ComposeResult:
        """Put the bars around the panels."""
        yield self.header
        yield self.flow
        yield self.panels
        yield self.watches
        yield self.explanation
        yield self.footer

    def on_mount(self) -> None:
        """Start the engine once the screen has been painted; its first report brings the program."""
        self._timer = self.set_interval(1 / self._fps, self._ask, pause=True)
        self.set_interval(1.0, self._look_around)
        self.call_after_refresh(self._painted)

    async def _catch_up(self) -> None:
        """Do what has waited for a picture, and load what will be asked for next."""
        early, self._early = self._early, []
        for name, key in early:
            await self.action_do(name, key)
        importlib.import_module("nntui.dialogs.host")

    def _painted(self) -> None:
        self.engine.start()
        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    def on_unmount(self) -> None:
        """Let the engine end."""
        self.engine.stop()

    def on_resize(self) -> None:
        """Note how small the screen is."""
        width, height = self.app.size
        self.set_class(width < SMALL[0] or height < SMALL[1], "small")
        self.set_class(height < 10, "short")
        self.set_class(height < TALL, "low")
        self.watches.most = 1 if height < TALL else MOST
        self.explanation.small = self.has_class("small")

    # --- from the engine -------------------------------------------------------------------------------------------

    async def on_main_screen_woken(self) -> None:
        """Take the latest report and show it; where the terminal has yet to take the last picture, later."""
        if self.receipts.outstanding() or self.leaving or not self.panels.is_attached:  # an end takes the panels away
            return
        report = self.engine.take()
        if report is None:
            return
        self._asked, self._done = False, report.done
        if report.crash:
            self.crash = report.crash
            self.app.exit()
        elif report.frame is None:
            self._show_trouble(report.trouble)
        else:
            await self._show(report, report.frame)

    def _show_trouble(self, trouble: str) -> None:
        """Say why there is no program."""
        self.trouble = trouble
        self._early.clear()
        hint = "Mend it and press ctrl+r to read it again; o opens another program; q quits."
        self.header.trouble(trouble)
        self.panels.trouble(trouble, hint)
        self.explanation.show(None, "")
        self.footer.update_lines()

    async def _show(self, report: Report, frame: Frame) -> None:
        first = self.picture is None
        stopped = self.running and not report.running
        self._set_running(report.running)
        self.picture, self.trouble = frame, ""
        self._notice = report.notice
        self._watched.follow(frame.path)
        self.set_class(bool(frame.watches), "watching")
        await self.panels.adopt(frame)
        if not self.panels.is_attached:
            return
        if first:
            self.panels.go(CODE)
            self.call_after_refresh(self._catch_up)
        elif self._early and not self._is_behind():
            self.call_later(self._catch_up)
        self._pictures += 1
        if report.answer is not None:
            self.dialogs.answer(report.answer)
        self._speed = report.speed
        if stopped and self.panels.drawing:  # drawings are left out of most pictures of a run
            self.on_panel_moved()
        if self.is_active:  # `is_current` is true under a dialog as well
            self._draw(frame, report.speed, not self.running or self._pictures % LOSS_EVERY == 0)

    def _draw(self, frame: Frame, speed: float, draw_loss: bool) -> None:
        """Draw a picture; under a dialog nothing is drawn until that has gone."""
        self.header.show(frame, self.running, speed)
        self.flow.show(frame)
        self.panels.show(frame, draw_loss)
        self.watches.show(frame)
        self.explanation.show(frame, self._notice)
        self.footer.update_lines()

    def on_screen_resume(self) -> None:
        """Catch up with what happened under a dialog."""
        if self.picture is not None:
            self._draw(self.picture, self._speed, True)

    def _set_running(self, running: bool) -> None:
        if running != self.running and self._timer is not None:
            if running:
                self._timer.resume()
            else:
                self._timer.pause()
        self.running = running

    def _look_around(self) -> None:
        """Say what takes long, and whether the script's file has changed; notice a size that no signal told of."""
        size = terminal.size() if not self.app.is_headless else None
        if size is not None and size != tuple(self.size):
            self.app.post_message(Resize(Size(*size), Size(*size)))
        if self.engine.busy() > PATIENCE and not self.running:
            at = self.engine.at()
            what = f" ({at})" if at else ""
            self.say(f"still at work after {self.engine.busy():.0f} s{what}: i interrupts it, q quits at once")
        elif self._watched.changed():
            self.say("the file has changed on disk: ctrl+r reads it again")

    def _ask(self) -> None:
        """Ask for a picture, unless one is under way to the screen or to the terminal, or the last has cost much."""
        free = not self._asked and not self.leaving and not self.receipts.outstanding()
        if free and self._thrift.allows():
            self._asked = True
            self.send(Verb.REFRESH)

    def send(self, verb: Verb, number: float = 0.0) -> None:
        """Send a command, with what is in sight now."""
        self.engine.send(Command(verb, number, self.view()))

    def view(self) -> View:
        """Return what is in sight."""
        sight = self.panels.in_sight()
        windows: dict[str, Window] = {
            name: panel.window() for name, panel in self.panels.matrices.items() if name in sight and panel.size.width
        }
        draws = not self.running or self._pictures % DRAW_EVERY == 0
        focused = self.focused
        selected = (focused.panel_name, focused.index) if isinstance(focused, MatrixPanel) else None
        return View(
            windows,
            selected,
            self.panels.predictions.samples(),
            self.panels.loss.points(),
            self.panels.output.rows(),
            self.panels.output.first,
            self.panels.surface.grid() if draws and SURFACE in sight else None,
            draws and DIAGRAM in sight,
            LOSS in sight and (not self.running or (self._pictures + 1) % LOSS_EVERY == 0),
            self.panels.confusion.window() if draws and CONFUSION in sight else None,
            self.panels.worst.window() if draws and WORST in sight else None,
        )

    def on_panel_moved(self) -> None:
        """Ask for what has come into sight, once for all panels that moved."""
        if not self._looking:
            self._looking = True
            self.call_after_refresh(self._look_again)

    def on_loss_panel_seek(self, event: LossPanel.Seek) -> None:
        """Go through time."""
        self.send(Verb.GOTO, event.iteration)

    def _look_again(self) -> None:
        self._looking = False
        self.send(Verb.LOOK)

    # --- keys ------------------------------------------------------------------------------------------------------

    def why_not(self, name: str) -> str | None:
        """Say why an action can do nothing now, None where it can do something."""
        focused = self.focused.panel_name if isinstance(self.focused, Panel) else None
        sight, drawing = self.panels.in_sight(), self.panels.drawing
        return why_not(name, self.picture, self.running, sight, focused, self.trouble, drawing)

    async def action_do(self, name: str, key: str = "") -> None:
        """Do what a key or the palette asks for, or say why that is not possible."""
        if name == "rate" and key == "l" and isinstance(self.focused, MatrixPanel):
            name = "move"
        if name == "explain" and isinstance(self.focused, WorstPanel):
            name = "sample"
        reason = self.why_not(name)
        if (reason or self._early) and self._must_wait(name):
            self._early.append((name, key))
            if self.picture is None:
                self.say(f"{reason}: the key does its work then")
        elif reason and not (self._is_behind() and name in SENDS):  # then the engine knows better
            self.say(reason)
        elif name == "move":
            self.deeds.move(key)
        else:
            (self.deeds.actions.get(name) or self.dialogs.actions[name])()
            if name == "reload":
                self._watched.seen()

    def _must_wait(self, name: str) -> bool:
        """Tell whether it takes a later picture to know what an action can do, so that keys are done in their order."""
        if self.trouble or name in AT_ONCE:
            return False
        return self.picture is None or bool(self._early) or (self._is_behind() and name not in SENDS)

    def _is_behind(self) -> bool:
        """Tell whether the picture is from before a command."""
        return self._done < self.engine.sent

    def say(self, notice: str) -> None:
        """Show a notice in the place of the explanation, until the next picture."""
        self._notice = notice
        self.explanation.show(self.picture, notice)

    def leave(self) -> None:
        """Quit; an answer that the terminal still owes is awaited, or it would be typed into the shell."""
        self.leaving = True
        if self.receipts.outstanding():
            self.set_timer(LAST_ANSWER, lambda: self.app.exit(0))
        else:
            self.app.exit(0)
