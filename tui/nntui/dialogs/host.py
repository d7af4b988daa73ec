"""The dialogs of the main screen: which action opens which, and how the engine's answers reach them."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nntui import examples
from nntui.dialogs.cell import cell_dialog
from nntui.dialogs.check import CheckDialog
from nntui.dialogs.edit import EditDialog
from nntui.dialogs.help import Help
from nntui.dialogs.network import NetworkDialog, as_typed
from nntui.dialogs.number import Dialog, NumberDialog, read_iteration, read_rate
from nntui.dialogs.open import OpenDialog
from nntui.dialogs.origin import OriginDialog
from nntui.dialogs.roles import RolesDialog
from nntui.dialogs.stops import StopDialogs
from nntui.dialogs.text import TextDialog
from nntui.protocol import Answer, Command, Edited, Taken, Verb
from nntui.widgets.matrix import MatrixPanel
from nntui_core.program import Program
from nntui_core.replies import Cell, Origin, Verdicts
from nntui_core.roles import Given

if TYPE_CHECKING:
    from nntui.screen import MainScreen

D = TypeVar("D", bound=Dialog)


class Dialogs:
    """Opens dialogs over a main screen."""

    def __init__(self, screen: "MainScreen") -> None:
        self._screen = screen
        self._folder = _present_folder()
        """Where files are saved: where nntui was started, wherever the program goes."""
        self._stops = StopDialogs(screen)
        self.actions: dict[str, Callable[[], None]] = {
            "help": lambda: self._push(Help()),
            "rate": self._rate,
            "goto": self._goto,
            "edit": self._edit,
            "open": self._open,
            "network": self._network,
            "explain": self._explain_selected,
            "save": self._save,
            "picture": self._picture,
            "roles": self._roles,
            **self._stops.actions,
        }
        """The actions that open a dialog."""

    def answer(self, answer: "Answer | None") -> None:
        """Hand the engine's answer to the dialog that it is for; the user may have gone on to another one meanwhile."""
        if isinstance(answer, Origin):
            self._show(OriginDialog, lambda: OriginDialog(self._explain), lambda dialog: dialog.add(answer), "enter")
        elif isinstance(answer, Verdicts):
            make = lambda: CheckDialog(self._apply_edit)  # noqa: E731
            self._show(CheckDialog, make, lambda dialog: dialog.show_verdicts(answer), "c")
        elif isinstance(answer, Edited):
            self._after_edit(answer)
        elif isinstance(answer, Taken):
            self._stops.answer(answer)

    def _push(self, dialog: Dialog) -> None:
        self._screen.app.push_screen(dialog)

    def _show(self, kind: type[D], make: Callable[[], D], show: Callable[[D], None], key: str) -> None:
        """Show an answer in its dialog: in the open one, in a new one over the main screen, never over another."""
        present = self._screen.app.screen
        if isinstance(present, kind):
            show(present)
        elif present is self._screen:
            dialog = make()
            self._push(dialog)
            show(dialog)
        else:
            self._screen.say(f"an answer came while a dialog was open: {key} asks again")

    def _rate(self) -> None:
        frame = self._screen.picture
        present = "" if frame is None or frame.rate is None else repr(frame.rate)
        question = "learning rate γ, from the next update on"
        self._number(NumberDialog(question, present, read_rate), Verb.SET_RATE)

    def _goto(self) -> None:
        present = "" if self._screen.picture is None else str(self._screen.picture.iteration)
        self._number(NumberDialog("go to the start of iteration", present, read_iteration), Verb.GOTO)

    def _number(self, dialog: NumberDialog, verb: Verb) -> None:
        def take(number: float | None) -> None:
            if number is not None:
                self._screen.send(verb, number)

        self._screen.app.push_screen(dialog, take)

    def _edit(self) -> None:
        panel = self._screen.focused
        if isinstance(panel, MatrixPanel):
            self._edit_cell(panel)
        else:
            self._edit_line()

    def _edit_cell(self, panel: MatrixPanel) -> None:
        cell = panel.panel_name, panel.index

        def send(value: float) -> None:
            self._screen.engine.send(Command(Verb.EDIT_CELL, value, self._screen.view(), cell=cell))

        self._push(cell_dialog(*cell, panel.value, send))

    def _edit_line(self) -> None:
        line, frame = self._screen.panels.code.marked_line(), self._screen.picture
        if line is not None and frame is not None:
            self._push(EditDialog(line, frame.variables, self._apply_edit))

    def _apply_edit(self, line: int, text: str) -> None:
        self._screen.engine.send(Command(Verb.EDIT, line, self._screen.view(), text=text))

    def _after_edit(self, answer: Edited) -> None:
        dialog = self._screen.app.screen
        if isinstance(dialog, EditDialog):
            dialog.answer(answer)
        elif isinstance(dialog, CheckDialog) and dialog.is_about(answer) and not answer.problem:
            self._screen.send(Verb.CHECK)
        elif isinstance(dialog, CheckDialog) and dialog.is_about(answer):
            dialog.dismiss(None)
            self._screen.say(answer.problem)

    def _open(self) -> None:
        def take(name: str | None) -> None:
            if name is not None:
                command = Command(Verb.OPEN, view=self._screen.view(), program=examples.program(name))
                self._screen.engine.send(command)

        self._screen.app.push_screen(OpenDialog(examples.choices()), take)

    def _network(self) -> None:
        def take(program: Program | None) -> None:
            if program is not None:
                self._screen.engine.send(Command(Verb.OPEN, view=self._screen.view(), program=program))

        present = as_typed(self._screen.picture)
        self._screen.app.push_screen(NetworkDialog(present, self._folder), take)

    def _save(self) -> None:
        def take(path: str | None) -> None:
            if path is not None:
                whole = str(self._folder / Path(path).expanduser())
                self._screen.engine.send(Command(Verb.SAVE, view=self._screen.view(), text=whole))

        question = "save the session (.npz), or the program with its edits (.py), as"
        self._screen.app.push_screen(TextDialog(question, f"{self._stem()}.npz"), take)

    def _stem(self) -> str:
        """Return what files of this session are called, without an ending."""
        frame = self._screen.picture
        if frame is None:
            return "nntui"
        return re.sub(r"[^\w.-]", "-", frame.program if frame.path is None else Path(frame.path).stem)

    def _picture(self) -> None:
        """Save a picture of the screen, once the palette is gone from it."""
        self._screen.call_after_refresh(self._save_picture)

    def _save_picture(self) -> None:
        iteration = self._screen.picture.iteration if self._screen.picture else 0
        stem = f"{self._stem()}-{iteration}"
        names = (f"{stem}{f'-{k}' if k else ''}.svg" for k in itertools.count())
        file = next(path for name in names if not (path := self._folder / name).exists())
        try:
            file.write_text(self._screen.app.export_screenshot(), encoding="utf-8")
        except OSError as error:
            self._screen.say(f"{file}: {error.strerror}")
        else:
            self._screen.say(f"a picture of the screen: {file}")

    def _roles(self) -> None:
        def take(given: Given | None) -> None:
            if given is not None:
                self._screen.engine.send(Command(Verb.GIVEN, view=self._screen.view(), given=given))

        frame = self._screen.picture
        self._screen.app.push_screen(RolesDialog(dict(frame.roles) if frame else {}), take)

    def _explain_selected(self) -> None:
        frame = self._screen.picture
        if frame is not None and frame.cell is not None:
            self._explain(frame.cell, None)

    def _explain(self, cell: Cell, before: tuple[int, int] | None) -> None:
        view = self._screen.view()
        self._screen.engine.send(Command(Verb.EXPLAIN, view=view, cell=(cell.name, cell.index), before=before))


def _present_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it has been deleted
        return Path()
