"""`nntui explain` of a local variable of a function: what `check` names can be asked about."""

import json
from pathlib import Path

import pytest

from nntui import cli
from nntui_core import script
from nntui_core.session import Session

Captured = pytest.CaptureFixture[str]
SCRIPT = str(Path(__file__).parent.parent / "scripts" / "loss_in_method.py")


@pytest.mark.parametrize("name", ["p", "e", "gW0", "gW1"])
def test_every_local_variable_that_check_names_is_explained(name: str, capsys: Captured) -> None:
    assert cli.main(["explain", SCRIPT, f"{name}[1,0]", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["index"], told["iteration"]) == (name, [1, 0], 0)
    text = Path(SCRIPT).read_text().splitlines()[told["line"] - 1].strip()
    assert text.startswith(f"{name} =") or "@ self.W[1]" in text  # p is what predict returns
    assert told["formula"].startswith(f"{name}[1,0] = ")


def test_its_number_is_the_one_that_was_used(capsys: Captured) -> None:
    """The weight that is updated with it says so."""
    assert cli.main(["explain", SCRIPT, "gW1[2,0]", "--at", "3", "--json"]) == 0
    gradient = json.loads(capsys.readouterr().out)["value"]
    session = Session(script.load(SCRIPT))
    session.advance(3)
    before = session.state["self.W[1]"][2, 0]
    session.advance(1)
    assert before - 0.1 * gradient == session.state["self.W[1]"][2, 0]


def test_its_sources_say_where_they_come_from(capsys: Captured) -> None:
    assert cli.main(["explain", SCRIPT, "gW1[0,0]", "--depth", "1"]) == 0
    out = capsys.readouterr().out
    assert "  e[0,0] = 2 · (p[0,0] − y[0,0]) / 16" in out


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("gW1", "gW1 is not a single number: gW1 has the shape (5,1), its last cell is 'gW1[4,0]'"),
        ("gW1[5,0]", "there is no gW1[5,0]: gW1 has the shape (5,1), its last cell is 'gW1[4,0]'"),
        ("gW2[0,0]", "there is no variable gW2 in loss_in_method.py: did you mean gW1 or gW0?"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(cell: str, says: str, capsys: Captured) -> None:
    assert cli.main(["explain", SCRIPT, cell]) == 2
    assert capsys.readouterr().err == f"nntui: {says}\n"


def test_a_field_of_a_named_tuple_that_is_made_anew_is_no_value_of_the_setup(capsys: Captured) -> None:
    path = str(Path(__file__).parent.parent / "scripts" / "named_tuple.py")
    assert cli.main(["explain", path, "p.W1[0,0]", "--at", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["iteration"] == 2
    assert Path(path).read_text().splitlines()[told["line"] - 1].strip().startswith("p = Params(")
