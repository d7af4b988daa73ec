"""A dialog for another network and other data: one line of options as on the command line, and a list of data.

What is typed is what `nntui` takes, so that nothing has to be learned twice. A mistake is said here, and the program
that is being debugged stays as it is.
"""

import shlex
from pathlib import Path

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from nntui import opening
from nntui.networks import HIDDEN_WIDTH
from nntui.usage import InputError, printable
from nntui_core.datasets.catalogue import ENTRIES, Entry
from nntui_core.frame import Frame
from nntui_core.network import wording
from nntui_core.program import Program

HINT = "enter: open it · down: choose data · escape: leave"
OPTIONS = (
    "--activation sigmoid tanh relu leaky-relu identity · --loss half-sse mse bce ce · --output sigmoid tanh identity"
    " · --bias · --optimizer gd momentum adam · --init uniform01 uniform normal xavier he zeros constant · --lr X"
    " · --batch N · --l2 X · --holdout 0.2 · --standardize · --seed N · --data FILE.csv --target COLUMN"
)
OF_OTHER_DATA = {"--target": 2, "--samples": 2, "--noise": 2, "--header": 1, "--no-header": 1}
"""Options that go with one set of data, and how many words each takes."""


class NetworkDialog(ModalScreen[Program | None]):
    """Asks for a network; its result is the program, or None where the user left."""

    BINDINGS = [Binding("escape", "leave", "leave"), Binding("down", "choose", "data", show=False)]

    def __init__(self, present: str, folder: Path) -> None:
        super().__init__()
        self._present = present
        self._folder = folder

    def compose(self) -> ComposeResult:
        """Show the line, what can stand in it, and the data."""
        name = max(len(entry.name) for entry in ENTRIES)
        with Vertical(id="box"):
            yield Label("another network, other data", markup=False)
            yield Input(self._present, select_on_focus=False)
            yield Label(HINT, classes="hint", markup=False)
            yield Label(OPTIONS, markup=False)
            yield OptionList(*(Option(_row(entry, name), id=entry.name) for entry in ENTRIES))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Read what is typed; a file may take a while."""
        self._say("reading …", False)
        self._read(event.value)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Put the chosen data into the line."""
        entry = next(entry for entry in ENTRIES if entry.name == event.option.id)
        line = self.query_one(Input)
        line.value = with_data(line.value, entry)
        line.cursor_position = len(line.value)
        line.focus()

    @work(thread=True, exclusive=True, exit_on_error=False)
    def _read(self, text: str) -> None:
        try:
            program = opening.typed(_words(text), self._folder)
        except InputError as error:
            self.app.call_from_thread(self._say, printable(str(error)), True)
        else:
            self.app.call_from_thread(self._take, program)

    def _take(self, program: Program) -> None:
        if self.is_attached:
            self.dismiss(program)

    def _say(self, text: str, is_problem: bool) -> None:
        if self.is_attached:
            hint = self.query_one(".hint", Label)
            hint.set_class(is_problem, "problem")
            hint.update(Text(text))

    def action_choose(self) -> None:
        """Go to the list of data."""
        self.query_one(OptionList).focus()

    def action_leave(self) -> None:
        """Leave without opening anything."""
        self.dismiss(None)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text.removeprefix("nntui "))
    except ValueError:
        raise InputError("a quote is opened and never closed") from None


def _row(entry: Entry, width: int) -> Text:
    """Return a set of data on one line."""
    shape = f"{entry.samples}×{entry.inputs}"
    row = f"{shape:>7}  {entry.kind:<13}  {entry.title}"
    return Text.assemble((f"{entry.name:<{width}}  ", "bold"), row, no_wrap=True, overflow="ellipsis")


def with_data(text: str, entry: Entry) -> str:
    """Return a line of options with other data, its layers as wide at both ends as that needs."""
    try:
        words = _words(text)
    except InputError:
        words = []
    kept: list[str] = []
    hidden = str(HIDDEN_WIDTH)
    while words:
        word = words.pop(0)
        if word in OF_OTHER_DATA:
            del words[: OF_OTHER_DATA[word] - 1]
        elif word in ("--layers", "--data") and words:
            value = words.pop(0)
            hidden = "-".join(value.split("-")[1:-1]) if word == "--layers" else hidden
        else:
            kept.append(word)
    one_each = "ce" in kept[kept.index("--loss") :][:2] if "--loss" in kept else False
    layers = "-".join(filter(None, (str(entry.inputs), hidden, str(entry.outputs(one_each)))))
    return shlex.join(["--data", entry.name, "--layers", layers, *kept])


def as_typed(frame: Frame | None) -> str:
    """Return the options of the network that is being debugged, as far as it is one made of options."""
    if frame is None:
        return "--data xor --layers 2-4-1"
    try:
        said = wording.said("\n".join(line.text for line in frame.code))
    except SyntaxError:
        said = ""
    described = wording.read(said) if said else None
    if described is None:
        return "--data xor --layers 2-4-1"
    words = [said]
    if frame.rate is not None and frame.rate != described.gamma:
        words.append(f"--lr {frame.rate!r}")
    if frame.seed not in (None, described.seed):
        words.append(f"--seed {frame.seed}")
    return " ".join(words)
