"""The controls of a designer in a notebook: they bind to its state, and show its answers."""

import html
from typing import TYPE_CHECKING, Any, Final

from ..documents import DocumentError
from ..publishing.placing import PlacingError
from .controls import Control
from .controls import told as words_for
from .designer import OfferingDesigner
from .figures import Answer
from .redrawing import Redrawing
from .strips import strip

if TYPE_CHECKING:
    import ipywidgets

#: How the figures are set, so that nothing jumps while they change.
_STYLE: Final = (
    "<style>.designed td,.designed th{padding:.1rem .6rem .1rem 0;border-bottom:1px solid #d0d7de;"
    "font-variant-numeric:tabular-nums;text-align:right;white-space:nowrap}"
    ".designed tbody th,.designed thead th:first-child{text-align:left;font-weight:400}"
    ".designed{border-collapse:collapse;font-size:12px;line-height:1.4}</style>"
)


class DesignerWidgets:
    """Sliders, choices and switches beside the figures; they hold no state of their own.

    Parameters
    ----------
    designer : OfferingDesigner
    file : str
        Where the button writes the offering, unless another name is typed in.

    Attributes
    ----------
    box : ipywidgets.VBox
        What a notebook displays.
    inputs : dict
        The widget of each control, by its path.
    figures, said : ipywidgets.HTML
    write, reset : ipywidgets.Button
    """

    def __init__(self, designer: OfferingDesigner, file: str = "offering.yaml") -> None:
        import ipywidgets

        self._designer = designer
        self._is_bound = True
        self.inputs = {one.path: _input_of(one) for one in designer.controls}
        self.figures = ipywidgets.HTML()
        self.said = ipywidgets.HTML()
        self._file = ipywidgets.Text(value=file, description="file")
        self.write = ipywidgets.Button(description="Write as YAML", icon="save")
        self.reset = ipywidgets.Button(description="Back to today", icon="undo")
        self.redrawing = Redrawing(designer, self._draw, self._refuse)
        for path, one in self.inputs.items():
            one.observe(lambda change, path=path: self._moved(path, change["new"]), "value")
        self.write.on_click(lambda _: self._write())
        self.reset.on_click(lambda _: self._reset())
        offering = [self.inputs[one.path] for one in designer.controls if not _is_money(one)]
        money = [self.inputs[one.path] for one in designer.controls if _is_money(one)]
        groups = [ipywidgets.HTML(f"<b>{html.escape(designer.template)}</b>"), *offering]
        if money:
            groups += [ipywidgets.HTML("<b>what support costs</b>"), *money]
        buttons = ipywidgets.HBox([self.reset, self._file, self.write])
        # Side by side, so that figures are seen while a slider moves; they scroll by themselves.
        beside = ipywidgets.Layout(flex="0 0 auto", width="21rem")
        shown = ipywidgets.VBox(
            [self.figures, self.said], layout={"flex": "1 1 0", "overflow": "auto"}
        )
        both = ipywidgets.HBox([ipywidgets.VBox(groups, layout=beside), shown])
        self.box = ipywidgets.VBox([both, buttons])
        self.redrawing.ask()

    def __repr__(self) -> str:
        return f"<DesignerWidgets of {self._designer.template}>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.box)  # type: ignore[no-untyped-call]

    def _moved(self, path: str, value: Any) -> None:
        if not self._is_bound:
            return
        try:
            self._designer.move(path, None if value == "" else value)
        except ValueError as error:
            self._refuse(str(error))
        else:
            self.redrawing.ask()

    def _reset(self) -> None:
        self._designer.reset()
        self._is_bound = False
        try:
            for one in self._designer.controls:
                self.inputs[one.path].value = _chosen(one.value)
        finally:
            self._is_bound = True
        self.redrawing.ask()

    def _write(self) -> None:
        try:
            self._designer.to_yaml(self._file.value)
        except (DocumentError, PlacingError) as error:
            self._refuse(str(error))
        else:
            self.said.value = f"<p>Written: {html.escape(self._file.value)}</p>"

    def _draw(self, answer: Answer) -> None:
        self.figures.value = f"{_STYLE}{html_of(answer)}"
        self.said.value = "".join(f"<p>{html.escape(one)}</p>" for one in answer.said())

    def _refuse(self, reason: str) -> None:
        self.said.value = f'<p role="alert"><b>{html.escape(reason)}</b></p>'


def html_of(answer: Answer) -> str:
    """Return the figures of an answer as a table with a strip for each interval."""
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("", "today", "designed", "difference", "between", "")
    )
    rows = []
    for figure in answer.shown:
        name, *cells = figure.written(answer.currency)
        told = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        rows.append(
            f'<tr><th scope="row">{html.escape(name)}</th>{told}<td>{strip(figure)}</td></tr>'
        )
    body = "".join(rows)
    return f'<table class="designed"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _is_money(control: Control) -> bool:
    return control.of_costs


def _chosen(value: Any) -> Any:
    """Return what a widget holds in place of a value: to it, None is that nothing is chosen."""
    return "" if value is None else value


def _input_of(control: Control) -> "ipywidgets.Widget":
    """Return the widget of a control, with the value of the base."""
    import ipywidgets

    told: dict[str, Any] = {
        "description": control.label,
        "tooltip": control.help,
        "style": {"description_width": "8rem"},
        "layout": {"width": "20rem"},
    }
    if control.kind == "switch":
        return ipywidgets.Checkbox(value=control.value, **told)
    if control.kind == "choice":
        options = [(words_for(one), _chosen(one)) for one in control.choices]
        return ipywidgets.Dropdown(options=options, value=_chosen(control.value), **told)
    numbers = [control.value, control.low, control.high, control.step]
    if all(float(number).is_integer() for number in numbers):
        value, low, high, step = map(int, numbers)
        return ipywidgets.IntSlider(value=value, min=low, max=high, step=step, **told)
    return ipywidgets.FloatSlider(
        value=control.value, min=control.low, max=control.high, step=control.step, **told
    )
