"""The area between the bars: it holds the panels and puts them where `nntui.layout` says."""

from rich.text import Text
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from nntui.layout import (
    CODE,
    CONFUSION,
    DIAGRAM,
    LOSS,
    OUTPUT,
    PREDICTIONS,
    SURFACE,
    WORST,
    Box,
    arrange,
    panel_order,
)
from nntui.widgets.code import CodePanel
from nntui.widgets.confusion import ConfusionPanel
from nntui.widgets.diagram import DiagramPanel
from nntui.widgets.lines import Panel
from nntui.widgets.loss import LossPanel
from nntui.widgets.matrix import MatrixPanel
from nntui.widgets.output import OutputPanel, plain
from nntui.widgets.predictions import PredictionsPanel
from nntui.widgets.surface import SurfacePanel
from nntui.widgets.worst import WorstPanel
from nntui_core.frame import Frame, Variable


class Shelves(Layout):
    """Textual's side of `nntui.layout.arrange`: panels without a box are not placed."""

    name = "shelves"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """Place the children of a `Panels`."""
        assert isinstance(parent, Panels)
        boxes = parent.boxes(size)
        return [
            WidgetPlacement(Region(box.x, box.y, box.width, box.height), NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if isinstance(child, Panel) and (box := boxes.get(child.panel_name))
        ]


class Panels(Widget):
    """All panels of a program; those that there is room for are in sight."""

    def __init__(self) -> None:
        super().__init__(id="panels")
        self.loss = LossPanel()
        self.predictions = PredictionsPanel()
        self.output = OutputPanel()
        self.code = CodePanel()
        self.surface = SurfacePanel()
        self.diagram = DiagramPanel()
        self.confusion = ConfusionPanel()
        self.worst = WorstPanel()
        self.matrices: dict[str, MatrixPanel] = {}
        self.zoomed = False
        self.focused_name: str | None = None
        self.drawing: str | None = None
        """The one of `layout.DRAWINGS` that has been brought up."""
        self._variables: tuple[Variable, ...] = ()
        self._deltas: tuple[str, ...] = ()
        self._loop_lines = 12
        self._has_output = False
        self._trouble = ""
        self._shelves = Shelves()
        self._boxes: tuple[object, dict[str, Box]] = (None, {})
        """Where the panels are, and what that depends on: it is asked for several times a picture."""

    @property
    def layout(self) -> Layout:
        """The layout of shelves."""
        return self._shelves

    def boxes(self, size: Size) -> dict[str, Box]:
        """Return where each panel in sight goes."""
        rest = self._loop_lines, self.focused_name, self.zoomed, self._has_output, self.drawing
        key = (size, self._variables, self._deltas, rest)
        if key != self._boxes[0]:
            self._boxes = key, arrange(size.width, size.height, self._variables, self._deltas, *rest)
        return self._boxes[1]

    async def adopt(self, frame: Frame) -> None:
        """Make the panels of a program, where they are not those that are there."""
        self._loop_lines = sum(line.statement is not None for line in frame.code) + 1
        if bool(frame.output_count or frame.output) != self._has_output:
            self._has_output = not self._has_output
            self._arrange_again()
        if frame.variables == self._variables and self.matrices:
            return
        self._variables, self._deltas = frame.variables, frame.deltas
        for panel in self.matrices.values():
            await panel.remove()
        if not self.is_attached:  # the user has quit meanwhile
            return
        self.matrices = {variable.name: MatrixPanel(variable) for variable in frame.variables}
        fresh = [panel for panel in self.fixed if not panel.is_attached]
        await self.mount(*self.matrices.values(), *fresh)

    @property
    def fixed(self) -> tuple[Panel, ...]:
        """The panels that every program has."""
        return (
            *(self.loss, self.predictions, self.output, self.code),
            *(self.surface, self.diagram, self.confusion, self.worst),
        )

    def panel(self, name: str) -> Panel:
        """Return a panel by its name."""
        return next((panel for panel in self.fixed if panel.panel_name == name), None) or self.matrices[name]

    def in_sight(self) -> set[str]:
        """Return the names of the panels that have a place now."""
        return set(self.boxes(self.size))

    def go(self, name: str) -> None:
        """Give a panel the focus, and bring it into sight."""
        before = self.boxes(self.size)
        self.focused_name = name
        if self.boxes(self.size) != before:
            self._arrange_again()
        self.screen.set_focus(self.panel(name), scroll_visible=False)

    def neighbour(self, by: int) -> str:
        """Return the name of the panel before or after the focused one."""
        names = panel_order(self._variables, self._has_output, self.drawing)
        here = names.index(self.focused_name) if self.focused_name in names else names.index(CODE)
        return names[(here + by) % len(names)]

    def look_at_output(self) -> None:
        """Give the focus to what the program has printed, its end in sight; from there back to the code."""
        if self.focused_name == OUTPUT:
            self.go(CODE)
        else:
            self.output.follow()
            self.go(OUTPUT)

    def go_to_sample(self, matrix: str, row: int, upright: bool) -> bool:
        """Give a matrix the focus at a sample, and bring that among the predictions; return whether there is one."""
        panel = self.matrices.get(matrix)
        if panel is None:
            return False
        panel.select(row if upright else None, None if upright else row)
        self.predictions.bring_up(row)
        self.go(matrix)
        return True

    def zoom(self) -> None:
        """Give the focused panel the whole area, or take it back."""
        self.zoomed = not self.zoomed
        self._arrange_again()

    def bring_up(self, drawing: str) -> None:
        """Show a drawing; it gets the focus where keys choose something in it, or where it would not be in sight."""
        self.drawing = drawing
        self._arrange_again()
        if drawing == WORST or drawing not in self.in_sight():
            self.go(drawing)

    def give_back(self) -> None:
        """Take the drawing away: what it took the place of comes back."""
        had_focus = self.focused_name == self.drawing
        self.drawing = None
        self._arrange_again()
        if had_focus:
            self.go(CODE)

    def _arrange_again(self) -> None:
        """Ask Textual for a new arrangement: it forgets the old one where a child asks, not where its parent does."""
        self.code.refresh(layout=True)

    def trouble(self, text: str, hint: str) -> None:
        """Say why there is no program, in the place of the panels."""
        self._trouble = f"{plain(text)}\n\n{hint}"
        self.refresh()

    def render(self) -> Text:
        """Return what is seen where there are no panels."""
        return Text(self._trouble, style=self.rich_style)

    def show(self, frame: Frame, draw_loss: bool) -> None:
        """Hand a picture to the panels in sight."""
        seen = self.in_sight()
        for name, panel in self.matrices.items():
            if name in seen:
                selected = frame.cell.index if frame.cell and frame.cell.name == name else None
                panel.show(frame.matrices.get(name), selected)
        if draw_loss and LOSS in seen:
            self.loss.show(frame)
        if PREDICTIONS in seen:
            self.predictions.show(frame.predictions)
        if SURFACE in seen and frame.surface is not None:
            self.surface.show(frame.surface)
        if DIAGRAM in seen and frame.diagram is not None:
            self.diagram.show(frame.diagram)
        if CONFUSION in seen and frame.confusion is not None:
            self.confusion.show(frame.confusion)
        if WORST in seen and frame.worst is not None:
            self.worst.show(frame.worst)
        if OUTPUT in seen:
            self.output.show(frame)
        if CODE in seen:
            self.code.show(frame, 0 if OUTPUT in seen else frame.output_count or len(frame.output))
