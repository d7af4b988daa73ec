"""Session files: what is saved comes back bit for bit, a killed writer leaves a whole file, and no file does harm."""

import contextlib
import copy
import json
import math
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

import nntui_core
from nntui_core import archive, builtin, edits, files, mistakes, network, script
from nntui_core.breakpoints import Breakpoint
from nntui_core.codec import NotPlain, Reader, Writer
from nntui_core.curve import LossCurve
from nntui_core.failure import ProgramFailed
from nntui_core.familiar import is_familiar, is_plain_cost
from nntui_core.files import FileError, Kept, load, save
from nntui_core.history import RateChange
from nntui_core.interpreter import Position
from nntui_core.program import Given, Origin, Program
from nntui_core.reopening import opened
from nntui_core.session import Refused, Session
from nntui_core.values import same_bits
from nntui_core.watches import Watches

Commands = list[tuple[str, int]]
QUICK = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
)
FLAW = "loss = 0.25 * np.sum((a2 - y) ** 4)"


def default() -> Session:
    return Session(builtin.load("default"))


def do(session: Session, commands: Commands) -> None:
    """Do what a user may do."""
    line = next(s.line for s in session.program.body if s.targets == ("loss",))
    table: dict[str, Callable[[int], object]] = {
        "step": lambda _: session.step(),
        "back": lambda _: session.back(),
        "next": lambda _: session.next_iteration(),
        "advance": lambda n: session.advance(n * 70),
        "goto": lambda n: session.goto(Position(n * 40, n % 3)),
        "rate": lambda n: session.set_rate(n / 4),
        "cell": lambda n: session.edit_cell("W1", (n % 3, n % 4), n / 8),
        "edit": lambda n: session.edit_line(line, FLAW.replace("4", str(n + 1))),
        "undo": lambda _: session.undo_edit(),
        "reset": lambda _: session.reset(),
        "seed": lambda _: session.reset_with_next_seed(),
        "former": lambda _: session.return_to_former(),
    }
    for name, number in commands:
        with contextlib.suppress(Refused):
            table[name](number)


NAMES = ["step", "back", "next", "advance", "goto", "rate", "cell", "edit", "undo", "reset", "seed", "former"]
COMMANDS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 9)), max_size=7)


def assert_same(a: Session, b: Session) -> None:
    """Hold two sessions to each other, bit for bit."""
    for session in (a, b):
        session.catch_up()
    assert a.position == b.position
    assert a.program == b.program
    assert a.rate == b.rate
    assert a.history.events == b.history.events
    assert (a.ended, a.failure) == (b.ended, b.failure)
    assert_same_numbers(a, b)
    assert a.curve.points(10**6) == b.curve.points(10**6)
    assert (a.ghost is None) == (b.ghost is None)
    assert (a.former is None) == (b.former is None)
    if a.ghost is not None and b.ghost is not None:
        assert a.ghost.label == b.ghost.label
        assert a.ghost.curve.points(10**6) == b.ghost.curve.points(10**6)


def assert_same_numbers(a: Session, b: Session) -> None:
    assert a.state.values.keys() == b.state.values.keys()
    for name, value in a.state.values.items():
        assert same_bits(value, b.state[name]), name


def again(session: Session, path: Path, most: int = files.ALL) -> Session:
    """Save a session and take it up again."""
    save(session, path, most)
    restored, differences = load(str(path)).session()
    assert differences == ""
    return restored


# --- what comes back -------------------------------------------------------------------------------------------------


@given(before=COMMANDS, after=COMMANDS, most=st.sampled_from([1, 3, files.ALL]))
@QUICK
def test_a_session_comes_back_and_goes_on_bit_for_bit(
    tmp_path: Path, before: Commands, after: Commands, most: int
) -> None:
    session = default()
    do(session, before)
    restored = again(session, tmp_path / "s.npz", most)
    assert_same(session, restored)
    do(session, after)
    do(restored, after)
    assert_same(session, restored)
    assert restored.original == session.original


