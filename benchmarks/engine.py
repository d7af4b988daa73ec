"""How fast is a program under nntui, against plain Python? `python -m benchmarks.engine`

Prints tables of ratios, each measured in one run on one machine; nothing is asserted. *plain* is `exec` of the text;
*nntui* is what `nntui run` does with it: a session with its loss curve and checkpoints, once opened, to its end. The
two take turns, and the shortest time of each counts: what else the machine does can only make one longer. The time is
the process's own (`time.process_time`), so what others do counts as little as it can; `OPENBLAS_NUM_THREADS=1` keeps
the threads of large products out of it. Where PyTorch and JAX are installed, they do the default program too.
"""

import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from benchmarks.frameworks import FRAMEWORKS

from nntui_core import blas, builtin, network, script
from nntui_core.datasets import Data
from nntui_core.diagnosis import check
from nntui_core.interpreter import Interpreter
from nntui_core.output import Output
from nntui_core.program import Program
from nntui_core.session import Session

ROUNDS = 7
SCRIPTS = Path(__file__).parent.parent / "tests" / "scripts"
LONGER = {
    "book_class": ("data[:12], 6,", "data[:12], 1000,"),
    "book_lists": ("epochs = 10", "epochs = 2000"),
    "book_loops": ("epochs=6", "epochs=3000"),
    "columns": ("range(1500)", "range(15000)"),
    "course_dictionaries": ("range(1000)", "range(15000)"),
    "course_functions": ("range(800)", "range(10000)"),
    "dot_chains": ("range(500)", "range(20000)"),
    "eleven_letters": ("range(5000)", "range(30000)"),
    "feedforward_backprop": ("range(1500)", "range(15000)"),
    "forum_post": ("range(3000)", "range(20000)"),
    "global_names": ("range(1, 101)", "range(1, 10001)"),
    "guarded_loop": ("range(400)", "range(20000)"),
    "helper_functions": ("range(600)", "range(12000)"),
    "layer_objects": ("range(600)", "range(8000)"),
    "mini_batches": ("n_epochs = 60", "n_epochs = 3000"),
    "momentum": ("range(1, 801)", "range(1, 10001)"),
    "named_tuple": ("epochs=100", "epochs=6000"),
    "network_class": ("range(1500)", "range(20000)"),
    "network_trains_itself": ("epochs=900", "epochs=10000"),
    "nonlin_deriv": ("range(6000)", "range(20000)"),
    "one_at_a_time": ("range(300)", "range(3000)"),
    "optimizer_object": ("range(100)", "range(6000)"),
    "parameter_keys": ("range(500)", "range(8000)"),
    "relu_hidden": ("range(1000)", "range(10000)"),
    "softmax_classifier": ("range(200)", "range(8000)"),
    "softmax_one_hot": ("step < 300", "step < 12000"),
    "stack_of_layers": ("epochs=40", "epochs=1500"),
    "train_function": ("epochs=2500", "epochs=16000"),
    "tuples_of_layers": ("range(40)", "range(3000)"),
    "weight_lists": ("range(400)", "range(8000)"),
    "wh_bh_wout": ("epoch=3000", "epoch=15000"),
}
"""What to replace in a learner's script, so that it runs for half a second and not for some milliseconds."""


def seconds(job: Callable[[], object]) -> float:
    start = time.process_time()
    job()
    return time.process_time() - start


