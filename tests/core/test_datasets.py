"""Data that comes with nntui, and that of files: what is in it, and what is said of what cannot be used."""

import csv
import io
import itertools
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nntui_core.datasets import ENTRIES, NAMES, Data, DataError, load
from nntui_core.datasets.delimited import MOST_ROWS
from nntui_core.datasets.embedding import LONGEST
from nntui_core.interpreter import Interpreter
from nntui_core.network import Network, build

NEITHER = settings(deadline=None, max_examples=40)


def made(data: Data, seed: int = 1) -> dict[str, Any]:
    """Return the namespace of a network's setup on some data."""
    loss = "ce" if data.outputs > 1 else "half-sse"
    interpreter = Interpreter(build(Network((data.inputs, data.outputs), seed, data=data, loss=loss)))
    interpreter.start()
    return interpreter.namespace


def written(folder: Path, text: str, name: str = "d.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


# --- what comes with nntui ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
@pytest.mark.parametrize("classes", [False, True])
def test_all_of_it_is_what_the_catalogue_says(entry: Any, classes: bool) -> None:
    data = load(entry.name, classes=classes)
    namespace = made(data)
    x, y = namespace["x"], namespace["y"]
    assert x.shape == (entry.samples, entry.inputs) == (data.samples, data.inputs)
    assert y.shape == (entry.samples, data.outputs)
    assert x.dtype == y.dtype == np.float64
    count = {"two": 2, "three": 3, "ten": 10}[entry.kind.split()[0]]
    assert data.outputs == (count if classes or count > 2 else 1)
    assert len(data.labels) == (count if data.outputs > 1 else 0)
    if data.outputs > 1:
        assert y.sum(axis=1).tolist() == [1.0] * len(y)
    assert set(np.unique(y)) == {0.0, 1.0}


def test_truth_tables_are_true() -> None:
    rules: dict[str, Any] = {"xor": lambda a, b: a != b, "and": min, "or": max, "parity3": lambda *bits: sum(bits) % 2}
    for name, rule in rules.items():
        namespace = made(load(name))
        width = 3 if name == "parity3" else 2
        assert namespace["x"].tolist() == [list(map(float, bits)) for bits in itertools.product((0, 1), repeat=width)]
        assert namespace["y"][:, 0].tolist() == [float(rule(*bits)) for bits in namespace["x"].tolist()]


def test_points_without_noise_lie_on_their_curves_and_the_seed_draws_them() -> None:
    circles = made(load("circles", noise=0.0, samples=100))
    radius = np.hypot(*circles["x"].T)
    np.testing.assert_allclose(radius, np.where(circles["y"][:, 0] == 1, 0.5, 1.0))
    spiral = made(load("spiral", noise=0.0, samples=50))
    radius = np.hypot(*spiral["x"].T)
    turned = np.arctan2(*spiral["x"].T) - np.pi * spiral["y"][:, 0]
    np.testing.assert_allclose(np.exp(1j * turned), np.exp(1.75j * np.pi * radius), atol=1e-9)
    moons = made(load("moons", noise=0.0, samples=50))
    centre = np.where(moons["y"] == 1, [[1.0, 0.5]], [[0.0, 0.0]])
    np.testing.assert_allclose(np.hypot(*(moons["x"] - centre).T), 1.0)
    same, other = made(load("moons"), 3), made(load("moons"), 4)
    assert made(load("moons"), 3)["x"].tobytes() == same["x"].tobytes() != other["x"].tobytes()


def test_iris_and_digits_are_the_ones_that_everybody_knows() -> None:
    iris, digits = made(load("iris")), made(load("digits"))
    np.testing.assert_allclose(iris["x"].mean(axis=0), [5.84333333, 3.05733333, 3.758, 1.19933333], rtol=1e-8)
    assert iris["y"].sum(axis=0).tolist() == [50.0, 50.0, 50.0]
    assert iris["labels"] == ["setosa", "versicolor", "virginica"]
    assert digits["y"].sum(axis=0).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (digits["x"].min(), digits["x"].max(), digits["x"].sum()) == (0.0, 16.0, 561718.0)
    assert digits["x"][0].reshape(8, 8)[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_the_files_come_with_their_licence_and_citation() -> None:
    text = resources.files("nntui_core.datasets").joinpath("files", "README.md").read_text(encoding="utf-8")
    assert "Creative Commons Attribution 4.0" in text
    for doi in ("10.24432/C56C76", "10.24432/C50P49"):
        assert doi in text
        assert any(doi in entry.source for entry in ENTRIES)


# --- files -------------------------------------------------------------------------------------------------------

finite = st.floats(allow_nan=False, allow_infinity=False)
tables = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(finite, min_size=width, max_size=width), min_size=1))