def test_numpy_reads_the_arrays_by_their_names(tmp_path: Path) -> None:
    session = default()
    session.advance(120)
    save(session, tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz", allow_pickle=False) as held:
        for name in ("W1", "W2", "delta1", "loss", "x"):
            assert same_bits(held[name], session.state[name])
        document = json.loads(held[files.SESSION].item())
    assert document["version"] == files.VERSION
    assert document["position"] == [120, 0]
    assert document["programs"][document["present"]]["text"] == session.program.source
    assert document["written by"]["numpy"] == np.__version__
    assert {"blas threads", "python", "nntui", "machine"} <= document["written by"].keys()


def test_what_was_run_fast_and_not_looked_at_is_saved_as_it_is(tmp_path: Path) -> None:
    session, beside = default(), default()
    session.run(500)
    beside.advance(500)
    save(session, tmp_path / "s.npz")
    with np.load(tmp_path / "s.npz") as held:
        assert same_bits(held["W1"], beside.state["W1"])


def test_the_file_has_what_marks_edits_and_settings(tmp_path: Path) -> None:
    session = default()
    session.next_iteration()
    do(session, [("edit", 3), ("edit", 5)])
    save(session, tmp_path / "s.npz", settings={"log": True})
    kept = load(str(tmp_path / "s.npz"))
    assert kept.settings == {"log": True}
    restored, _ = kept.session()
    assert restored.original == builtin.load("default")
    restored.undo_edit()
    restored.undo_edit()
    assert restored.program == builtin.load("default")


SCRIPTS = {
    "views, aliases, containers": """
import numpy as np
whole = np.arange(12.0).reshape(3, 4)
row, turned, same = whole[1], whole.T[::-1], whole
held = {"W": whole, "list": [row, (1, 2.5, None)], 3: {4, 5}, "nan": float("nan"), "c": 1j}
held["self"] = held
flat = np.frombuffer(bytearray(16))
empty = np.zeros((0, 3))
names = np.array(["a", "bc"])
for i in range(60):
    row += 0.25
    whole[0, 0] *= 1.01
    held["list"].append(i) if i < 5 else None
    loss = whole.sum() + turned[0, 0] + held["W"][1, 1] + len(held["list"])
""",
    "random generators of all kinds": """
import random
import numpy as np
rng = np.random.default_rng(5)
same, child = rng, rng.spawn(1)[0]
old = np.random.RandomState(3)
own = random.Random(4)
np.random.seed(6)
random.seed(7)
bits = np.random.Generator(np.random.MT19937(8))
for i in range(60):
    loss = rng.random() + same.normal() + child.random() + old.rand() + own.random()
    loss += np.random.rand() + random.random() + bits.random() + rng.spawn(1)[0].random()
""",
    "objects of its own": """
import numpy as np
class Layer:
    def __init__(self, W):
        self.W, self.seen = W, []
    def forward(self, x):
        self.seen.append(float(x.sum()))
        return x @ self.W
rng = np.random.default_rng(1)
layers = [Layer(rng.random((2, 2))) for _ in range(3)]
tied = layers[0]
x = rng.random((4, 2))
for i in range(60):
    a = x
    for layer in layers:
        a = layer.forward(a)
    tied.W -= 0.001 * a.sum()
    loss = float((a ** 2).sum()) + len(tied.seen)
""",
    "numbers that nobody has seeded": """
import numpy as np
rng = np.random.default_rng()
w = rng.random(3) + np.random.rand(3)
for i in range(60):
    w = w - 0.1 * rng.random(3)
    loss = float(w.sum())
""",
    "a loop inside of a function": """
import numpy as np
def train(n, lr=0.1):
    w = np.ones(3)
    for i in range(n):
        w -= lr * w
        loss = w.sum()
    return w
w = train(60)
""",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_all_that_a_namespace_may_hold_comes_back(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.py").write_text(SCRIPTS[name])
    session = Session(script.load(str(tmp_path / "mine.py")))
    session.advance(40)
    session.step()
    restored = again(session, tmp_path / "s.npz")
    assert load(str(tmp_path / "s.npz")).state["checkpoints"], "it came back by running everything again"
    assert_same(session, restored)
    alone = Alone(session), Alone(restored)
    for names in (["next"] * 3, ["back"] * 5, ["advance"], ["reset", "next"]):
        for one in alone:
            one.do(names)
        assert_same(session, restored)


class Alone:
    """A session that has the process's random states for itself."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._states = np.random.get_state(), random.getstate()

    def do(self, names: list[str]) -> None:
        np.random.set_state(self._states[0])
        random.setstate(self._states[1])
        session = self.session
        table: dict[str, Callable[[], None]] = {
            "next": session.next_iteration,
            "back": session.back,
            "reset": session.reset,
            "advance": lambda: session.advance(10),
        }
        for name in names:
            table[name]()
        self._states = np.random.get_state(), random.getstate()


CANNOT_BE_WRITTEN = """
import numpy as np
w = np.ones(3)
def items():
    for k in range(50):
        yield k
{held}
for i in {items}:
    w = w - 0.1 * w
    loss = w.sum()
"""


@pytest.mark.parametrize(
    ("held", "items"), [("", "items()"), ("log = items()", "range(50)"), ("log = [object()]", "range(50)")]
)
def test_what_cannot_be_written_comes_back_by_running_again(tmp_path: Path, held: str, items: str) -> None:
    (tmp_path / "mine.py").write_text(CANNOT_BE_WRITTEN.format(held=held, items=items))
    session = Session(script.load(str(tmp_path / "mine.py")))
    session.advance(20)
    save(session, tmp_path / "s.npz")
    kept = load(str(tmp_path / "s.npz"))
    assert kept.state["checkpoints"] == []
    restored, differences = kept.session()
    assert differences == ""
    assert_same(session, restored)
    restored.back()
    session.back()
    assert_same(session, restored)


def test_the_end_of_a_loop_and_a_failure_come_back(tmp_path: Path) -> None:
    text = "import numpy as np\nw = np.ones(3)\nfor i in range(9):\n    w = w / 2\n    loss = w.sum()\n"
    (tmp_path / "mine.py").write_text(text)
    session = Session(script.load(str(tmp_path / "mine.py")))
    session.run(50)
    assert session.ended
    assert_same(session, again(session, tmp_path / "s.npz"))
    naive = Session(builtin.load("naive"))
    naive.advance(3)
    assert naive.failure is not None
    restored = again(naive, tmp_path / "s.npz")
    assert_same(naive, restored)
    restored.back()


def test_what_was_printed_comes_back_and_is_not_printed_again(tmp_path: Path) -> None:
    text = "import numpy as np\nprint('setup')\nw = np.ones(3)\nfor i in range(9):\n    w = w / 2\n    print(i, 'é')\n"
    (tmp_path / "mine.py").write_text(text)
    session = Session(script.load(str(tmp_path / "mine.py")))
    session.advance(5)
    restored = again(session, tmp_path / "s.npz")
    restored.back_iteration()
    restored.advance(2)
    assert restored.output.last(50) == ("setup", *(f"{k} é" for k in range(6)))
    assert restored.output.count == 7


def test_a_file_from_elsewhere_finds_its_script_beside_it(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    (there / "data.txt").write_text("1 2 3")
    (there / "mine.py").write_text(
        "import numpy as np\nw = np.loadtxt('data.txt')\nfor i in range(9):\n    w = w / 2\n    loss = w.sum()\n"
    )
    session = Session(script.load(str(there / "mine.py")))
    session.advance(3)
    save(session, here / "s.npz")
    os.chdir(tmp_path)
    (there / "data.txt").rename(here / "data.txt")
    (there / "mine.py").unlink()
    there.rmdir()
    restored, differences = load(str(here / "s.npz")).session()
    assert differences == ""
    assert same_bits(restored.state["w"], session.state["w"])


@pytest.fixture(autouse=True)
def _present_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts go to their folder; afterwards everything is as it was."""
    monkeypatch.chdir(Path.cwd())
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))


def test_other_numbers_than_those_of_the_file_are_told(tmp_path: Path) -> None:
    session = default()
    session.advance(50)
    path = tmp_path / "s.npz"
    save(session, path)

    def change(document: dict[str, Any], _: dict[str, Any]) -> None:
        document["written by"]["blas threads"] = 77

    repack(path, change, {"W1": session.state["W1"] + 1e-16 * np.arange(12).reshape(3, 4)})
    _, differences = load(str(path)).session()
    assert "W1" in differences
    assert "blas threads 77 there" in differences
    assert "W2" not in differences
    repack(path, lambda document, _: document.update(position=[60, 0]), {})
    assert "not the same numbers" in load(str(path)).session()[1]


def test_a_long_session_is_small_and_is_back_soon(tmp_path: Path) -> None:
    session = default()
    session.run(60_000)
    path = tmp_path / "s.npz"
    save(session, path)
    assert path.stat().st_size < 16 * 2**20
    save(session, path, 24)
    assert path.stat().st_size < 2**20
    kept = load(str(path))
    assert len(kept.state["checkpoints"]) <= 30
    restored, _ = kept.session()
    near = max(k for k, _ in kept.state["checkpoints"])
    assert 60_000 - near <= session.history.spacing + 1
    assert_same(session, restored)


# --- values ----------------------------------------------------------------------------------------------------------


def test_what_the_codec_cannot_write_it_says() -> None:
    loop: list[Any] = []
    loop.append((loop, (loop,)))
    assert Reader([]).values(Writer().values({"a": loop}))["a"][0][1][0] is not None
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (open, object(), np.array([{}]), np.zeros(2, "i4,f8"), deep, 1 << 10_000, iter([])):
        with pytest.raises(NotPlain):
            Writer().values({"value": value})


@pytest.mark.parametrize(
    "node",
    [
        ["object", "Path", {}],
        ["object", "int", ["dict"]],
        ["array", 0, "|O", [1], [8], 0, True],
        ["array", 0, "<f8", [100], [8], 0, True],
        ["array", 0, "<f8", [1], [8], 7, True],
        ["array", 9, "<f8", [1], [8], 0, True],
        ["bits", "os", None, ["dict"]],
        ["again", 3],
        ["system", "true"],
        [],
        {},
    ],
)
def test_nodes_that_are_none_are_refused(node: Any) -> None:
    reader = Reader([b"\0" * 8])
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever; `load` makes one message of it
        reader.values({"value": node}, {"Path": Path, "int": int})


# --- what else may be in a file --------------------------------------------------------------------------------------


def repack(path: Path, change: Callable[[dict[str, Any], dict[str, Any]], Any], arrays: dict[str, Any]) -> None:
    """Write a session file anew, with valid checksums, after something in it has been changed."""
    with np.load(path) as held:
        every = {name: held[name] for name in held.files}
    document, state = json.loads(every[files.SESSION].item()), json.loads(every[files.STATE].tobytes())
    change(document, state)
    every[files.SESSION] = np.array(json.dumps(document))
    every[files.STATE] = np.frombuffer(json.dumps(state).encode(), np.uint8)
    with path.open("wb") as file:
        archive.write(file, {**every, **arrays})


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    session = default()
    do(session, [("advance", 2), ("rate", 3), ("step", 1), ("cell", 3), ("edit", 4), ("reset", 1), ("next", 1)])
    do(session, [("edit", 2), ("cell", 5)])
    path = tmp_path_factory.mktemp("files") / "s.npz"
    save(session, path, 2)
    return Content(path.read_bytes())


class Content(bytes):
    """The content of a file, which is not printed."""

    def __repr__(self) -> str:
        return f"{len(self)} bytes"


def complaint(path: Path) -> str:
    """Load what cannot be loaded; return the one line that says why."""
    with pytest.raises(FileError) as caught:
        load(str(path))
    line = str(caught.value)
    assert line.startswith(str(path))
    assert "\n" not in line
    assert len(line) < len(str(path)) + 160
    return line.removeprefix(str(path))


def foreign() -> dict[str, tuple[Any, str]]:
    return {
        "empty": (b"", "not a .npz file"),
        "text": (b"import os\n" * 50, "not a .npz file"),
        "head of a zip": (b"PK\x03\x04", "not a .npz file"),
        "weights": ({"W1": np.ones(3)}, "no session of nntui in it; --weights"),
        "other text": ({files.SESSION: np.array("{}")}, "damaged"),
        "no text": ({files.SESSION: np.ones(3)}, "no text"),
        "deep": ({files.SESSION: np.array("[" * 200_000)}, "damaged"),
        "future": (
            {files.SESSION: np.array(f'{{"format": "nntui session", "version": {files.VERSION + 1}}}')},
            "newer nntui",
        ),
        "far future": ({files.SESSION: np.array('{"format": "nntui session", "version": [9]}')}, "newer nntui"),
    }


@pytest.mark.parametrize("name", foreign())
def test_a_file_that_is_none_costs_one_line(tmp_path: Path, name: str) -> None:
    content, part = foreign()[name]
    path = tmp_path / "s.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, **content)
    assert part in complaint(path)
    assert files.is_session(path) == (name not in ("empty", "text", "head of a zip", "weights"))


def test_what_is_no_file_costs_one_line(tmp_path: Path) -> None:
    assert "No such file" in complaint(tmp_path / "no.npz")
    assert "not a file" in complaint(tmp_path)
    os.mkfifo(tmp_path / "pipe.npz")
    assert "not a file" in complaint(tmp_path / "pipe.npz")


def test_pickles_are_not_read_and_bombs_are_not_blown_up(tmp_path: Path, sample: bytes) -> None:
    path = tmp_path / "s.npz"
    path.write_bytes(sample)

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, ("touch evil",)

    with np.load(path) as held:
        every: dict[str, Any] = {name: held[name] for name in held.files}
    np.savez(path, **every, evil=np.array([Evil()], dtype=object))
    assert "Python objects" in complaint(path)
    np.savez_compressed(path, **every, bomb=np.zeros(50_000_000, np.uint8))
    assert path.stat().st_size < 2**20
    assert "packed" in complaint(path)
    with zipfile.ZipFile(path, "w") as bomb:
        bomb.writestr(
            f"{files.SESSION}.npy",
            b"\x93NUMPY\x01\x00" + b"\x46\x00" + b"{'descr': '|u1', 'fortran_order'"
            b": False, 'shape': (9999999999999,), }\n",
        )
    complaint(path)


@given(data=st.data())
@settings(QUICK, max_examples=150)
def test_flipped_and_cut_files_say_so_or_are_whole(tmp_path: Path, sample: bytes, data: st.DataObject) -> None:
    broken = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 3))):
        ends = st.integers(0, 400) | st.integers(len(sample) - 2500, len(sample) - 1)
        broken[data.draw(st.integers(0, len(sample) - 1) | ends)] ^= 1 << data.draw(st.integers(0, 7))
    if data.draw(st.booleans()):
        del broken[data.draw(st.integers(0, len(broken))) :]
    path = tmp_path / "s.npz"
    path.write_bytes(broken)
    try:
        kept = load(str(path))
    except FileError:
        complaint(path)
        return
    path.write_bytes(sample)
    whole = load(str(path))
    assert kept.document == whole.document
    assert all(same_bits(kept.arrays[name], whole.arrays[name]) for name in kept.arrays.keys() & whole.arrays.keys())


