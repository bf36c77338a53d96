(() => {
"use strict";
const root = document.documentElement;
root.classList.add("js");
const byId = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const list = byId("cards");
const { layout, prefix, ...numbers } = document.body.dataset;
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

// A name that is too long is cut in its folder, not at its end.
const splitName = (name) => {
  const text = name.textContent, base = text.split(/[\\/]/).pop(), keep = Math.min(base.length || text.length, 14);
  name.replaceChildren(...[text.slice(0, text.length - keep), text.slice(text.length - keep)].map((part) => {
    const span = document.createElement("span");
    span.textContent = part;
    return span;
  }));
};

// One record per row of the gallery: its images in order, each with a frame and a side (its words),
// and its buttons, of which each opens one slide. Text comes out of the page and goes back as text,
// never as markup.
const rows = [...list.children].map((card, place) => {
  const frames = all(".frame", card);
  const images = all(".side", card).map((side, index) => {
    const name = side.querySelector(".name");
    name.title = prefix + (name.title || name.textContent);
    if (!name.firstElementChild) splitName(name);
    return { side, frame: frames[index], path: name.title, labels: all(".labels li", side).map((item) => item.textContent) };
  });
  const row = {
    card, place, images,
    buttons: all(".stage", card),
    score: card.dataset.s === undefined ? NaN : Number(card.dataset.s),
    kind: card.classList[1] || "",
    text: card.textContent.toLowerCase() + images.map((image) => image.path).join("\n").toLowerCase(),
  };
  // What the lightbox shows at a time: both images of a pair, an image, an image beside its query.
  const shown = { pair: () => [images], image: () => [images], neighbours: () => images.slice(1).map((image) => [images[0], image]), group: () => images.map((image) => [image]) };
  row.slides = shown[layout]().map((pictures) => ({ row, pictures }));
  row.buttons.forEach((button, index) => {
    const slide = row.slides[Math.max(0, layout === "neighbours" ? index - 1 : index)];
    button.addEventListener("click", () => open(slide, button));
    button.type = "button";
    if (!button.hasAttribute("aria-label")) button.setAttribute("aria-label", `Open ${images[index].path.split(/[\\/]/).pop()}`);
  });
  return row;
});
let visible = rows;

// ---- theme
const theme = byId("theme");
const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const remember = (value) => { try { localStorage.setItem("fastdup_nb-theme", value); } catch { /* not allowed here */ } };
try { const kept = localStorage.getItem("fastdup_nb-theme"); if (kept === "dark" || kept === "light") root.dataset.theme = kept; } catch { /* not allowed here */ }
// Plots are drawn on a canvas, which no style sheet reaches.
const PLOT_COLOURS = { ink: ["text_color", "axis_label_text_color", "major_label_text_color", "label_text_color"], line: ["axis_line_color", "major_tick_line_color", "grid_line_color"], card: ["background_fill_color", "border_fill_color"] };
const colourPlots = () => {
  if (typeof Bokeh === "undefined" || !Bokeh.documents.length) return;
  const style = getComputedStyle(byId("plot-colours"));
  const values = { ink: style.color, line: style.borderTopColor, card: style.backgroundColor };
  for (const model of Bokeh.documents.flatMap((each) => each.roots()).flatMap((plot) => [...plot.references()]))
    for (const [kind, names] of Object.entries(PLOT_COLOURS))
      for (const name of names) if (name in model.properties) model[name] = values[kind];
};
const showTheme = () => { theme.setAttribute("aria-pressed", String(isDark())); colourPlots(); };
const switchTheme = () => { root.dataset.theme = isDark() ? "light" : "dark"; remember(root.dataset.theme); showTheme(); };
theme.addEventListener("click", switchTheme);
showTheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
// They are drawn some time after the page is there.
const awaitPlots = (tries) => { if (typeof Bokeh === "undefined") return; if (Bokeh.documents.length) colourPlots(); else if (tries) setTimeout(awaitPlots, 20, tries - 1); };
if (byId("plot-colours")) addEventListener("load", () => awaitPlots(500));

// ---- copy paths
let toastTimer;
const toast = (text) => {
  const box = byId("toast");
  box.textContent = text;
  box.classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => box.classList.remove("on"), 1800);
  (lightbox.open ? lightbox : document.body).append(box);
};
const copy = async (text, what) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    (lightbox.open ? lightbox : document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(what);
};
const COPY = "M7 7h9v10H7zM4 13V3h9";
for (const { side, path } of rows.flatMap((row) => row.images)) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.setAttribute("aria-label", `Copy the path of ${path.split(/[\\/]/).pop()}`);
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 20 20");
  icon.setAttribute("aria-hidden", "true");
  icon.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  icon.firstChild.setAttribute("d", COPY);
  button.append(icon);
  side.querySelector(".name").append(button);
  button.addEventListener("click", () => copy(path, "Path copied"));
}

