"""The explorer: everything a run has found, to look at, filter, compare, mark and clean."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name
from fastdup_nb.views.explore.collection import Collection
from fastdup_nb.views.explore.images import Images
from fastdup_nb.views.explore.state import State
from fastdup_nb.views.wording import as_unicode
from fastdup_nb.widget.control import Control
from fastdup_nb.widget.incoming import Incoming
from fastdup_nb.widget.service import Service
from fastdup_nb.widget.shown import view_content

if TYPE_CHECKING:
    from os import PathLike

    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.labels import LabelSource

THEMES = ("auto", "light", "dark")
LEAST_HEIGHT, LARGEST_HEIGHT = 240, 4000
LEAST_THUMB, LARGEST_THUMB = 48, 512
MOST_LABELS = 2000
_NOT_BUILT = """
export default { render({ el }) {
  el.textContent = "The explorer's front end is not built: run npm ci && npm run build in js/.";
} };
"""


class Explorer(Control, anywidget.AnyWidget):
    """A view of everything in a work_dir; made by `Fastdup.explore`.

    Parameters
    ----------
    results : WorkDir
        Of a finished run.
    view : str
        The view to begin with: duplicates, groups, components, clusters, outliers, similarity,
        statistics, labels.
    get_label : callable, mapping, path or sequence, optional
        The labels, in any form that `get_label_func` of the galleries takes.
    annotations : DataFrame or path, optional
        A table with a column filename, and label or anything else to filter by.
    input_dir : path, optional
        Where images lie that are not where the results say.
    height : int
        Pixels of the widget.
    thumb : int
        Pixels of the longer side of a thumbnail.
    theme : {'auto', 'light', 'dark'}
    title : str, optional

    Attributes
    ----------
    selected : list of int
        The selected images, by their row in the list of images; can be set and observed.
    marks : dict of str to dict
        The marked images, as JSON has them.
    log : list of str
        What went wrong.

    Raises
    ------
    FastdupError
        When the results, labels or annotations cannot be read, or an option cannot be used.
    """

    view = traitlets.Unicode().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    selected = traitlets.List(traitlets.Int()).tag(sync=True)
    marks = traitlets.Dict(read_only=True).tag(sync=True)
    views: traitlets.List[Any] = traitlets.List(read_only=True).tag(sync=True)
    labels: traitlets.List[Any] = traitlets.List(read_only=True).tag(sync=True)
    can_undo = traitlets.Dict(read_only=True).tag(sync=True)
    theme = traitlets.Enum(THEMES, "auto").tag(sync=True)
    height = traitlets.Int(640).tag(sync=True)
    thumb = traitlets.Int(192).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    preview = traitlets.Unicode().tag(sync=True)
    # None before it is made, and after close().
    _service: Service | None = None
    _incoming: Incoming | None = None
    # The version of the marks that the browser knows.
    _told = 0

    def __init__(  # noqa: PLR0913 - the options of explore()
        self,
        results: WorkDir,
        view: str = "",
        *,
        get_label: LabelSource = None,
        annotations: Any = None,
        input_dir: str | PathLike[str] | None = None,
        height: int = 640,
        thumb: int = 192,
        theme: str = "auto",
        title: str | None = None,
    ) -> None:
        _check_options(height, thumb, theme)
        images = Images(results, get_label=get_label, annotations=annotations, input_dir=input_dir)
        collection = Collection(images)
        first = view or collection.first_usable()
        collection.open(first)
        self._sending = threading.Lock()
        self._service = Service(collection, self, self._send_message)
        self._incoming = Incoming(self._service)
        self._esm, self._css = _front_end()
        self._service.cleaner.leave_out_removed()
        for note in images.notes:
            self._service.note(note)
        self.set_trait("views", [view_content(info) for info in collection.views()])
        self.set_trait("labels", _frequent_labels(images))
        self.set_trait("can_undo", {"mark": False, "redo": False, "apply": False})
        name = as_unicode(results.path.name)
        super().__init__(
            view=first,
            state=State().to_json(),
            height=height,
            thumb=thumb,
            theme=theme,
            title=title or f"{name}: {len(images):,} images",
            preview=secrets.token_hex(6),
        )
        self.on_msg(_pass_on)

    def close(self) -> None:
        """End: views in the browser go, the data are let go of."""
        service, self._service = self._service, None
        self._incoming = None
        if service is not None:
            if self.comm is not None:
                self._send_message({"kind": "closed"}, [])
            service.close()
        super().close()

    # What the service asks for

    def set_selected(self, ids: Sequence[int]) -> None:
        """Select images that are known to be there."""
        self.selected = list(ids)

    def drop_gone(self) -> None:
        """Let images that have gone be selected no longer."""
        gone = self._living().collection.images.gone
        self.selected = [image for image in self.selected if not gone[image]]

    def refresh(self) -> None:
        """Tell the browser about views, marks and labels, as far as they have changed."""
        service = self._living()
        collection = service.collection
        with self.hold_sync():
            self.set_trait("views", [view_content(info) for info in collection.views()])
            if self._told != service.marks.version:
                self._told = service.marks.version
                self.set_trait("marks", service.marks.to_json())
            self.set_trait("labels", _frequent_labels(collection.images))
            undo = {"mark": service.marks.can_undo, "redo": service.marks.can_redo}
            self.set_trait("can_undo", {**undo, "apply": service.cleaner.can_undo})

    # How it shows itself

    def __repr__(self) -> str:
        if self._service is None:
            return "Explorer(closed)"
        from fastdup_nb.widget.still import text_of

        return text_of(self._table(), State.parse(self.state), self.title)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the widget, and a picture of it for hosts that cannot show it."""
        bundle = super()._repr_mimebundle_() if self._service is not None else None
        if bundle is None:
            return {"text/plain": repr(self)}, {}
        return {**bundle[0], "text/html": self._still(), "text/plain": repr(self)}, {}

    def _ipython_display_(self, **_: Any) -> None:
        """Show the widget, and after it a picture of it that stays in a saved notebook.

        Two outputs: JupyterLab shows nothing but an error for a widget without its kernel, whatever
        else is in the same output. The living widget hides the picture.
        """
        from IPython import get_ipython
        from IPython.display import display

        bundle = super()._repr_mimebundle_() if self._service is not None else None
        if bundle is None or not hasattr(get_ipython(), "kernel"):
            display({"text/plain": repr(self)}, raw=True)
            return
        # Empty HTML: hosts that cannot show the widget show the picture alone.
        display({**bundle[0], "text/html": "", "text/plain": repr(self)}, raw=True)
        display({"text/html": self._still(), "text/plain": ""}, raw=True)

    def _still(self) -> str:
        from fastdup_nb.widget.still import preview_html

        return preview_html(self._table(), State.parse(self.state), self.title, self.preview)

    # Messages and traits from the browser

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take traits from the browser, as far as it may set them and they can be used."""
        if self._incoming is None:
            return
        cleaned = self._incoming.clean(sync_data)
        super().set_state(cleaned)
        differing = [name for name, value in cleaned.items() if value != sync_data[name]]
        if differing:
            self.send_state(differing)

    def _handle_msg(self, msg: Any) -> None:
        """Take a message of the browser, whatever it is.

        Not that of ipywidgets, which shows the traceback of a bad message in some cell's output.
        """
        if self._service is None:
            return
        try:
            data, buffers = msg["content"]["data"], msg.get("buffers") or []
            method, traits = data["method"], dict(data.get("state") or {})
            content = data.get("content")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            self._service.note(f"A message of the browser was dropped: {error!r}")
            return
        try:
            if method == "update":
                self.set_state(traits)
            elif method == "custom":
                self._handle_custom_msg(content, buffers)
            elif method == "request_state":
                self.send_state()
        except Exception as error:  # noqa: BLE001 - of a function that observes traits
            self._service.tell_failure(error)

    def _send_message(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        with self._sending:
            if self.comm is not None:
                self.send(content, buffers)

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Any) -> list[int]:
        ids = list(dict.fromkeys(proposal["value"]))
        if self._service is not None:
            self._service.collection.check_images(ids)
        return ids

    @traitlets.validate("state")
    def _check_state(self, proposal: Any) -> dict[str, Any]:
        return State.parse(proposal["value"]).to_json()

    @traitlets.validate("view")
    def _check_view(self, proposal: Any) -> str:
        name = str(proposal["value"])
        if self._service is not None:
            self._service.collection.open(name)
        return name

    def _living(self) -> Service:
        if self._service is None:
            raise OptionError("The explorer is closed.", "Make a new one with explore().")
        return self._service


def _pass_on(widget: Explorer, content: Any, buffers: Sequence[Any]) -> None:
    service = widget._service  # noqa: SLF001 - of the same module
    if service is not None:
        service.handle(content, buffers)


def _front_end() -> tuple[str, str]:
    static = files("fastdup_nb.widget") / "static"
    module, style = static / "explorer.js", static / "explorer.css"
    esm = module.read_text("utf-8") if module.is_file() else _NOT_BUILT
    return esm, style.read_text("utf-8") if style.is_file() else ""


def _frequent_labels(images: Images) -> list[str]:
    values = images.label_values()
    if values is None or images.labels is None:
        return []
    import numpy as np

    counts = values.count_among(~images.gone)
    known = set(map(as_unicode, images.labels.classes))
    order = np.argsort(-counts, kind="stable").tolist()
    return [values.texts[code] for code in order if values.texts[code] in known][:MOST_LABELS]


def _check_options(height: object, thumb: object, theme: object) -> None:
    for name, value, low, high in (
        ("height", height, LEAST_HEIGHT, LARGEST_HEIGHT),
        ("thumb", thumb, LEAST_THUMB, LARGEST_THUMB),
    ):
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise OptionError(f"{name}={value!r} cannot be used.", f"Give {low} to {high} pixels.")
    if theme not in THEMES:
        raise unknown_name("theme", str(theme), THEMES)