JUNK = st.sampled_from(
    [None, True, -1, 0, 1, 7, 2**70, 1.5, float("nan"), "x", "W1", [], ["list"], [0, 0], {}, {"a": 1}]
)


def places_in(node: Any) -> list[tuple[Any, Any]]:
    """Return every place of a JSON value that can be changed: its container and its key."""
    found = []
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []:
        found += [(node, key), *places_in(node[key])]
    return found


FORGERIES = st.lists(st.tuples(st.booleans(), st.integers(0, 10**6), JUNK), min_size=1, max_size=2)


@given(forgeries=FORGERIES)
@example(forgeries=[(False, 743, [])])
@settings(QUICK, max_examples=150)
def test_forged_files_say_so_or_open(tmp_path: Path, sample: bytes, forgeries: list[tuple[bool, int, Any]]) -> None:
    path = tmp_path / "s.npz"
    path.write_bytes(sample)

    def change(document: dict[str, Any], state: dict[str, Any]) -> None:
        for in_document, number, junk in forgeries:
            places = places_in(document if in_document else state)
            container, key = places[number % len(places)]
            container[key] = copy.deepcopy(junk)

    repack(path, change, {})
    try:
        kept = load(str(path))
    except FileError:
        return
    try:
        session, _ = kept.session()
    except ProgramFailed:
        return
    do(session, [("step", 1), ("back", 1), ("reset", 1), ("next", 1)])


