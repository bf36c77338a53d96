"""Plots in JupyterLab: a range and a lasso drive the explorer; without a kernel a picture stays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.browser.notebooks import READY, SLOW, look, open_notebook, run_cell, write_notebook
from tests.browser.plots import FRAME, drag, plot_in
from tests.pictures import write_pictures

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.conftest import Lab

pytestmark = pytest.mark.browser

COUNT = 30
BEGIN = """
import fastdup_nb, json
fd = fastdup_nb.Fastdup.run('photos', 'work', threshold=0.5)
g = fd.explore()
g
"""
TELL = """
low, high = p.range
same = g.state['range'] == {'column': 'mean', 'low': low, 'high': high}
told = {'view': g.view, 'same': same, 'images': len(p.selection), 'shown': len(g.matching)}
print(json.dumps(told))
"""
CELLS = (
    BEGIN.strip(),
    "p = fd.plot('mean', bins=10, explorer=g)\np",
    TELL.strip(),
    "m = fd.map(explorer=g, color='folder')\nm",
    "print(json.dumps([g.selected == m.selected, len(m.selection)]))",
    "p.range = (100, 140)\nm.selected = [1, 2, 3]",
    "print(json.dumps([g.state['range'], g.selected]))",
)
A_PAUSE = 3000  # what a drag ends in is sent after a pause, a much shorter one
SET_THEME = "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })"
HAS_VALUE = "([field, value]) => Number(field.value) === value"
ALL_AROUND = ((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.01))


def test_a_range_and_a_lasso_drive_the_explorer(browser: Browser, lab: Lab):
    write_pictures(lab.folder / "photos", COUNT)
    page = open_notebook(browser, lab, CELLS)
    own = (lab.url, "data:", "blob:")
    strangers: list[str] = []
    page.on("request", lambda request: strangers.append(request.url))
    run_cell(page, 0)

    output = run_cell(page, 1)
    plot = plot_in(output)
    assert output.locator(".fdnb-still").is_hidden()
    drag(page, plot, (0.02, 0.5), (0.5, 0.5))
    plot.get_by_role("button", name="All").wait_for(timeout=SLOW)
    plot.locator("output", has_text=f"of {COUNT} images").wait_for(timeout=SLOW)
    look(page, "lab-plot-range")
    page.wait_for_timeout(A_PAUSE)
    images = int(plot.locator("output").inner_text().split()[0])
    assert 0 < images < COUNT
    told = json.loads(run_cell(page, 2).inner_text())
    assert told == {"view": "statistics", "same": True, "images": images, "shown": images}

    chart = plot_in(run_cell(page, 3))
    drag(page, chart, *ALL_AROUND)
    chart.locator("output", has_text=f"{COUNT} of {COUNT} selected").wait_for(timeout=SLOW)
    look(page, "lab-plot-lasso")
    page.wait_for_timeout(A_PAUSE)
    assert json.loads(run_cell(page, 4).inner_text()) == [True, COUNT]

    # The legend keeps its place beside the toolbar when the colours change.
    room = chart.evaluate(FRAME)["width"]
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate(SET_THEME, theme)
        shown = chart.locator(f".plot[data-theme={theme.split()[1].lower()}]")
        shown.wait_for(timeout=SLOW)
        page.wait_for_timeout(1000)
        look(page, f"lab-plot-{theme.split()[1].lower()}")
        assert chart.evaluate(FRAME)["width"] == pytest.approx(room, abs=20)

    run_cell(page, 5)  # and from Python to the plots
    chart.locator("output", has_text=f"3 of {COUNT} selected").wait_for(timeout=SLOW)
    page.wait_for_function(
        HAS_VALUE, arg=[plot.get_by_label("to", exact=True).element_handle(), 140], timeout=SLOW
    )
    limits, selected = json.loads(run_cell(page, 6).inner_text())
    assert limits == {"column": "mean", "low": 100, "high": 140}
    assert selected == [1, 2, 3]
    assert [url for url in strangers if not url.startswith(own)] == []

    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")
    page.goto(lab.address("first.ipynb"), timeout=SLOW)  # the widgets are gone now
    stills = page.locator(".fdnb-still", has_text="variance").locator("img")
    stills.wait_for(timeout=SLOW)
    assert stills.evaluate("image => image.decode().then(() => image.naturalWidth)") == 720
    # A server that is just starting a kernel takes long to end.
    page.wait_for_function(READY, timeout=SLOW)
    page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")
    page.close()


TOLD = """
told = ipywidgets.Label('none')
m.observe(lambda change: setattr(told, 'value', f'told: {len(m.selected)}'), 'selected')
told
"""
PLAIN = (
    "import fastdup_nb, ipywidgets\nfd = fastdup_nb.Fastdup.run('photos', 'work', threshold=0.5)",
    "m = fd.map()\nm",
    TOLD.strip(),
)


def test_a_map_in_voila(browser: Browser, voila: Lab):
    write_pictures(voila.folder / "photos", 12)
    write_notebook(voila.folder / "first.ipynb", PLAIN)
    page = browser.new_page(viewport={"width": 1000, "height": 1000})
    page.goto(voila.address("first.ipynb"), timeout=SLOW)
    chart = plot_in(page.locator("body"))
    page.get_by_text("none", exact=True).wait_for(timeout=SLOW)
    drag(page, chart, *ALL_AROUND)
    page.get_by_text("told: 12").wait_for(timeout=SLOW)
