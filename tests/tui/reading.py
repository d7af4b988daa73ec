"""Opening the app without a terminal, pressing its keys, and reading its screen as text.

Nothing here waits for a fixed time: `settled` returns when the engine has done all that it was told, every report has
been shown and every widget painted; `until` awaits a condition. Both give up at a deadline, with the screen as text.
"""

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.drivers.headless_driver import HeadlessDriver
from textual.events import Resize
from textual.geometry import Region, Size
from textual.pilot import Pilot
from textual.widget import Widget

from nntui import examples
from nntui.app import NntuiApp
from nntui.engine import Engine, Opener
from nntui.protocol import Command
from nntui.screen import MainScreen
from nntui_core import builtin
from nntui_core.frame import Frame
from nntui_core.network import Network, build
from nntui_core.program import Program
from nntui_core.script import load
from nntui_core.session import Session
from nntui_core.values import Array

DEADLINE = 20.0
"""Seconds after which waiting is a failure."""

ENDLESS = 10**12


class Queue:
    """The engine's queue of commands, which also tells whether the engine has nothing left to do."""

    def __init__(self) -> None:
        self._inner: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._lock = threading.Condition()
        self._unserved = 0
        self._waiting = False
        self.sent: list[Command] = []

    def put(self, command: Command) -> None:
        with self._lock:
            self._unserved += 1
            self.sent.append(command)
        self._inner.put(command)

    def get(self, timeout: float | None = None) -> Command:
        with self._lock:
            self._waiting = timeout is None  # else it has something to do when nothing comes
            self._lock.notify_all()
        command = self._inner.get(timeout=timeout)
        with self._lock:
            self._unserved -= 1
            self._waiting = False
        return command

    def empty(self) -> bool:
        return self._inner.empty()

    @property
    def idle(self) -> bool:
        """Whether the engine waits for a command and there is none."""
        return self.wait_until_idle(0)

    def wait_until_idle(self, timeout: float = DEADLINE) -> bool:
        """Wait until the engine waits for a command and there is none; return whether it came to that."""
        with self._lock:
            return self._lock.wait_for(lambda: self._waiting and not self._unserved, timeout)


