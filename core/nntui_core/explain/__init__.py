"""Where does this number come from? The arithmetic of one cell, read from the statement that wrote it.

    syntax tree  ->  lazy arrays  ->  one cell's tree  ->  formula, arithmetic, one line
    (reading)        (arrays)         (cells)              (notation)

`explain` is the whole of it from outside. Inside, a file has one idea each:

* `scalars`: operations on single numbers, a table;    * `numpy_calls`: NumPy's other functions, a table;
* `cells`: the tree of one cell;                       * `indexing`: x[0], x[1:, None], both ways;
* `indices`: running indices, transposes, reshapes;    * `names`: which name is NumPy, which a function;
* `arrays`: arrays that are asked for single cells;    * `reading`: expressions and opened functions;
* `reductions`: products and sums, also very long;     * `writing`: assignments of every kind;
* `notation`: trees as text;                           * `explanation`: all of it put together.
"""

from nntui_core.explain.explanation import Explanation, Source, Term, evaluate, explain
from nntui_core.explain.notation import SYMBOLS, to_ascii

__all__ = ["SYMBOLS", "Explanation", "Source", "Term", "evaluate", "explain", "to_ascii"]