// ---- filter and sort
const controls = byId("find") ? Object.fromEntries(["find", "low", "high", "kind", "label", "order"].map((id) => [id, byId(id)])) : null;
const [from, to, step, decimals] = ["from", "to", "step", "decimals"].map((name) => Number(numbers[name]));
const format = (value) => value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
// Rows without a value come last in either order.
const byScore = (sign) => (a, b) => isNaN(a.score) - isNaN(b.score) || sign * (a.score - b.score) || a.place - b.place;
const orders = {
  "": (a, b) => a.place - b.place,
  most: byScore(-1),
  least: byScore(1),
  name: (a, b) => a.images[0].path.localeCompare(b.images[0].path) || a.place - b.place,
};
const share = (one, other) => one.labels.some((label) => other.labels.includes(label));
const fitsLabel = ({ images: [first, ...others] }, wanted) => {
  if (!wanted) return true;
  if (wanted === "same") return others.every((other) => share(first, other));
  if (wanted === "diff") return first.labels.length > 0 && others.some((other) => other.labels.length && !share(first, other));
  return [first, ...others].some((image) => image.labels.includes(wanted.slice(1)));
};
const makeFitsRange = () => {
  if (!controls.low) return () => true;
  const low = Number(controls.low.value), high = Number(controls.high.value);
  // Ends of the range are rounded outwards, so that they leave nothing out.
  const open = low <= Number(controls.low.min) && high >= Number(controls.high.max);
  const bottom = low <= Number(controls.low.min) ? -Infinity : low * step - 1e-9 * Math.abs(low * step);
  const top = high >= Number(controls.high.max) ? Infinity : high * step + 1e-9 * Math.abs(high * step);
  byId("range").textContent = `${format(low * step)} – ${format(high * step)}`;
  return (row) => open || (row.score >= bottom && row.score <= top);
};
const apply = () => {
  const words = controls.find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fitsRange = makeFitsRange();
  const fits = (row) =>
    fitsRange(row) &&
    (!controls.kind?.value || row.kind === controls.kind.value) &&
    fitsLabel(row, controls.label?.value) &&
    words.every((word) => row.text.includes(word));
  visible = rows.filter(fits).sort(orders[controls.order.value]);
  const shown = new Set(visible);
  for (const row of rows) row.card.hidden = !shown.has(row);
  list.append(...visible.map((row) => row.card));
  byId("status").textContent = visible.length === rows.length ? `${rows.length} shown` : `${visible.length} of ${rows.length} shown`;
  byId("none").hidden = visible.length > 0;
};
const drawBins = () => {
  const counts = new Array(24).fill(0);
  for (const { score } of rows) if (!isNaN(score)) counts[Math.max(0, Math.min(23, Math.floor(((score - from) / (to - from)) * 24)))] += 1;
  const most = Math.max(...counts);
  counts.forEach((count, bin) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = (count / most) * 10;
    for (const [name, value] of Object.entries({ x: bin + 0.1, y: 10 - height, width: 0.8, height })) bar.setAttribute(name, value);
    byId("bins").append(bar);
  });
};
const reset = () => {
  controls.find.value = "";
  for (const name of ["kind", "label", "order"]) if (controls[name]) controls[name].value = "";
  if (controls.low) [controls.low.value, controls.high.value] = [controls.low.min, controls.high.max];
  apply();
};
if (controls) {
  if (controls.low) {
    for (const slider of [controls.low, controls.high]) Object.assign(slider, { min: Math.round(from / step), max: Math.round(to / step), step: 1 });
    controls.low.addEventListener("input", () => { controls.low.value = Math.min(controls.low.value, controls.high.value); });
    controls.high.addEventListener("input", () => { controls.high.value = Math.max(controls.low.value, controls.high.value); });
    drawBins();
  }
  for (const control of Object.values(controls)) control?.addEventListener("input", apply);
  byId("reset").addEventListener("click", () => { reset(); controls.find.focus(); });
  reset();
}