@dataclass
class Desk:
    """An open app, with hands and eyes."""

    app: NntuiApp
    pilot: Pilot[int]
    queue: Queue

    @property
    def main(self) -> MainScreen:
        return self.app.main

    @property
    def frame(self) -> Frame:
        """The picture that is shown."""
        assert self.main.picture is not None
        return self.main.picture

    @property
    def at_main(self) -> bool:
        """Whether no dialog is open."""
        return self.app.screen is self.main

    # --- hands -----------------------------------------------------------------------------------------------------

    async def press(self, *keys: str) -> None:
        """Press keys and wait until all that follows from each has happened."""
        for key in keys:
            await self.hit(key)
            await self.settled()

    async def hit(self, key: str) -> None:
        """Press a key and wait until the app has taken it; the engine may be running."""
        self.app.simulate_key(key)
        await self.drained()

    async def type(self, text: str) -> None:
        """Type into an input field."""
        await self.pilot.press(*text)
        await self.settled()

    async def focus(self, name: str) -> None:
        """Press `tab` until a panel has the focus."""
        for _ in range(len(self.main.panels.matrices) + 5):
            if self.main.panels.focused_name == name:
                return
            await self.press("tab")
        raise AssertionError(f"tab never comes to {name}")

    async def resize(self, width: int, height: int) -> None:
        """Make the terminal another size, as Textual's pilot does, but without waiting for an idle processor."""
        size = Size(width, height)
        assert isinstance(self.app._driver, HeadlessDriver)
        self.app._driver._size = size
        self.app.post_message(Resize(size, size))
        await self.until(lambda: self.app.screen.size == size and self.main.footer.size.width == width)
        await self.drained()

    # --- waiting ---------------------------------------------------------------------------------------------------

    async def drained(self) -> None:
        """Wait until every widget has taken the messages that it has now."""
        nodes = {self.app, self.main, *self.app.screen.walk_children(with_self=True)}
        left = 0
        done = asyncio.Event()

        def one_less() -> None:
            nonlocal left
            left -= 1
            if not left:
                done.set()

        for node in nodes:
            left += bool(node.call_later(one_less))
        if left:
            gone: asyncio.Future[object] = asyncio.ensure_future(self.app._exception_event.wait())
            taken = asyncio.ensure_future(done.wait())
            finished, pending = await asyncio.wait((gone, taken), timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            assert finished, "the app does not take its messages"

    async def settled(self) -> None:
        """Wait until the paused engine and the screen have nothing left to do."""
        quiet = 0
        deadline = time.monotonic() + DEADLINE
        while quiet < 2 and self.app.is_running:
            await self.drained()
            await asyncio.sleep(0)
            quiet = quiet + 1 if self._quiet() else 0
            if not quiet:
                await asyncio.sleep(0.001)
            assert time.monotonic() < deadline, f"it never settles:\n{self.text()}"
            if self.app.return_value is not None:
                return

    def _quiet(self) -> bool:
        screen = self.app.screen
        unpainted = screen._dirty_widgets or screen._layout_required or screen._callbacks
        return (
            self.queue.idle
            and self.main.engine._slot is None
            and not self.main._looking
            and not self.main._asked
            and not self.main._early
            and not unpainted
        )

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + DEADLINE
        while not condition():
            await self.drained()
            await asyncio.sleep(0.002)
            assert time.monotonic() < deadline, f"it never comes true:\n{self.text()}"

    # --- eyes ------------------------------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """The whole screen."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        return "\n".join(self.lines())

    def words(self) -> str:
        """The whole screen as words in one line, without frames."""
        return " ".join("".join(" " if "─" <= c <= "╿" else c for c in self.text()).split())

    def part(self, region: Region) -> str:
        """What stands in a rectangle of the screen."""
        return "\n".join(line[region.x : region.right] for line in self.lines()[region.y : region.bottom])

    def widget(self, widget: Widget) -> str:
        return self.part(widget.region)

    def panel(self, name: str) -> str:
        """What stands within the frame of a panel, and in it."""
        return self.widget(self.main.panels.panel(name))

    def inside(self, name: str) -> str:
        """What stands within the frame of a panel."""
        return self.part(self.main.panels.panel(name).region.shrink((1, 1, 1, 1)))

    def explanation(self) -> str:
        """What the lines above the footer say, in one line."""
        return " ".join(self.widget(self.main.explanation).split())


@asynccontextmanager
async def opened(
    program: str | Program | Opener = "default", size: tuple[int, int] = (80, 24), wait: bool = True
) -> AsyncIterator[Desk]:
    """Open the app on a program and wait for its first picture, or for why there is none; without `wait`, for neither.

    At the end the engine's thread ends too: one that is stuck in the program's code is interrupted.
    """
    app = NntuiApp(builtin.load(program) if isinstance(program, str) else program)
    commands = watch(app.main.engine)
    async with app.run_test(size=size) as pilot:
        desk = Desk(app, pilot, commands)
        await desk.until(lambda: app.screen is app.main)
        if wait:
            await desk.until(lambda: app.main.picture is not None or app.main.trouble)
            await desk.settled()
        yield desk
    thread, deadline = app.main.engine._thread, time.monotonic() + DEADLINE
    thread.join(1)
    while thread.is_alive():
        app.main.engine.interrupt()
        thread.join(0.1)
        assert time.monotonic() < deadline, "the engine's thread does not end"


def script(file: Path, text: str) -> Opener:
    """Write a script, and return what opens it, again each time that it is read again."""
    file.write_text(text, encoding="utf-8")
    return lambda: load(str(file))


def watch(engine: Engine) -> Queue:
    """Put a queue into an engine, before it starts, that tells when there is nothing left to do."""
    commands = Queue()
    engine._commands = commands  # type: ignore[assignment]
    return commands


def endless(rate: float = 1.0) -> Program:
    """Return the default network in a loop that does not end while a test looks at it."""
    return build(Network(iterations=ENDLESS, rate=rate), "endless")


def diverging(rate: float = 100.0) -> Program:
    """Return a network without a sigmoid at its end in an endless loop: with this rate its loss soon overflows."""
    source = endless(rate).source.replace("a2 = sigmoid(z2)", "a2 = z2").replace(" * (a2 * (1 - a2))", "")
    return Program.parse(source.replace("sigmoid(z1)", "z1").replace(" * (a1 * (1 - a1))", ""), "diverging")


def beside(program: str | Program = "default") -> Session:
    """Return a session of the test's own, to hold the screen to."""
    return Session(examples.program(program) if isinstance(program, str) else program)


def numbers(text: str) -> list[float]:
    """Read a matrix panel's inside back as numbers."""
    return [float(word) for word in text.split()]


def three_decimals(value: Array) -> list[list[str]]:
    """Write the rows of a matrix as a reader of the screen would expect them."""
    return [[f"{number:.3f}" for number in row] for row in value.reshape(-1, value.shape[-1]).tolist()]