# --- whose program is it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*builtin.NAMES, *(m.code for m in mistakes.MISTAKES)])
def test_nntuis_own_programs_are_familiar_whatever_their_numbers(name: str) -> None:
    program = builtin.load(name) if name in builtin.NAMES else mistakes.program(name)
    assert is_familiar(program)
    with contextlib.suppress(edits.EditError):
        assert is_familiar(edits.with_rate(edits.with_seed(program, 77), -0.25))
    session = Session(program)
    session.infer_cost()
    assert is_familiar(session.history.program)


def test_networks_are_familiar() -> None:
    for layers in ((3, 1), (3, 4, 1), (3, 9, 2, 1), (3, *[2] * 6, 1)):
        assert is_familiar(network.build(network.Network(layers)))


@pytest.mark.parametrize(
    "program",
    [
        Program.parse(builtin.source("default").replace("lr = 1.0", "lr = __import__('os').getpid()"), "default"),
        Program.parse(builtin.source("default"), "forum"),
        Program.parse(builtin.source("default"), "default", Origin("/tmp/mine.py")),
        Program.parse(builtin.source("default"), "default", Origin(given=Given(cost="exit()"))),
        builtin.load("default").with_cost("__import__('os').system('true')"),
        Program.parse("import os\nfor i in range(3):\n    w = 1\n", "3-4-1"),
    ],
)
def test_what_somebody_has_written_is_not_familiar(program: Program) -> None:
    assert not is_familiar(program)