@given(tables, st.booleans(), st.sampled_from([",", "\t"]))
@NEITHER
def test_numbers_come_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[float]], header: bool, separator: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    if header:
        writer.writerow([f"c{k}" for k in range(len(rows[0]))])
    writer.writerows([map(repr, row) for row in rows])
    name = "d.csv" if separator == "," else "d.tsv"
    namespace = made(load(written(tmp_path_factory.mktemp("d"), text.getvalue(), name)))
    table = np.array(rows)
    assert namespace["x"].tobytes() == np.ascontiguousarray(table[:, :-1]).tobytes()
    assert namespace["y"].tobytes() == np.ascontiguousarray(table[:, -1:]).tobytes()


@given(st.lists(st.floats(-1e300, 1e300), min_size=250, max_size=260), st.sampled_from([0, 1, 3]))
@settings(deadline=None, max_examples=15)
def test_many_numbers_are_packed_without_loss(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float], digits: int
) -> None:
    values = [round(n, digits) if digits else float(int(n) % 200) for n in numbers]
    path = tmp_path_factory.mktemp("d") / "d.npz"
    np.savez(path, x=np.array(values)[:, None], y=np.arange(len(values)) % 2)
    data = load(str(path))
    assert "unpacked(" in data.setup[0]
    assert made(data)["x"].tobytes() == np.array(values)[:, None].tobytes()


LABELS = st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=12)


@given(LABELS)
@NEITHER
def test_labels_of_any_text_come_back_sorted_and_do_nothing(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str]
) -> None:
    path = tmp_path_factory.mktemp("d") / "d.csv"
    with path.open("w", encoding="utf-8", newline="", errors="surrogatepass") as file:
        csv.writer(file).writerows([["length", "kind"], *([k, label] for k, label in enumerate(labels))])
    try:
        namespace = made(load(str(path)))
    except DataError:  # numbers among them, blanks alone, one class, what no UTF-8 file has
        return
    if "labels" not in namespace:  # all of them were numbers
        return
    stripped = [label.strip() for label in labels]
    assert namespace["labels"] == sorted(set(stripped))
    assert [namespace["labels"][k] for k in namespace["y"].argmax(axis=1)] == stripped


def test_columns_are_chosen_by_name_or_number_and_text_becomes_one_hot(tmp_path: Path) -> None:
    path = written(tmp_path, '"a, b",kind,"c ""q"""\n1,red,3\n4,"blue, dark",6\n7,red,9\n')
    data = load(path, target="kind")
    namespace = made(data)
    assert namespace["x"].tolist() == [[1, 3], [4, 6], [7, 9]]
    assert namespace["labels"] == ["blue, dark", "red"]
    assert namespace["y"].tolist() == [[0, 1], [1, 0], [0, 1]]
    assert made(load(path, target="2"))["y"].tolist() == namespace["y"].tolist()
    numbers = written(tmp_path, "a,b,c\n1,2,3\n4,5,6\n", "n.csv")
    assert made(load(numbers))["y"].tolist() == [[3], [6]]
    assert made(load(numbers, target="c,a"))["y"].tolist() == [[3, 1], [6, 4]]
    named = written(tmp_path, '"a, b",c,d\n1,2,3\n4,5,6\n', "m.csv")
    assert made(load(named, target="a, b"))["y"].tolist() == [[1], [4]]
    assert made(load(named, target='"a, b", d'))["y"].tolist() == [[1, 3], [4, 6]]


