"""A program is its text: every statement is where the text says, and the text is all that counts."""

import ast
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.program_strategies import sources

from nntui_core import builtin
from nntui_core.program import Origin, Program, ProgramSyntaxError, Statement

THOROUGH = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def parsed(source: str) -> Program:
    return Program.parse(source, "test")


def statement_of(text: str) -> Statement:
    """Return the first statement of a body."""
    lines = "\n".join("    " + line for line in text.split("\n"))
    return parsed(f"for i in range(3):\n{lines}\n").body[0]


@given(sources())
@THOROUGH
def test_statements_are_those_of_the_text_in_its_order(source: str) -> None:
    program = parsed(source)
    assert [s.index for s in program.body] == list(range(len(program.body)))
    places = [(node.lineno, node.col_offset) for node in program.nodes]
    assert places == sorted(places)
    everything = [node for node in ast.walk(program.loop) if isinstance(node, ast.stmt) and node is not program.loop]
    assert sorted((node.lineno, node.col_offset) for node in everything) == places
    for statement, node in zip(program.body, program.nodes, strict=True):
        assert statement.line == node.lineno
        assert statement.line <= statement.end_line <= (node.end_lineno or 0)
        assert statement.text.split("\n")[0] in program.lines[statement.line - 1]
        if not isinstance(node, ast.If | ast.For | ast.While | ast.With | ast.Try):
            again = ast.parse(statement.text).body
            assert [ast.dump(part) for part in again] == [ast.dump(node)]
            assert statement.end_line == node.end_lineno
        assert statement.depth == _depth(program.loop, program.written[statement.index])


def _depth(outer: ast.stmt, wanted: ast.stmt) -> int:
    """Return how many statements of the loop stand around one."""
    around = [n for n in ast.walk(outer) if isinstance(n, ast.stmt) and any(part is wanted for part in ast.walk(n))]
    return len(around) - 2


@given(sources())
@THOROUGH
def test_a_program_survives_pickling(source: str) -> None:
    program = parsed(source)
    again = pickle.loads(pickle.dumps(program))
    assert again == program
    assert (again.body, again.roles, again.functions) == (program.body, program.roles, program.functions)


def test_programs_are_equal_where_names_and_texts_are() -> None:
    source = builtin.source("default")
    assert parsed(source) == parsed(source)
    assert hash(parsed(source)) == hash(parsed(source))
    assert parsed(source) != parsed(source + "\n")
    assert parsed(source) != Program.parse(source, "other")


@pytest.mark.parametrize(
    ("text", "shown", "comment"),
    [
        ("a = 1  # one", "a = 1", "one"),
        ("a = 1  #one # two", "a = 1", "one # two"),
        ("a = '# no'", "a = '# no'", ""),
        ("é = 'ü' + 'β'  # ∂C/∂z", "é = 'ü' + 'β'", "∂C/∂z"),
        ("a = (1 +\n     2)  # three", "a = (1 +\n         2)", "three"),
        ("a = 1; b = 2", "a = 1", ""),
        ("if a: b = 1", "if a: b = 1", ""),
        ("if a:\n    b = 1", "if a:", ""),
        ("for k in x:\n    b = 1\nelse:\n    c = 1", "for k in x:", ""),
        ("if (a and\n    b):\n    c = 1", "if (a and\n    b):", ""),
    ],
)
def test_a_statements_text_and_comment(text: str, shown: str, comment: str) -> None:
    statement = statement_of(text)
    assert (statement.text, statement.comment) == (shown, comment)


def test_statements_on_one_line_are_told_apart() -> None:
    body = parsed("for i in range(3):\n    a = 1; b = 'é'; c = 3  # last\n").body
    assert [s.text for s in body] == ["a = 1", "b = 'é'", "c = 3"]
    assert [s.comment for s in body] == ["", "", "last"]


@pytest.mark.parametrize("odd", ["\x0c", "\x0b", "\x1c", "\x85", "\u2028"])
def test_only_line_ends_end_lines(odd: str) -> None:
    program = parsed(f"s = 'a{odd}b'\n# c{odd}d\nfor i in range(3):\n    a = 1  # one\n    b = 2\n")
    assert [(s.line, s.text, s.comment) for s in program.body] == [(4, "a = 1", "one"), (5, "b = 2", "")]
    assert program.lines[3] == "    a = 1  # one"


@given(st.sampled_from(["\n", "\r\n"]))
def test_line_ends_make_no_difference(end: str) -> None:
    program = parsed(builtin.source("default").replace("\n", end))
    assert program.body == parsed(builtin.source("default")).body


def test_setup_loop_and_what_comes_after_are_told_apart() -> None:
    program = parsed("import numpy as np\na = 1\nfor i in range(3):\n    a = a + 1\nprint(a)\n")
    assert [ast.unparse(node) for node in program.setup] == ["import numpy as np", "a = 1"]
    assert [ast.unparse(node) for node in program.after] == ["print(a)"]
    assert program.functions == {"np"}