@pytest.mark.parametrize(
    ("cost", "plain"),
    [
        ("0.5 * np.sum((y - a2) ** 2)", True),
        ("-np.mean(y * np.log(a2))", True),
        ("exit()", False),
        ("np.load.sum('x')", False),
        ("(lambda: 0)()", False),
        ("y.__class__.sum()", False),
        ("2 ** 9 ** 9 ** 9", False),
        ("[x for x in y]", False),
        ("this is not python", False),
    ],
)
def test_which_costs_do_nothing_but_compute(cost: str, plain: bool) -> None:
    assert is_plain_cost(cost) == plain


def test_a_file_is_familiar_when_all_its_programs_are(tmp_path: Path) -> None:
    session = default()
    session.next_iteration()
    save(session, tmp_path / "s.npz")
    assert load(str(tmp_path / "s.npz")).familiar
    line = next(s.line for s in session.program.body if s.targets == ("loss",))
    session.edit_line(line, "loss = np.sum(np.abs(a2 - y))")
    session.step()
    session.undo_edit()
    save(session, tmp_path / "s.npz")
    kept = load(str(tmp_path / "s.npz"))
    assert kept.program == builtin.load("default")
    assert not kept.familiar


def test_loading_runs_nothing(tmp_path: Path) -> None:
    trace = tmp_path / "it ran"
    (tmp_path / "mine.py").write_text(f"open({str(trace)!r}, 'a').close()\nfor i in range(9):\n    w = i\n")
    session = Session(script.load(str(tmp_path / "mine.py")))
    session.advance(3)
    save(session, tmp_path / "s.npz")
    trace.unlink()
    kept = load(str(tmp_path / "s.npz"))
    assert isinstance(kept, Kept)
    assert not kept.familiar
    assert not trace.exists()
    kept.session()
    assert trace.exists()


