"""An expression over a program's variables can look at everything and change nothing."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.program_oracle import fingerprint, global_random_state_kept
from tests.core.straight import DEFAULT, session_of

from nntui_core.looking import Looking, LookingError
from nntui_core.session import Session
from nntui_core.values import same_data

LOOKS = [
    "loss < 0.5",
    "abs(dW1).max() < 1e-3",
    "sigmoid(z1).max()",
    "np.linalg.norm(W1) > 2 and iteration >= 2",
    "all(w.sum() > 0 for w in [W1, W2])",
    "[w.shape for w in (W1, W2)][0][1]",
    "W1[0, 1:].clip(0, 1).tolist()",
    "float(a2[0]) if a2[0] < 0.5 else -1",
    "max(abs(dW1).max(), abs(dW2).max())",
    "np.round(W1.T @ x.T, 2)",
]
REFUSED = {
    "W1.fill(0)": "may change something",
    "rng.random()": "may change something",
    "np.random.rand()": "may change something",
    "np.exp(z1, z1)": "may change something",
    "np.exp(z1, out=z1)": "could write somewhere",
    "W1.max(0, W2)": "may change something",
    "np.max(W1, 0, W2)": "may change something",
    "np.copyto(W1, 0)": "may change something",
    "np.add.at(W1, 0, 1)": "may change something",
    "np.load('x.npy')": "may change something",
    "open('x')": "may change something",
    "__import__('os').remove('x')": "may change something",
    "x.__class__": "begin with _",
    "().__class__.__bases__": "begin with _",
    "(W1 := 3)": "assigns something",
    "W1 = 3": "assigns something: == compares",
    "W1 += 3": "assigns something",
    "[0 for W1[0, 0] in [9.0]]": "assigns something",
    "lambda: 3": "more than a look",
    "f'{W1}'": "more than a look",
    "np.dot(*[W1, W2, W1])": "more than a look",
    "(yield)": "no expression|more than a look",
    "import os": "no expression",
    "nothing(": "no expression",
    "": "nothing to evaluate",
    "dw1 < 3": "there is no dw1 here: did you mean dW1",
    "1 +" * 200 + "1": "longer than",
}


def ready() -> Session:
    session = session_of()
    session.advance(3)
    return session


@pytest.mark.parametrize("text", LOOKS)
def test_a_look_gives_what_python_gives_and_changes_nothing(text: str) -> None:
    with global_random_state_kept():
        session = ready()
        namespace = session.interpreter.namespace
        before = fingerprint(namespace)
        value = session.looking(text).value(namespace)
        assert fingerprint(namespace) == before
        assert np.array_equal(value, eval(text, dict(namespace)))


@pytest.mark.parametrize("text", REFUSED)
def test_what_could_change_something_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(LookingError, match=REFUSED[text]) as caught:
        ready().looking(text)
    assert "\n" not in str(caught.value)


CHANGING = {
    "draws": "def draws(a):\n    return rng.random() < a\n",
    "in place": "def draws(a):\n    W1[0, 0] = 5.0\n    return True\n",
    "its argument": "def draws(a):\n    np.multiply(x, 2, out=x)\n    return True\n",
    "NumPy's generator": "def draws(a):\n    return np.random.rand() < a\n",
    "Python's generator": "import random\ndef draws(a):\n    return random.random() < a\n",
    "a global": "def draws(a):\n    global lr\n    lr = 7.0\n    return True\n",
}


@pytest.mark.parametrize("kind", CHANGING)
def test_a_function_of_the_program_that_changes_something_is_taken_back(kind: str) -> None:
    with global_random_state_kept():
        session = session_of(DEFAULT.replace("rng =", CHANGING[kind] + "\nrng ="))
        session.advance(3)
        namespace = session.interpreter.namespace
        before = fingerprint(namespace)
        look = session.looking("draws(0.5)")
        for _ in range(2):
            with pytest.raises(LookingError, match="changes the program's variables"):
                look.value(namespace)
            assert fingerprint(namespace) == before


def test_a_function_that_prints_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    session = session_of(DEFAULT.replace("rng =", "def loud(a):\n    print(a)\n    return a\n\nrng ="))
    assert session.looking("loud(3)").value(session.interpreter.namespace) == 3
    assert capsys.readouterr().out == ""
    assert session.output.count == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 / 0", "`1 / 0`: ZeroDivisionError: division by zero"),
        ("W1 @ W1", "`W1 @ W1`: ValueError: matmul"),
        ("W1[9, 9]", "`W1[9, 9]`: IndexError"),
        ("sigmoid(1, 2, 3)", "TypeError"),
    ],
)
def test_an_error_is_told_in_one_line(text: str, says: str) -> None:
    session = ready()
    with pytest.raises(LookingError) as caught:
        session.looking(text).value(session.interpreter.namespace)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_has_no_value_yet_is_said_so() -> None:
    session = session_of()
    with pytest.raises(LookingError, match="dW1 has no value yet"):
        session.looking("dW1.max() > 0").value(session.interpreter.namespace)


def test_several_truth_values_are_no_condition() -> None:
    session = ready()
    with pytest.raises(LookingError, match=r"has 12 values: .any\(\) or .all\(\)"):
        session.looking("W1 > 0").holds(session.interpreter.namespace)


@pytest.mark.parametrize("name", ["C", "E", None])
def test_loss_is_the_loss_whatever_the_program_calls_it(name: str | None) -> None:
    source = DEFAULT.replace("    loss =", f"    {name} =") if name else DEFAULT
    session = session_of(source)
    session.advance(2)
    assert session.looking("loss").value(session.interpreter.namespace) == session.loss
    assert session.looking("2 * loss < 0").holds(session.interpreter.namespace) is False


def test_a_programs_own_names_hide_builtins() -> None:
    session = session_of(DEFAULT.replace("lr = 1.0", "lr = 1.0\nsum = 5"))
    assert session.looking("sum + 1").value(session.interpreter.namespace) == 6


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_text_is_a_crash(text: str) -> None:
    namespace = SESSION.interpreter.namespace
    with contextlib.suppress(LookingError):
        Looking(text, SESSION.program, namespace, SESSION.shapes).value(namespace)


SESSION = ready()


def test_data_that_holds_itself_can_be_compared() -> None:
    one: list[object] = [np.ones(2)]
    other: list[object] = [np.ones(2)]
    one.append(one)
    other.append(other)
    assert same_data(one, other)
    other[0] = np.zeros(2)
    assert not same_data(one, other)