// ---- lightbox
const lightbox = byId("lightbox"), stage = byId("lb-stage"), panes = all(".pane", stage);
let current = null, opener = null, mode = "side", zoom = 1, move = [0, 0], mirrored = false, timer;
const fileUrl = (path) => {
  const parts = path.replaceAll("\\", "/").split("/");
  const start = /^[A-Za-z]:$/.test(parts[0]) ? `/${parts.shift()}/` : "";
  return `file://${start}${parts.map(encodeURIComponent).join("/")}`;
};
const fill = (pane, frame, path) => {
  const copies = [...frame.children].map((child) => child.cloneNode(true));
  pane.replaceChildren(...copies);
  const image = pane.querySelector("img");
  if (!image) return;
  image.draggable = false;
  image.loading = "eager";
  // Opened from disk, the page can show the original itself; a browser may not read its format.
  if (location.protocol !== "file:") return;
  const original = new Image();
  original.onload = () => { if (image.isConnected) image.src = original.src; };
  try { original.src = fileUrl(path); } catch { /* a name that is not text */ }
};
const place = () => {
  stage.style.setProperty("--z", zoom);
  stage.style.setProperty("--x", `${move[0]}px`);
  stage.style.setProperty("--y", `${move[1]}px`);
  panes[1]?.style.setProperty("--m", mirrored ? -1 : 1);
  byId("lb-zoom").textContent = `${Math.round(zoom * 100)} %`;
  byId("lb-mirror")?.setAttribute("aria-pressed", String(mirrored));
};
const zoomTo = (value) => {
  const next = Math.min(16, Math.max(1, value));
  move = next === 1 ? [0, 0] : move.map((part) => (part * next) / zoom);
  zoom = next;
  place();
};
const setMode = (next) => {
  mode = next;
  stage.dataset.mode = mode;
  stage.classList.remove("second");
  for (const button of all(".modes button")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  clearInterval(timer);
  if (mode === "blink" && !reduced.matches) timer = setInterval(swap, 700);
};
const swap = () => stage.classList.toggle("second");
const swapByHand = () => { clearInterval(timer); swap(); };
const slides = () => visible.flatMap((row) => row.slides);
const show = (slide) => {
  current = slide;
  const { row, pictures } = slide, order = slides();
  panes.forEach((pane, index) => fill(pane, pictures[index].frame, pictures[index].path));
  byId("lb-number").textContent = `${order.indexOf(slide) + 1} / ${order.length}`;
  const own = pictures.at(-1).side.querySelector(":scope > b");
  byId("lb-score").textContent = (own ? [own] : all(".head .what, .head b", row.card)).map((word) => word.textContent).join(" ");
  byId("lb-badges").replaceChildren(...all(".head em", row.card).map((badge) => badge.cloneNode(true)));
  byId("lb-boxes").hidden = !pictures.some((picture) => picture.frame.querySelector(".boxes"));
  byId("lb-sides").replaceChildren(...pictures.map(({ side, path }) => {
    const twin = side.cloneNode(true);
    twin.querySelector(".stage")?.remove();
    twin.querySelector(".copy").addEventListener("click", () => copy(path, "Path copied"));
    return twin;
  }));
  zoom = 1; move = [0, 0]; mirrored = false;
  place();
};
const open = (slide, button) => { opener = button; show(slide); setMode(mode); lightbox.showModal(); byId("lb-close").focus(); };
// Where to return to: what was opened, or the image that was gone to from there.
const stepBy = (by) => {
  const order = slides(), next = order[order.indexOf(current) + by];
  if (!next) return;
  show(next);
  const at = next.row.slides.indexOf(next);
  opener = next.row.buttons[layout === "neighbours" ? at + 1 : at];
};
const toggleBoxes = () => { const plain = stage.classList.toggle("plain"); byId("lb-boxes").setAttribute("aria-pressed", String(!plain)); };
const mirror = () => { mirrored = !mirrored; place(); };
lightbox.addEventListener("close", () => { clearInterval(timer); document.body.append(byId("toast")); opener?.focus(); });
for (const button of all(".modes button")) button.addEventListener("click", () => setMode(button.dataset.mode));
const clicks = { "lb-close": () => lightbox.close(), "lb-previous": () => stepBy(-1), "lb-next": () => stepBy(1), "lb-in": () => zoomTo(zoom * 1.5), "lb-out": () => zoomTo(zoom / 1.5), "lb-mirror": mirror, "lb-boxes": toggleBoxes };
for (const [id, action] of Object.entries(clicks)) byId(id)?.addEventListener("click", action);
stage.addEventListener("wheel", (event) => { event.preventDefault(); zoomTo(zoom * Math.exp(-event.deltaY / 400)); }, { passive: false });
stage.addEventListener("dblclick", () => zoomTo(zoom > 1 ? 1 : 2.5));
stage.addEventListener("pointerdown", (event) => { if (event.button === 0) { stage.setPointerCapture(event.pointerId); stage.classList.add("dragged"); } });
stage.addEventListener("pointermove", (event) => {
  if (!stage.classList.contains("dragged") || zoom === 1) return;
  move = [move[0] + event.movementX, move[1] + event.movementY];
  place();
});
for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => stage.classList.remove("dragged"));