def test_a_rate_of_no_program_is_refused(tmp_path: Path, sample: bytes) -> None:
    path = tmp_path / "s.npz"
    path.write_bytes(sample)
    repack(path, lambda d, _: d["events"].insert(0, ["rate", 0, 0, "exit()", 1.0]), {})
    assert "damaged" in complaint(path)


@pytest.mark.parametrize(
    "cell",
    [
        ["().__class__", [], 1.0],
        ["W1.__class__", [], 1.0],
        ["print(1)", [], 1.0],
        ["W1[print(1)]", [], 1.0],
        ["W1", [-1, 0], 1.0],
        ["W1", [0, 0.5], 1.0],
        ["W1", [0, 0], float("nan")],
        ["W1", [0, 0], "1.0"],
        [5, [], 1.0],
    ],
)
def test_a_cell_that_is_none_is_refused(tmp_path: Path, sample: bytes, cell: list[Any]) -> None:
    path = tmp_path / "s.npz"
    path.write_bytes(sample)
    repack(path, lambda d, _: d["events"].insert(0, ["cell", 0, 0, *cell]), {})
    assert "damaged" in complaint(path)


@pytest.mark.parametrize("cell", [["np.pi", [], 3.0], ["W1", [9, 9], 1.0], ["nowhere", [], 1.0], ["W1", [0], 1.0]])
def test_a_cell_that_the_program_does_not_have_is_not_set(tmp_path: Path, sample: bytes, cell: list[Any]) -> None:
    path = tmp_path / "s.npz"
    path.write_bytes(sample)
    expected, _ = load(str(path)).session()
    repack(path, lambda d, _: d["events"].insert(0, ["cell", 0, 0, *cell]), {})
    restored, differences = load(str(path)).session()
    assert differences == ""
    assert_same_numbers(expected, restored)
    assert np.pi == math.pi