def test_the_training_loop_is_the_one_that_carries_something_with_a_product() -> None:
    plain = "for k in range(2):\n    a = k\n"
    counting = "for k in range(2):\n    n = n + k\n"
    training = "for i in range(3):\n    w = w - d @ e\n"
    assert parsed(f"{plain}while b:\n    c = d @ e\n{plain}").body[0].text == "c = d @ e"
    assert parsed(f"{plain}{counting}{plain}").body[0].text == "n = n + k"
    assert parsed(f"{plain}{counting}{training}").body[0].text == "w = w - d @ e"
    assert parsed(f"{plain}for i in range(3):\n    c = np.dot(d, e)\n").body[0].text == "c = np.dot(d, e)"


def test_where_several_loops_could_be_meant_the_user_has_to_say() -> None:
    training = "for i in range(3):\n    w = w - d @ e\n"
    with pytest.raises(ProgramSyntaxError, match="lines 1 and 3: choose one with --loop LINE"):
        parsed(training * 2)
    assert Program.parse(training * 2, "test", Origin(loop_line=3)).loop.lineno == 3
    with pytest.raises(ProgramSyntaxError, match="no loop begins on line 2"):
        Program.parse(training * 2, "test", Origin(loop_line=2))


def test_a_loop_in_a_function_is_found_where_the_function_is_called() -> None:
    function = (
        "def train(x, rate=0.1):\n    w = 1\n    for i in range(3):\n        w = w - rate * x @ x\n    return w\n"
    )
    program = parsed(f"{function}x = 2\nif __name__ == '__main__':\n    w = train(x)\n    print(w)\n")
    assert program.loop.lineno == 3
    assert [ast.unparse(node) for node in program.setup[1:]] == ["x = 2", "w = 1"]
    assert [ast.unparse(node) for node in program.after] == ["return w", "print(w)"]
    with pytest.raises(ProgramSyntaxError, match="no training loop"):
        parsed(function)


@pytest.mark.parametrize(
    ("header", "counter"),
    [("for i in x:", "i"), ("for i, j in x:", None), ("while x:", None), ("for a[0] in x:", None)],
)
def test_a_loops_counter(header: str, counter: str | None) -> None:
    assert parsed(f"{header}\n    b = 1\n").counter == counter


@pytest.mark.parametrize(
    ("source", "reason", "line"),
    [
        ("", "no training loop", None),
        ("a = 1\n", "no training loop", None),
        ("def f():\n    for i in x: pass\n", "no training loop", None),
        ("a = 1\nfor i in range(3)\n    a = 2\n", "expected ':'", 2),
        ("for i in range(3):\na = 1\n", "expected an indented block", 2),
        ("a = 1\nb = (\n", "was never closed", 2),
        ("a = '\0'\n", "null", None),
        ("a = '\ud800'\n", "surrogates", None),
    ],
)
def test_a_text_that_is_no_program_is_refused_with_its_line(source: str, reason: str, line: int | None) -> None:
    with pytest.raises(ProgramSyntaxError, match=reason) as caught:
        parsed(source)
    assert caught.value.line == line


@pytest.mark.parametrize("text", ["return 1", "yield 1", "nonlocal a", "await a"])
def test_a_text_that_python_would_not_compile_is_refused(text: str) -> None:
    with pytest.raises(ProgramSyntaxError):
        parsed(f"a = 1\nfor i in range(3):\n    {text}\n")


def test_the_statement_that_covers_a_line_is_found() -> None:
    program = parsed(
        "a = 1\nfor i in range(3):\n    b = (1 +\n        2)\n\n    if b:\n        c = 3\n    d = 4; e = 5\n"
    )
    found = {line: program.statement_at(line) for line in range(1, 10)}
    texts = {line: statement.text for line, statement in found.items() if statement}
    assert texts == {3: "b = (1 +\n        2)", 4: "b = (1 +\n        2)", 6: "if b:", 7: "c = 3", 8: "e = 5"}


def test_the_writers_of_a_variable_are_found() -> None:
    program = parsed("for i in range(3):\n    a = 1\n    b = a\n    if b:\n        a += 1\n    a[0] = 2\n")
    assert [s.index for s in program.writers("a")] == [0, 3, 4]
    assert program.writers("i") == ()


@pytest.mark.parametrize(
    ("source", "docstring"),
    [
        ('"""One line."""\n', "One line"),
        ('"""\nFirst.\n\nMore.\n"""\n', "First"),
        ("3\n", "3"),
        ("a = 1\n", ""),
        ("", ""),
    ],
)
def test_the_docstrings_first_line(source: str, docstring: str) -> None:
    assert parsed(f"{source}for i in range(3):\n    a = 1\n").docstring == docstring


@pytest.mark.parametrize("name", builtin.NAMES)
def test_a_builtin_program_is_loaded_by_its_name(name: str) -> None:
    program = builtin.load(name)
    assert program.name == name
    assert program.source == builtin.source(name)
    assert len(program.body) == 11
    assert program.docstring


@pytest.mark.parametrize("name", ["", "Default", "../default", "default.py"])
def test_there_is_no_other_builtin_program(name: str) -> None:
    with pytest.raises(KeyError):
        builtin.load(name)
