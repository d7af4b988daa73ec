"""`nntui data`: the samples that come with nntui."""

import argparse
import json

from nntui.output import emit


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(args: argparse.Namespace) -> int:
    """List each set of samples with its shape, its kind and its source."""
    from nntui_core.datasets import ENTRIES

    if args.json:
        found = [
            {
                "name": entry.name,
                "samples": entry.samples,
                "inputs": entry.inputs,
                "kind": entry.kind,
                "title": entry.title,
                "source": entry.source,
            }
            for entry in ENTRIES
        ]
        emit(json.dumps({"data": found}) + "\n")
        return 0
    name, shape = max(len(entry.name) for entry in ENTRIES), max(len(_shape(e.samples, e.inputs)) for e in ENTRIES)
    kind = max(len(entry.kind) for entry in ENTRIES)
    lines = [
        f"{entry.name:<{name}}  {_shape(entry.samples, entry.inputs):>{shape}}  {entry.kind:<{kind}}  {entry.title}\n"
        f"{'':{name + shape + kind + 6}}{entry.source}\n"
        for entry in ENTRIES
    ]
    emit("".join(lines) + "\nnntui --data NAME opens one; --data FILE.csv, .tsv or .npz a file of your own\n")
    return 0


def _shape(samples: int, inputs: int) -> str:
    return f"{samples}×{inputs}"
