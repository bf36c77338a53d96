"""What users do with a plot in the browser, in a notebook or in a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SLOW = 120_000
# Where the inner frame of the plot lies on the page.
FRAME = """host => {
  const canvas = (host.shadowRoot ?? host).querySelector('.canvas');
  const view = [...Bokeh.index].find(view => canvas.contains(view.el));
  const { left, top, width, height } = view.frame.bbox;
  const at = view.el.getBoundingClientRect();
  return { left: at.left + left, top: at.top + top, width, height };
}"""


def plot_in(place: Locator) -> Locator:
    """Return the only plot in a place, when it is drawn."""
    plot = place.locator(".fastdup-plot, #fastdup_nb-plot")
    plot.locator(".plot[data-ready]").wait_for(timeout=SLOW)
    plot.scroll_into_view_if_needed()
    return plot


def drag(
    page: Page, plot: Locator, start: tuple[float, float], *stops: tuple[float, float]
) -> dict[str, float]:
    """Drag through places given as shares of the plot's frame, from the upper left.

    Returns where the frame lies.
    """
    box: dict[str, float] = plot.evaluate(FRAME)

    def place(share: tuple[float, float]) -> tuple[float, float]:
        return box["left"] + share[0] * box["width"], box["top"] + share[1] * box["height"]

    page.mouse.move(*place(start))
    page.mouse.down()
    for stop in stops:
        page.mouse.move(*place(stop), steps=8)
    page.mouse.up()
    return box