// ---- keyboard
const help = byId("help");
byId("help-open").addEventListener("click", () => help.showModal());
const buttons = () => visible.flatMap((row) => row.buttons);
const go = (by) => {
  const known = buttons(), here = known.indexOf(document.activeElement);
  known[here < 0 ? 0 : Math.min(known.length - 1, Math.max(0, here + by))]?.focus();
};
// Up and down: the nearest button of the nearest line there.
const NEAR = 150;
const goLine = (sign) => {
  const known = buttons(), here = known.indexOf(document.activeElement);
  if (here < 0) return go(0);
  const middle = (box) => box.left + box.width / 2;
  const start = known[here].getBoundingClientRect();
  let best = null, least = Infinity;
  for (const button of known.slice(Math.max(0, here - NEAR), here + NEAR)) {
    const box = button.getBoundingClientRect(), gap = sign * (box.top - start.top);
    const cost = Math.round(gap) * 1e5 + Math.abs(middle(box) - middle(start));
    if (gap > 8 && cost < least) [best, least] = [button, cost];
  }
  best?.focus();
};
const copyAll = () => {
  const paths = lightbox.open ? current.pictures : visible.find((row) => row.card.contains(document.activeElement))?.images;
  if (paths) copy(paths.map(({ path }) => path).join("\n"), ["", "Path copied", "Both paths copied"][paths.length] ?? `${paths.length} paths copied`);
};
const pageKeys = {
  ArrowRight: () => go(1), ArrowLeft: () => go(-1), ArrowDown: () => goLine(1), ArrowUp: () => goLine(-1),
  Home: () => go(-Infinity), End: () => go(Infinity), "/": () => controls?.find.focus(), "?": () => help.showModal(), t: switchTheme, c: copyAll,
};
const lightboxKeys = {
  ArrowRight: () => stepBy(1), ArrowLeft: () => stepBy(-1), b: toggleBoxes, c: copyAll, "?": () => help.showModal(),
  "+": () => zoomTo(zoom * 1.5), "=": () => zoomTo(zoom * 1.5), "-": () => zoomTo(zoom / 1.5), 0: () => zoomTo(1),
  ...(panes.length > 1 && { 1: () => setMode("side"), 2: () => setMode("blink"), 3: () => setMode("difference"), " ": swapByHand, m: mirror }),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const field = event.target.closest("input, select, textarea");
  if (field) {
    if (event.key === "Escape" && field.type === "search") { field.value = ""; apply(); field.blur(); }
    return;
  }
  if (event.key === " " && lightbox.open && mode !== "blink") return;
  const action = (lightbox.open ? lightboxKeys : pageKeys)[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
})();
