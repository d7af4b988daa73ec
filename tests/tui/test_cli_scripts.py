"""Scripts that misbehave: each ends in a result, or in one line on stderr and exit status 2; never in a traceback."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

NNTUI = [sys.executable, "-m", "nntui"]
HEAD = """import numpy as np
x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1.0]])
y = np.array([[0], [1], [1], [0.0]])
W = np.random.default_rng(0).random((3, 1))
lr = 0.5
"""
BODY = """    p = 1 / (1 + np.exp(-(x @ W)))
    loss = np.mean((p - y) ** 2)
    g = x.T @ ((p - y) * p * (1 - p)) * 2 / len(x)
    W = W - lr * g
"""
LOOP = f"{HEAD}for i in range(20):\n{BODY}"
INSIDE = "".join(f"    {line}\n" for line in BODY.splitlines())
THREAD = """import threading
stop = threading.Event()
def work():
    while not stop.is_set():
        print("tick")
        stop.wait(0.001)
thread = threading.Thread(target=work)
thread.start()
"""


def nntui(command: str, path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    argv = [*NNTUI, command, str(path), *more]
    process = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert "Traceback" not in process.stdout + process.stderr
    return process


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "mine.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def ended(folder: Path) -> list[Any]:
    """Return what the loop of LOOP ends with, by Python itself."""
    text = f"{LOOP}import json\nprint(json.dumps(W.tolist()))\n"
    process = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    found: list[Any] = json.loads(process.stdout)
    return found


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return ended(tmp_path_factory.mktemp("python"))


# --- one line and exit status 2 ---------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[str | bytes, str, Sequence[str]]] = {
    "syntax error": ("x = 1\nfor i in range(3:\n    pass\n", "line 2: invalid syntax", ("run", "check", "explain")),
    "Python 2": ("for i in range(3):\n    print 'hi'\n", "line 2: this is Python 2", ("run",)),
    "error in setup": (
        "x = 1\ny = x / 0\nfor i in range(3):\n    x += 1\n",
        "line 2: ZeroDivisionError",
        ("run", "check"),
    ),
    "no loop": ("x = 1\nprint(x)\n", "no training loop", ("run", "explain")),
    "a loop in a block": (f"{HEAD}if True:\n    for i in range(3):\n{INSIDE}", "line 7 is inside", ("run",)),
    "empty": ("", "no training loop", ("run",)),
    "two loops": (f"{LOOP}\n{LOOP}", "choose one with --loop LINE", ("run",)),
    "no arrays": ("total = 0\nfor i in range(5):\n    total += i\n", "no parameters were found", ("check",)),
    "input in setup": (f"n = int(input('how many? '))\n{LOOP}", "line 1: EOFError: input('how many? ')", ("run",)),
    "input in the body": (f"{LOOP}    input()\n", "line 11: EOFError", ("run",)),
    "sys.exit in setup": (
        f"import sys\nsys.exit(3)\n{LOOP}",
        "line 2: the program ends itself here: exit(3)",
        ("run",),
    ),
    "exit in the body": (f"{LOOP}    if i == 5: exit()\n", "line 11: the program ends itself here: exit()", ("run",)),
    "exit with a message": (
        f"{LOOP}import sys\nsys.exit('bad')\n",
        "after the loop, line 12: the program ends",
        ("run",),
    ),
    "missing import": (f"import tensorflow_x as tf\n{LOOP}", "line 1: ModuleNotFoundError", ("run", "check")),
    "missing import in the body": (f"{LOOP}    import torch_x\n", "line 11: ModuleNotFoundError", ("run",)),
    "error after the loop": (f"{LOOP}print(undefined)\n", "after the loop, line 11: NameError", ("run",)),
    "two-line message": (
        f"{LOOP}assert False, 'two\\nlines'\n",
        "after the loop, line 11: AssertionError: two",
        ("run",),
    ),
    "endless recursion": (
        f"def f(n): return f(n + 1)\n{LOOP}    if i == 3: f(0)\n",
        "line 12: RecursionError",
        ("run",),
    ),
    "out of memory": (f"{LOOP}    np.zeros((10**7, 10**7))\n", "line 11: MemoryError", ("run",)),
    "a deleted name": (f"{LOOP}    del W\n", "line 7: NameError", ("run",)),
    "not UTF-8": (b"x = 1\ny = '\xe9'\n" + LOOP.encode(), "line 2: this is not UTF-8", ("run", "check")),
    "UTF-16": (LOOP.encode("utf-16"), "line 1: this is not UTF-8", ("run",)),
    "an unknown cookie": (b"# coding: klingon\n" + LOOP.encode(), "unknown encoding: klingon", ("run",)),
    "a null byte": (LOOP.encode() + b"\0", "null bytes", ("run",)),
    "brackets without end": (f"{LOOP}q = {'-' * 100_000}1\n", "nested too deeply", ("run",)),
    "NaN": (f"{HEAD}W[:] = np.nan\nfor i in range(5):\n{BODY}", "loss is nan", ("check",)),
}
CASES = [(name, command) for name, (_, _, commands) in REFUSED.items() for command in commands]


@pytest.mark.parametrize(("name", "command"), CASES)
def test_one_line_says_what_is_wrong(tmp_path: Path, name: str, command: str) -> None:
    text, part, _ = REFUSED[name]
    process = nntui(command, written(tmp_path, text), *(["W[0,0]"] if command == "explain" else []))
    assert (process.returncode, process.stdout) == (2, "")
    assert part in process.stderr
    assert process.stderr.startswith("nntui: ")
    assert process.stderr.count("\n") == 1
    assert "mine.py" in process.stderr


# --- a result all the same --------------------------------------------------------------------------------------------

SHOW = "import matplotlib.pyplot as plt\n"
GOES: dict[str, tuple[str | bytes, str]] = {
    # text, what is printed at the end
    "closes stdout": (f"import sys\nsys.stdout.close()\n{LOOP}print('after')\n", "after\n"),
    "closes the real stdout": (f"import sys\nsys.__stdout__.close()\n{LOOP}", ""),
    "closes the descriptor": (f"import os\nos.close(1)\n{LOOP}", ""),
    "prints from a process": (f"import os\nos.system('echo shell')\n{LOOP}", "shell\n"),
    "has another stdout": (
        f"import sys, io\nsys.stdout = io.StringIO()\n{LOOP}    print(i)\nn = len(sys.stdout.getvalue())\n"
        "sys.stdout = sys.__stdout__\nprint(n)\n",
        "50\n",
    ),
    "writes bytes": (
        f"import sys\nsys.stdout.reconfigure(encoding='utf-8')\nsys.stdout.buffer.write(b'by')\n{LOOP}",
        "by",
    ),
    "speaks at its exit": (f"import atexit\natexit.register(lambda: print('bye'))\n{LOOP}", "bye\n"),
    "starts a thread": (f"{THREAD}{LOOP}stop.set()\nthread.join()\nprint('joined')\n", "joined\n"),
    "leaves a thread": (f"import threading\nt = threading.Timer(0.01, print, ['late'])\nt.start()\n{LOOP}", "late\n"),
    "changes directory": (
        f"import os\nos.makedirs('sub', exist_ok=True)\nos.chdir('sub')\n{LOOP}print(os.path.basename(os.getcwd()))\n",
        "sub\n",
    ),
    "is where it thinks": (
        "import sys\nprint(__name__, sys.argv[0] == __file__, len(sys.argv))\n" + LOOP,
        "__main__ True 1\n",
    ),
    "imports itself": (f"import mine\nif __name__ == '__main__': print('main')\n{LOOP}", "main\n"),
    "deletes its names": (f"{LOOP}    del g, p\ndel W, x, y, np\n", ""),
    "exits at its end": (f"{LOOP}import sys\nprint('done')\nsys.exit(0)\n", "done\n"),
    "has a BOM": (b"\xef\xbb\xbf" + LOOP.encode(), ""),
    "is Latin-1": (b"# coding: latin-1\nname = '\xe9t\xe9'\n" + LOOP.encode() + b"print(name)\n", "\xe9t\xe9\n"),
    "has CRLF": (LOOP.replace("\n", "\r\n"), ""),
    "has tabs": (LOOP.replace("    ", "\t"), ""),
    "has form feeds": (LOOP.replace("lr = 0.5\n", "\f\nlr = 0.5\n\f\n"), ""),
    "shows figures": (f"{SHOW}{LOOP}    plt.plot([1, 2])\nplt.show()\nprint('shown')\n", "shown\n"),
    "loops while True": (f"{HEAD}i = 0\nwhile True:\n{BODY}    i += 1\n    if i == 20: break\nprint(i)\n", "20\n"),
    "loops over a generator": (f"{HEAD}def some():\n    for k in range(20): yield k\nfor i in some():\n{BODY}", ""),
    "has an else": (f"{LOOP}else:\n    print('no break')\n", "no break\n"),
    "returns from the loop": (
        f"{HEAD}def train(W):\n    for i in range(100):\n{INSIDE}        if i == 19:\n            return W, i\n"
        "W, n = train(W)\nprint(n)\n",
        "19\n",
    ),
    "says global": (
        f"{HEAD}def train(n):\n    global W\n    for i in range(n):\n{INSIDE}train(20)\nprint(W.shape)\n",
        "(3, 1)\n",
    ),
    "shares with helpers": (
        f"{HEAD}net = {{'W': W}}\ncalls = 0\ndef forward():\n    global calls\n    calls += 1\n"
        "    return 1 / (1 + np.exp(-(x @ net['W'])))\n"
        "def train(n):\n    W = None\n    for i in range(n):\n        p = forward()\n"
        "        net['W'] -= lr * (x.T @ ((p - y) * p * (1 - p)) * 2 / len(x))\n"
        "train(20)\nprint(calls, W is net['W'])\n",
        "20 True\n",
    ),
    "hides names": (
        f"{HEAD}def train(V, lr):\n    W = V\n    for i in range(20):\n{INSIDE}    return W\n"
        "W2 = train(W, 0.5)\nprint(W2 is W, lr, 'V' in globals(), 'p' in globals())\n",
        "False 0.5 False False\n",
    ),
    "is main": (
        "def main():\n"
        + "".join(f"    {line}\n" for line in LOOP.splitlines())
        + "if __name__ == '__main__':\n    main()\n",
        "",
    ),
}


@pytest.mark.parametrize("name", GOES)
def test_it_goes_on_to_pythons_numbers(tmp_path: Path, name: str, weights: list[Any]) -> None:
    text, printed = GOES[name]
    (tmp_path / "matplotlib").mkdir()
    (tmp_path / "matplotlib" / "__init__.py").touch()
    (tmp_path / "matplotlib" / "pyplot.py").write_text(
        "import os\ndef plot(*_): pass\ndef show(): os.environ['MPLBACKEND']\n"
    )
    process = nntui("run", written(tmp_path, text), "--json")
    assert process.returncode == 0, process.stderr
    result = json.loads(process.stdout)
    assert process.stderr.endswith(printed)
    assert "nntui:" not in process.stderr
    expected = {"net['W']" if name == "shares with helpers" else "W": weights}
    assert result["parameters"] == expected


def test_a_check_does_not_wait_for_threads(tmp_path: Path) -> None:
    process = nntui("check", written(tmp_path, f"{THREAD}{LOOP}stop.set()\n"))
    assert process.returncode == 0
    assert "W goes downhill" in process.stdout


def test_arrays_of_objects_are_checked_like_numbers(tmp_path: Path) -> None:
    source = f"{HEAD}W = W.astype(object)\nfor i in range(5):\n    p = x @ W\n    W = W - 0.1 * (x.T @ (p - y))\n"
    process = nntui("check", written(tmp_path, source))
    assert process.returncode == 0
    assert "W goes downhill" in process.stdout


def test_objects_and_nan_run(tmp_path: Path) -> None:
    body = "    p = x @ W\n    loss = ((p - y) ** 2).sum()\n    W = W - 0.1 * (x.T @ (p - y))\n"
    passed_on = "nntui: W holds NaN from the start, and the loop passes it on\n"
    for kind, said in (("W = W.astype(object)", ""), ("W[:] = np.nan", passed_on)):
        text = f"{HEAD}{kind}\nfor i in range(5):\n{body}"
        process = nntui("run", written(tmp_path, text), "--json")
        assert process.returncode == 0
        assert json.loads(process.stdout)["iterations"] == 5
        assert process.stderr == said


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_many_prints_take_bounded_memory(tmp_path: Path) -> None:
    text = f"{LOOP}    for k in range(10_000): print(k, 'x' * 100)\n    print('y' * 10_000_000)\n"
    path = written(tmp_path, text)
    measured = "import sys, nntui.cli\nstatus = nntui.cli.main(sys.argv[1:])\n" + (  # not ru_maxrss: exec hands it on
        "print(*(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')))\nsys.exit(status)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", measured, "run", str(path), "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    answer, kilobytes = process.stdout.splitlines()
    assert json.loads(answer)["iterations"] == 20
    assert int(kilobytes) < 300_000


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("x = 1\nprint('begun') or [0 for _ in iter(int, 1) if 0]\nfor i in range(3):\n    pass\n", "line 2"),
        (f"{LOOP}print('begun') or [0 for _ in iter(int, 1) if 0]\n", "after the loop, line 11"),
    ],
    ids=["setup", "after the loop"],
)
def test_ctrl_c_ends_what_has_no_end(tmp_path: Path, text: str, where: str) -> None:
    path = written(tmp_path, text)
    process = subprocess.Popen([*NNTUI, "run", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err == f"nntui: stopped by ctrl+c in mine.py, {where}\n"


def test_a_second_ctrl_c_ends_a_slow_statement(tmp_path: Path) -> None:
    text = f"{LOOP}    if i == 3:\n        print('slow', flush=True)\n        while True: pass\n"
    path = written(tmp_path, text)
    process = subprocess.Popen([*NNTUI, "run", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline() == "slow\n"
    process.send_signal(signal.SIGINT)
    while process.poll() is None:  # the first one asks, and is answered between two iterations
        process.send_signal(signal.SIGINT)
        try:
            process.wait(3)  # two at once may count as one; more of them would hit the goodbye
        except subprocess.TimeoutExpired:
            continue
    _, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("nntui: stopped by ctrl+c")


def test_what_a_script_prints_does_not_depend_on_how_it_is_run(tmp_path: Path) -> None:
    """Nothing is lost and nothing comes twice, though slices, checkpoints and checks run statements again."""
    path = written(tmp_path, f"{LOOP.replace('20', '3000')}    print(i, end=' ' if i % 7 else '\\n')\nprint('end')\n")
    plain = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True)
    process = nntui("run", path, "--json")
    assert process.stderr == plain.stdout


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--target", "Q"], "--target: there is no variable Q in mine.py"),
        (["--prediction", "pp"], "--prediction: there is no variable pp in mine.py: did you mean p?"),
        (["--parameter", "W", "--parameter", "V"], "--parameter: there is no variable V in mine.py"),
        (["--rate", "lrr"], "--rate: there is no variable lrr in mine.py: did you mean lr?"),
        (["--cost", "0.5*sum("], "--cost: '0.5*sum(' is no expression"),
        (["--cost", "np.sum(zz)"], "--cost: there is no variable zz in mine.py"),
    ],
)
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_mistyped_role_is_refused(tmp_path: Path, command: str, options: list[str], part: str) -> None:
    process = nntui(command, written(tmp_path, LOOP), *options)
    assert (process.returncode, process.stdout) == (2, "")
    assert len(process.stderr.splitlines()) == 1
    assert part in process.stderr


@pytest.mark.parametrize("option", ["--rate", "--cost", "--prediction", "--parameter"])
def test_roles_are_for_scripts(option: str) -> None:
    process = subprocess.run([*NNTUI, "run", "forum", option, "W"], capture_output=True, text=True)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == f"nntui: {option} says what a script (a .py file) does not: 'forum' is none\n"


@pytest.mark.parametrize(("rate", "says"), [("0", "nothing will change"), ("-1", "uphill")])
def test_a_rate_that_cannot_be_meant_is_told(tmp_path: Path, rate: str, says: str) -> None:
    process = nntui("run", written(tmp_path, LOOP), f"--lr={rate}", "--json")
    assert process.returncode == 0
    assert says in process.stderr