def test_a_header_is_found_out_and_can_be_given(tmp_path: Path) -> None:
    without = written(tmp_path, "1,2,0\n3,4,1\n")
    assert made(load(without))["x"].shape == (2, 2)
    assert made(load(without, header=True))["x"].shape == (1, 2)
    odd = written(tmp_path, "a,b,2020\n1,2,0\n3,4,1\n", "o.csv")
    with pytest.raises(DataError, match=r"line 1, column 1: 'a' is not a number; is it a header\? --header says so"):
        load(odd)
    assert made(load(odd, header=True))["x"].tolist() == [[1, 2], [3, 4]]


def test_whole_numbers_are_classes_where_the_loss_asks_for_them(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,10\n2,9\n3,10\n")
    assert load(path).labels == ()
    data = load(path, classes=True)
    assert data.labels == ("9", "10")
    assert made(data)["y"].tolist() == [[0, 1], [1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        ("a,b\n", "there is a header, and no samples below it"),
        ("a,b,c\n1,2,3\n4,5\n", "line 3: this line has 2 columns, and line 1 has 3"),
        ('a,b,c\n"1\n",2,3\n4,5\n', "line 4: this line has 2 columns, and line 1 has 3"),
        ("a,b\n1,2\nx,3\n", "line 3, column 1 ('a'): 'x' is not a number"),
        ("a,b\n1,2\n1_0,3\n", "line 3, column 1 ('a'): '1_0' is not a number"),
        ("a,b\nnan,2\n", "line 2, column 1 ('a'): 'nan' is not a finite number"),
        ("a,b\n-inf,2\n", "line 2, column 1 ('a'): '-inf' is not a finite number"),
        ("a,b\n1,2\n,3\n", "line 3, column 1 ('a') is empty"),
        ("a,b\n1,red\n2,\n", "line 3, column 2 ('b') is empty"),
        ("a,b\n1,red\n2,3\n", "line 3, column 2 ('b'): '3' is a number, and line 2 has 'red'"),
        ("a,b\n1,2\n2,red\n", "line 3, column 2 ('b'): 'red' is not a number"),
        ("a,b\n1,red\n2,red\n", "all 2 targets are 'red'"),
        ('a,b\n1,"red\n2,blue\n', "line 2: a quote is opened and never closed"),
        ("a\n1\n", "no column is left for the inputs"),
        ("a,b\n\x1b[31m,2\n", r"line 2, column 1 ('a'): '\x1b[31m' is not a number"),
        ("[b]a,b\nx,2\n", "line 2, column 1 ('[b]a'): 'x' is not a number"),
        ("a,b\0\n1,2\n", "this is a binary file"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DataError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(path)
    assert said in message
    assert "\n" not in message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("d", "there is no column 'd'; there are 'a', 'b', 'a'; numbers go from 1 to 3"),
        ("0", "there is no column '0'"),
        ("4", "there is no column '4'"),
        ("", "there is no column ''"),
        ("a", "2 columns are called 'a'; their numbers would do"),
        ("1,2,3", "no column is left for the inputs"),
    ],
)
def test_a_missing_column_is_said_with_those_that_are_there(tmp_path: Path, target: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        load(written(tmp_path, "a,b,a\n1,2,3\n"), target=target)
    assert said in str(caught.value)
    assert caught.value.option == "target"


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_bytes(bytes(range(256)))
    (tmp_path / "l.csv").write_bytes("a,b\n1,caf\xe9\n".encode("latin-1"))
    (tmp_path / "d.csv").mkdir()
    for name, said in (
        ("b", "a binary file"),
        ("l", "line 2: this is not UTF-8"),
        ("d", "not a file"),
        ("n", "No such"),
    ):
        with pytest.raises(DataError, match=said):
            load(str(tmp_path / f"{name}.csv"))


def test_a_million_rows_are_too_many_and_reading_stops_there(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n" + "1,2\n" * MOST_ROWS + "1,2\nx,y,z\n" * 5)
    with pytest.raises(DataError, match="line 200001: more than 200,000 rows are too many"):
        load(path)
    noise = np.random.default_rng(0).random((LONGEST // 20, 3))
    np.savez(tmp_path / "n.npz", x=noise, y=noise[:, 0])
    with pytest.raises(DataError, match=r"numbers take \d\.\d MB in the program"):
        load(str(tmp_path / "n.npz"))


# --- archives ----------------------------------------------------------------------------------------------------


def test_archives_have_inputs_and_targets_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, X=np.arange(12).reshape(2, 2, 3), y=np.array(["b", "a"]), z=np.array([3.5, 4.5]))
    namespace = made(load(str(path)))
    assert namespace["x"].tolist() == np.arange(12.0).reshape(2, 6).tolist()
    assert (namespace["labels"], namespace["y"].tolist()) == (["a", "b"], [[0, 1], [1, 0]])
    assert made(load(str(path), target="z"))["y"].tolist() == [[3.5], [4.5]]
    np.savez(path, table=np.arange(6.0).reshape(2, 3))
    assert made(load(str(path)))["y"].tolist() == [[2.0], [5.0]]
    assert made(load(str(path), target="1,2"))["y"].tolist() == [[0.0, 1.0], [3.0, 4.0]]


class Dangerous:
    """What does harm when it is unpickled."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("unpickled",)


def test_what_is_wrong_with_an_archive_is_said(tmp_path: Path) -> None:
    x = np.ones((3, 2))
    for arrays, said in (
        ({"x": x, "y": np.array([Dangerous(), 1], dtype=object)}, "pickled Python objects, which could run anything"),
        ({"a": x, "b": x}, "it needs arrays x and y, and has 'a', 'b'"),
        ({"x": x, "y": np.ones(4)}, "x has 3 rows and y 4"),
        ({"x": np.array([[1.0], [np.nan]]), "y": np.ones(2)}, r"x\[1, 0\] is nan"),
        ({"x": x, "y": np.ones(0)}, "y is empty"),
        ({"x": x.astype(complex), "y": np.ones(3)}, "x is not numeric"),
        ({"x": x, "y": np.array([["a"], ["b"], ["c"]])}, "one text for each sample"),
        ({}, "no arrays"),
    ):
        path = tmp_path / "a.npz"
        np.savez(path, **arrays)
        with pytest.raises(DataError, match=said):
            load(str(path))
    path.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(DataError, match=r"not a readable \.npz file"):
        load(str(path))


# --- options -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "settings", "option", "said"),
    [
        ("spirals", {}, "data", "there is no data 'spirals'; nntui data lists what there is"),
        ("d.txt", {}, "data", "a file ends in .csv .tsv .npz"),
        ("xor", {"noise": 0.1}, "noise", "circles, moons, spiral only, not with xor"),
        ("iris", {"samples": 10}, "samples", "circles, moons, spiral only, not with iris"),
        ("moons", {"samples": 1}, "samples", "2 to 100,000 would do"),
        ("moons", {"noise": -1.0}, "noise", "0.1 would do"),
        ("iris", {"target": "species"}, "target", "iris has its target"),
        ("xor", {"header": True}, "header", ".csv and .tsv files only"),
    ],
)
def test_options_that_do_not_apply_are_refused(name: str, settings: dict[str, Any], option: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        load(name, **settings)
    assert said in str(caught.value)
    assert caught.value.option == option


def test_there_are_ten_of_them() -> None:
    assert NAMES == ("forum", "xor", "and", "or", "parity3", "circles", "moons", "spiral", "iris", "digits")