def shortest(*jobs: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the shortest time of each job; they take turns."""
    times = [[seconds(job) for job in jobs] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]


def plain(program: Program) -> None:
    with Output().installed(anew=True), np.errstate(all="ignore"):
        exec(compile(program.source, program.name, "exec"), {"__name__": "__main__"})


def in_nntui(program: Program, session: Session | None = None) -> None:
    session = session or Session(program, Output())
    end = session.interpreter.natural_end
    while not session.ended and (end is None or session.position.iteration < end):
        session.advance(10**6 if end is None else end - session.position.iteration)
    session.finish()


def opened(program: Program, sessions: int) -> Callable[[], object]:
    """Return a job that runs a program to its end; it can be done so many times, each in a session opened before."""
    waiting = [Session(program, Output()) for _ in range(sessions)]
    return lambda: in_nntui(program, waiting.pop())


def body_alone(program: Program, iterations: int) -> Callable[[], object]:
    """Return a job that runs the body only: no curve, no checkpoints, no setup."""
    interpreter = Interpreter(program)
    interpreter.start()
    interpreter.run(iterations)
    return lambda: interpreter.run(iterations)


def of_default() -> None:
    iterations = 100_000
    program = builtin.load("default")
    program = program.changed(program.source.replace("range(1000)", f"range({iterations})"))
    jobs = {"plain": lambda: plain(program), "nntui": opened(program, ROUNDS)}
    jobs["kernel alone"] = body_alone(program, iterations)
    jobs |= {name: lambda step=step: step(iterations) for name, step in FRAMEWORKS.items()}
    times = dict(zip(jobs, shortest(*jobs.values()), strict=True))
    print(f"{'the default program':<24}{'µs an iteration':>16}{'nntui is so many times as fast':>32}")
    for name, took in times.items():
        print(f"{name:<24}{took / iterations * 1e6:>16.2f}{took / times['nntui']:>32.2f}")


def longer(name: str) -> Program:
    """Return a learner's script with more iterations."""
    program = script.load(str(SCRIPTS / f"{name}.py"))
    old, new = LONGER[name]
    assert old in program.source, name
    return program.changed(program.source.replace(old, new))


def of_scripts() -> None:
    forum = builtin.load("forum")
    programs = {"forum": forum.changed(forum.source.replace("range(1000)", "range(50000)"))}
    programs |= {name: longer(name) for name in LONGER}
    print(f"\n{'learners’ scripts':<24}{'plain, s':>16}{'times as fast as python train.py':>34}")
    ratios = []
    for name, program in programs.items():
        own, ours = shortest(lambda p=program: plain(p), opened(program, 5), rounds=5)
        ratios.append(own / ours)
        print(f"{name:<24}{own:>16.2f}{own / ours:>34.2f}")
    print(f"{'median':<24}{'':>16}{statistics.median(ratios):>34.2f}\n{'least':<24}{'':>16}{min(ratios):>34.2f}")


def wide(layers: tuple[int, ...], samples: int = 256) -> Program:
    inputs, outputs = layers[0], layers[-1]
    setup = (
        f"x = rng.random(({samples}, {inputs})) / {inputs}",
        f"y = np.eye({outputs})[rng.integers(0, {outputs}, {samples})]",
    )
    data = Data("random", "random numbers", setup, inputs, outputs, samples, drawn=True)
    return network.build(network.Network(layers, data=data, rate=0.01))


def products_alone(namespace: dict[str, np.ndarray], iterations: int) -> Callable[[], object]:
    """Return a job that does the five products of a network with one hidden layer, and nothing else."""
    x, W1, W2, a1, d1, d2 = (namespace[name] for name in ("x", "W1", "W2", "a1", "delta1", "delta2"))
    into = [np.empty((len(x), len(W2))), np.empty((len(x), W2.shape[1])), np.empty_like(W2), np.empty_like(a1)]
    into.append(np.empty_like(W1))

    def products() -> None:
        for _ in range(iterations):
            x.dot(W1, into[0])
            a1.dot(W2, into[1])
            a1.T.dot(d2, into[2])
            d2.dot(W2.T, into[3])
            x.T.dot(d1, into[4])

    return products


def of_wide() -> None:
    print(f"\n{'batch of 256':<24}{'plain, ms':>12}{'products, ms':>14}{'× plain':>10}{'plain / products':>18}", end="")
    print(f"{'nntui / products':>18}")
    for layers, iterations in (((64, 32, 10), 600), ((784, 128, 10), 60), ((784, 512, 10), 16)):
        program = wide(layers)
        text = program.source.replace("range(1000)", f"range({iterations})")
        code = compile(text, "plain", "exec")
        setup = compile(text.replace(f"range({iterations})", "range(0)"), "setup", "exec")
        interpreter = Interpreter(program)
        interpreter.start()
        interpreter.run(iterations)

        def its_setup(code=setup) -> None:
            exec(code, {"__name__": "__main__"})

        own, before, ours, alone = shortest(
            lambda code=code: exec(code, {"__name__": "__main__"}),
            its_setup,
            lambda interpreter=interpreter, n=iterations: interpreter.run(n),
            products_alone(interpreter.namespace, iterations),
        )
        own = (own - before) / iterations * 1e3
        ours, alone = ours / iterations * 1e3, alone / iterations * 1e3
        name = "-".join(map(str, layers))
        print(f"{name:<24}{own:>12.3f}{alone:>14.3f}{own / ours:>10.2f}{own / alone:>18.2f}{ours / alone:>18.2f}")


def of_checks() -> None:
    print(f"\n{'one check':<24}{'ms':>16}")
    for layers in ((3, 4, 1), (3, 16, 16, 1), (3, 300, 100, 1)):
        interpreter = Interpreter(network.build(network.Network(layers)))
        interpreter.start()
        (took,) = shortest(lambda interpreter=interpreter: check(interpreter))
        print(f"{'-'.join(map(str, layers)):<24}{took * 1e3:>16.1f}")


PARTS = {"default": of_default, "scripts": of_scripts, "wide": of_wide, "checks": of_checks}


def main() -> None:
    """Print all tables, or those that are named: default, scripts, wide, checks."""
    threads = blas.threads()
    print(
        f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, {threads} BLAS threads,"
        f" the shortest of {ROUNDS} rounds\n"
    )
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main()
