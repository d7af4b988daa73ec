"""`nntui compare A B`: two programs side by side, from the same weights."""

import argparse
import json
from typing import TYPE_CHECKING

from nntui import networks
from nntui.opening import DEFAULT, PROGRAM_HELP, add_program_options, open_program
from nntui.output import emit, say
from nntui.usage import MOST_ITERATIONS, InputError, printable, whole

if TYPE_CHECKING:
    from nntui.comparison import Outcome
    from nntui.lane import Lane
    from nntui.results import Result
    from nntui_core.program import Program

ITERATIONS = 1000
DRAWN = 160
"""Points of a curve that are drawn."""
INTERRUPTED = 130
FACTS = 78
"""Characters of a line of the table."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("a", metavar="A", help=PROGRAM_HELP)
    parser.add_argument("b", metavar="B", help="another, which starts from A's weights where its parameters are alike")
    parser.add_argument(
        "-n",
        dest="iterations",
        metavar="N",
        type=whole(0, MOST_ITERATIONS),
        help=f"iterations to run (default: as many as A's loop says, or {ITERATIONS})",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object; infinity and NaN, unknown to JSON, are null"
    )
    add_program_options(parser)
    parser.epilog = (
        "--lr is for both programs; those of a network for each that is the default; --weights for A, and so for B.\n"
        "--seed is for A, and for B where it has a seed."
    )


def execute(args: argparse.Namespace) -> int:
    """Run both programs and print both curves, and where they differ."""
    from nntui import comparison
    from nntui.lane import Lane

    first, second = _programs(args)
    lanes = Lane(first), Lane(second)
    a = lanes[0].session
    reason = comparison.give_weights(a, lanes[1])
    if reason:
        say(f"{reason}: each starts from its own weights")
    verdicts = [] if args.json else [comparison.verdict(lane) for lane in lanes]
    goal = args.iterations
    if goal is None:
        goal = ITERATIONS if a.interpreter.natural_end is None else a.interpreter.natural_end
    outcome = comparison.run(lanes, goal)
    done = a.position.iteration
    if outcome.interrupted:
        say(f"stopped by ctrl+c after {done:,} iterations")
    elif done < goal:
        say(f"a loop ended by itself after {done:,} iterations")
    same, sides = reason is None, [_side(lane, outcome) for lane in lanes]
    emit((_as_json(sides, outcome, same) if args.json else _as_text(lanes, sides, outcome, same, verdicts)) + "\n")
    return INTERRUPTED if outcome.interrupted else 0


def _programs(args: argparse.Namespace) -> "tuple[Program, Program]":
    """Open both programs with the options that are for each."""
    option = networks.described(args)
    if option is not None and DEFAULT not in (args.a, args.b):
        raise InputError(f"--{option} goes with the default program only, and neither is the default")
    from nntui.lane import surroundings_kept

    with surroundings_kept():  # --weights runs A's setup
        a = open_program(_options(args, args.a))
    second = _options(args, args.b)
    second.weights = None
    if args.seed is not None:
        from nntui_core import edits

        second.seed = None
        if edits.seed_of(open_program(second)) is not None:
            second.seed = args.seed
    return a, open_program(second)


def _options(args: argparse.Namespace, program: str) -> argparse.Namespace:
    known = vars(args) if program == DEFAULT else networks.without_description(args)
    return argparse.Namespace(**{**known, "program": program})


def _side(lane: "Lane", outcome: "Outcome") -> "Result":
    from nntui import results

    with lane.running():
        return results.of(lane.session, outcome.seconds)


def _as_json(sides: "list[Result]", outcome: "Outcome", same_weights: bool) -> str:
    from nntui import results

    first, second = ({"program": s.program, "loss": s.loss, "loss_curve": s.curve} for s in sides)
    whole_object = {
        "iterations": sides[0].iterations,
        "a": first,
        "b": second,
        "same_weights": same_weights,
        "first_difference": outcome.first_difference,
    }
    return json.dumps(results.plain(whole_object), allow_nan=False, default=str)


def _as_text(
    lanes: "tuple[Lane, Lane]", sides: "list[Result]", outcome: "Outcome", same_weights: bool, verdicts: list[str]
) -> str:
    """Return both curves and a small table."""
    from nntui import comparison, two_curves

    a, b = (lane.session for lane in lanes)
    labels = [f"{letter} {_tail(side.program)}" for letter, side in zip("ab", sides, strict=True)]
    points = [session.curve.points(DRAWN) for session in (a, b)]
    lines = two_curves.draw(dict(zip(labels, points, strict=True))) or ["no loss was found in these programs"]
    lines.append("")
    width = max(map(len, labels))
    for label, side, said in zip(labels, sides, verdicts, strict=True):
        lines.append(f"{label:<{width}}  loss {_loss(side):<12} {said}"[:FACTS].rstrip())
    count = a.position.iteration
    after = f"after {count:,} iteration{'' if count == 1 else 's'}"
    if outcome.first_difference is None:
        lines.append(f"the losses agree in every bit {after}" if all(p.losses for p in points) else "")
    else:
        lines.append(f"the losses differ from iteration {outcome.first_difference:,} on")
    for name, far in comparison.apart(a, b) if same_weights else []:
        lines.append(f"{name}: {'the shapes differ' if far is None else f'max |difference| {far:.6g}'} {after}")
    return "\n".join(map(printable, lines))


def _loss(side: "Result") -> str:
    return "unknown" if side.loss is None else f"{side.loss:.6g}"


def _tail(name: str) -> str:
    """Return a name, the beginning of a long one cut off."""
    return name if len(name) <= 24 else f"…{name[-23:]}"
