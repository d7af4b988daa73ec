"""Accuracy, the confusion matrix and the worst samples: what stands in them, and where they lead."""

from pathlib import Path

import pytest
from tests.tui.reading import Desk, opened

from nntui.layout import CONFUSION, LOSS, PREDICTIONS, WORST
from nntui_core.datasets.loading import load as data
from nntui_core.network import Network, build
from nntui_core.program import Program
from nntui_core.script import load

SCRIPTS = Path(__file__).parents[1] / "scripts"
SIZES = [(80, 24), (120, 36), (160, 48)]


def flowers(**options: object) -> Program:
    return build(Network((4, 5, 3), data=data("iris"), **options))  # type: ignore[arg-type]


def rows(desk: Desk, name: str) -> list[list[str]]:
    return [line.split() for line in desk.inside(name).split("\n") if line.strip()]


@pytest.mark.parametrize("size", SIZES)
async def test_x_brings_up_the_confusion_matrix_and_gives_its_place_back(size: tuple[int, int]) -> None:
    async with opened(flowers(loss="ce", init="normal"), size) as desk:
        await desk.press("n", "n")
        before = desk.text()
        await desk.press("x")
        found = {row[0]: row[1:] for row in rows(desk, CONFUSION)[1:]}
        assert list(found) == ["setosa", "versicolor", "virginica"]
        for counts in found.values():
            assert sum(int(count) for count in counts if count != "·") == 50
        assert "training" in desk.panel(CONFUSION).split("\n")[0]
        assert "rows: true, columns: predicted" in desk.panel(CONFUSION)
        await desk.press("x")
        assert desk.text() == before


async def test_ten_classes_find_room_at_80_by_24() -> None:
    async with opened(build(Network((64, 10), data=data("digits"), loss="ce", holdout=0.2))) as desk:
        await desk.press("n", "x")
        found = rows(desk, CONFUSION)
        assert [row[0] for row in found] == [str(digit) for digit in range(10)]
        assert sum(int(count) for row in found for count in row[1:] if count != "·") == 359
        assert "held out" in desk.panel(CONFUSION)


async def test_more_classes_than_there_is_room_for_scroll(tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    file.write_text("a,b\n" + "".join(f"{k},class{k:02}\n" for k in range(30)))
    async with opened(build(Network((1, 30), data=data(str(file)), loss="ce"))) as desk:
        await desk.press("n", "x")
        assert "of 30" in desk.panel(CONFUSION)
        await desk.press("shift+tab")
        await desk.press("end")
        assert rows(desk, CONFUSION)[-1][0] == "class29"


async def test_where_there_are_no_classes_x_says_why_and_a_still_sorts() -> None:
    async with opened(load(str(SCRIPTS / "dot_chains.py"))) as desk:
        await desk.press("n", "x")
        assert "y holds numbers, not classes" in desk.explanation()
        assert desk.main.panels.drawing is None
        assert "right" not in desk.panel(LOSS)
        await desk.press("a")
        shares = [float(row[1].rstrip("%")) for row in rows(desk, WORST)[1:]]
        assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("size", SIZES)
async def test_a_sample_can_be_gone_to(size: tuple[int, int]) -> None:
    async with opened(flowers(loss="ce", init="normal"), size) as desk:
        await desk.press("n", "a")
        await desk.press("down", "down")
        sample = desk.main.panels.worst.chosen()
        assert sample is not None
        assert f"{sample.row} " in desk.inside(WORST).split("\n")[3]
        await desk.press("enter")
        assert desk.at_main
        assert desk.main.panels.focused_name == "a2"
        assert desk.frame.cell is not None
        assert desk.frame.cell.label == f"a2[{sample.row},0]"
        await desk.press("a")
        first, shown = desk.main.panels.predictions.samples()
        assert PREDICTIONS in desk.main.panels.in_sight()
        assert first <= sample.row < first + shown


async def test_of_a_mini_batch_the_row_of_all_samples_is_gone_to() -> None:
    async with opened(flowers(loss="ce", batch=16)) as desk:
        await desk.press("n", "a")
        sample = desk.main.panels.worst.chosen()
        assert sample is not None
        await desk.press("enter")
        assert desk.main.panels.focused_name == "x"
        assert desk.frame.cell is not None
        assert desk.frame.cell.index[0] == sample.row


async def test_the_loss_panel_says_the_accuracies() -> None:
    program = flowers(loss="ce", holdout=0.2, standardize=True, rate=1.0)
    async with opened(program) as desk:
        await desk.press("n")
        accuracy = desk.frame.accuracy
        assert accuracy is not None
        assert f"{accuracy.learned:.1%} ··· {accuracy.held_out:.1%}" in desk.panel(LOSS).split("\n")[0]
        assert "held out" in desk.panel(LOSS).split("\n")[-1]
    async with opened(program, (200, 48)) as desk:
        await desk.press("n")
        title = desk.panel(LOSS).split("\n")[0]
        assert f"{accuracy.learned:.1%} right ··· held out" in title
        assert f"{accuracy.held_out:.1%} right" in title


async def test_labels_are_shown_as_text(tmp_path: Path) -> None:
    file = tmp_path / "marked.csv"
    file.write_text("a,b\n" + "".join(f"{k},{label}\n" for k in range(4) for label in ("[red]r[/]", "\x1b[31mz")))
    async with opened(build(Network((1, 2), data=data(str(file)), loss="ce"))) as desk:
        await desk.press("n", "x")
        assert "[red]r[/]" in desk.inside(CONFUSION)
        assert "\x1b" not in desk.text()
        await desk.press("a")
        assert "[red]r[/]" in desk.inside(WORST)
        assert "\x1b" not in desk.text()