# --- whole or not at all ---------------------------------------------------------------------------------------------

WRITER = """
import os, random, signal, sys, time
from pathlib import Path
from nntui_core import builtin, files
from nntui_core.session import Session
path, rounds = Path(sys.argv[1]), int(sys.argv[2])
session = Session(builtin.load("default"))
session.advance(50)
files.save(session, path)
began = time.perf_counter()
for _ in range(5):
    files.save(session, path)
span = (time.perf_counter() - began) / 5
random.seed(os.getpid())
seen, left, kills = set(), 0, 0
while kills < rounds or left <= 20 and kills < 10 * rounds:  # a busy machine hits the middle less often
    kills += 1
    begun, begins = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(begins, b"x")
        while True:
            session.step()
            files.save(session, path)
    os.read(begun, 1)
    os.close(begun)
    os.close(begins)
    time.sleep(random.random() * 2 * span)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    left += any(name.name.endswith(".part") for name in path.parent.iterdir())
    kept = files.load(str(path))
    restored, differences = kept.session()
    assert differences == "", differences
    seen.add(tuple(kept.position))
    assert (50, 0) <= kept.position < (60, 0), kept.position
files.save(session, path)
assert [name.name for name in path.parent.iterdir()] == [path.name]
print(len(seen), left)
"""


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    """200 times. A kill has hit the middle of writing where it left the file that was being written."""
    environment = {**os.environ, "PYTHONPATH": str(Path(nntui_core.__file__).parents[1]), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WRITER, str(tmp_path / "s.npz"), "200"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    seen, left = map(int, done.stdout.split())
    assert seen >= 1
    assert left > 20


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = default()
    save(session, tmp_path / "s.npz")
    before = (tmp_path / "s.npz").read_bytes()
    session.advance(5)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(session, tmp_path / "s.npz")
    assert (tmp_path / "s.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["s.npz"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.npz").symlink_to(tmp_path / "real.npz")
    save(default(), tmp_path / "link.npz")
    assert (tmp_path / "link.npz").is_symlink()
    assert files.is_session(tmp_path / "real.npz")


# --- the curve -------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 3000), max_size=5), st.integers(0, 9000))
@QUICK
def test_a_curve_comes_back_from_its_parts(lengths: list[int], start: int) -> None:
    curve = LossCurve()
    for length in lengths:
        curve.extend(curve.count, [1 / (curve.count + k + 1) for k in range(length)])
    copy = LossCurve.of(curve.parts())
    assert copy.points(10**6) == curve.points(10**6)
    try:
        exact = copy.exact(min(start, copy.count))
    except ValueError:
        return
    assert exact == [1 / (k + 1) for k in range(min(start, copy.count), copy.count)]


def test_a_former_session_and_its_events_are_kept(tmp_path: Path) -> None:
    former = default()
    former.advance(30)
    session = opened(builtin.load("forum"), former)
    session.infer_cost()
    session.set_rate(0.3)
    session.advance(10)
    restored = again(session, tmp_path / "s.npz")
    assert restored.ghost is not None
    assert restored.ghost.label == "default"
    assert restored.history.events == [RateChange(Position(0, 0), "learningRate", 0.3)]
    assert restored.program.roles.cost == session.program.roles.cost


@pytest.mark.parametrize("again_by", ["change", "reset", "seed"])
@pytest.mark.parametrize("most", [1, files.ALL])
def test_the_former_run_comes_back_and_can_be_returned_to(tmp_path: Path, again_by: str, most: int) -> None:
    session = default()
    do(session, [("cell", 5), ("advance", 9), ("edit", 2), ("advance", 1), ("step", 1)])
    if again_by == "change":
        do(session, [("goto", 3), ("cell", 2)])
    else:
        do(session, [(again_by, 1)])
    do(session, [("advance", 2), ("step", 1)])
    for _ in range(2):  # also where it has not been returned to in between
        restored = again(session, tmp_path / "s.npz", most)
        restored = again(restored, tmp_path / "s.npz", most)
        assert_same(session, restored)
        for one in (session, restored):
            one.return_to_former()
        assert_same(session, restored)
        assert restored.to_undo == session.to_undo
        for one in (session, restored):
            do(one, [("undo", 1), ("advance", 1)])
        assert_same(session, restored)


def test_a_former_run_whose_setup_fails_now_is_a_curve_only(tmp_path: Path) -> None:
    data, text = tmp_path / "data", builtin.source("default").replace("lr = 1.0", "lr = float(np.loadtxt('data'))")
    data.write_text("1.0")
    (tmp_path / "mine.py").write_text(text)
    session = Session(script.load(str(tmp_path / "mine.py")))
    session.advance(3)
    line = next(k for k, text in enumerate(session.program.lines, 1) if text.startswith("lr"))
    session.edit_line(line, "lr = 2.0")
    session.advance(1)
    assert session.former is not None
    data.unlink()
    save(session, tmp_path / "s.npz")
    restored, differences = load(str(tmp_path / "s.npz")).session()
    assert differences == ""
    assert restored.former is None
    assert (restored.ghost is None) == (session.ghost is None)


def test_breakpoints_and_watches_come_back(tmp_path: Path) -> None:
    session = default()
    session.advance(5)
    lines = [s.line for s in session.program.body]
    session.breakpoints.put(session.program, Breakpoint(lines[2]))
    session.breakpoints.put(session.program, Breakpoint(lines[4], "loss < 0.5", 7))
    session.watches = ("loss", "nothing at all", "abs(dW1).max()")
    save(session, tmp_path / "a.npz")
    again, _ = load(str(tmp_path / "a.npz")).session()
    assert again.breakpoints.within(again.program) == session.breakpoints.within(session.program)
    assert again.watches == session.watches


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("breakpoints", [[0, "", 1]]),
        ("breakpoints", [[3, 5, 1]]),
        ("breakpoints", [[3, "", 0]]),
        ("breakpoints", [[3, ""]]),
        ("breakpoints", {}),
        ("watches", ["loss"] * 1000),
        ("watches", [3]),
        ("watches", "loss"),
    ],
)
def test_forged_breakpoints_and_watches_are_refused(tmp_path: Path, name: str, value: object) -> None:
    file = tmp_path / "a.npz"
    save(default(), file)
    held = dict(np.load(file))
    document = json.loads(str(held[files.SESSION]))
    document[name] = value
    held[files.SESSION] = np.array(json.dumps(document))
    np.savez(file, **held)
    with pytest.raises(FileError, match="damaged"):
        load(str(file))
    del document[name]
    held[files.SESSION] = np.array(json.dumps(document))
    np.savez(file, **held)
    assert load(str(file)).session()[0].watches == ()


def test_a_watch_from_a_file_can_do_nothing_but_look(tmp_path: Path) -> None:
    session = default()
    session.advance(2)
    there = tmp_path / "there"
    session.watches = (f"open({str(there)!r}, 'w')", f"np.save({str(there)!r}, W1)", "W1.fill(0)")
    save(session, tmp_path / "a.npz")
    again, _ = load(str(tmp_path / "a.npz")).session()
    before = again.state["W1"].tobytes()
    assert all("may change something" in watched.value for watched in Watches(again).now())
    assert not there.exists()
    assert again.interpreter.namespace["W1"].tobytes() == before
