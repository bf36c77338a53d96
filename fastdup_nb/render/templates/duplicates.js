(() => {
"use strict";
const root = document.documentElement;
root.classList.add("js");
const byId = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const list = byId("pairs");
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

// One record per pair. Text comes out of the page and goes back as text, never as markup.
const pairs = all(".pair").map((card, place) => {
  const sides = all(".side", card).map((side) => {
    const name = side.querySelector(".name");
    name.title = document.body.dataset.prefix + name.title;
    return { element: side, path: name.title, labels: all(".labels li", side).map((item) => item.textContent) };
  });
  return {
    card, place, sides,
    button: card.querySelector(".stage"),
    score: Number(card.dataset.s),
    kind: card.classList.contains("exact") ? "exact" : "near",
    labels: sides.map((side) => side.labels),
    text: card.querySelector(".sides").textContent.toLowerCase() + sides.map((side) => side.path).join("\n").toLowerCase(),
  };
});
let visible = pairs;

// ---- theme
const theme = byId("theme");
const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const remember = (value) => { try { localStorage.setItem("fastdup_nb-theme", value); } catch { /* not allowed here */ } };
try { const kept = localStorage.getItem("fastdup_nb-theme"); if (kept === "dark" || kept === "light") root.dataset.theme = kept; } catch { /* not allowed here */ }
const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
const switchTheme = () => { root.dataset.theme = isDark() ? "light" : "dark"; remember(root.dataset.theme); showTheme(); };
theme.addEventListener("click", switchTheme);
showTheme();

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
for (const pair of pairs) {
  for (const side of pair.sides) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.setAttribute("aria-label", `Copy the path of ${side.path.split(/[\\/]/).pop()}`);
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("viewBox", "0 0 20 20");
    icon.setAttribute("aria-hidden", "true");
    icon.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
    icon.firstChild.setAttribute("d", COPY);
    button.append(icon);
    side.element.querySelector(".name").append(button);
    button.addEventListener("click", () => copy(side.path, "Path copied"));
  }
}

// ---- filter and sort
const controls = pairs.length ? { find: byId("find"), low: byId("low"), high: byId("high"), kind: byId("kind"), label: byId("label"), order: byId("order") } : null;
const floor = Number(document.body.dataset.from);
const format = (value) => value.toFixed(2);
const orders = {
  "": (a, b) => a.place - b.place,
  most: (a, b) => b.score - a.score || a.place - b.place,
  least: (a, b) => a.score - b.score || a.place - b.place,
  name: (a, b) => a.sides[0].path.localeCompare(b.sides[0].path) || a.place - b.place,
};
const share = (labels) => labels[0].some((label) => labels[1].includes(label));
const fitsLabel = (pair, wanted) => {
  if (!wanted) return true;
  const known = pair.labels.every((labels) => labels.length);
  if (wanted === "same") return share(pair.labels);
  if (wanted === "diff") return known && !share(pair.labels);
  return pair.labels.some((labels) => labels.includes(wanted.slice(1)));
};
const apply = () => {
  const words = controls.find.value.toLowerCase().split(/\s+/).filter(Boolean);
  // Ends of the range are rounded outwards, so that they leave nothing out.
  const low = Number(controls.low.value) / 100, high = Number(controls.high.value) / 100;
  const top = high >= 1 ? Infinity : high, bottom = low <= floor ? -Infinity : low;
  const fits = (pair) =>
    pair.score >= bottom && pair.score <= top &&
    (!controls.kind.value || pair.kind === controls.kind.value) &&
    fitsLabel(pair, controls.label?.value) &&
    words.every((word) => pair.text.includes(word));
  visible = pairs.filter(fits).sort(orders[controls.order.value]);
  const shown = new Set(visible);
  for (const pair of pairs) pair.card.hidden = !shown.has(pair);
  list.append(...visible.map((pair) => pair.card));
  byId("range").textContent = `${format(low)} – ${format(high)}`;
  byId("status").textContent = visible.length === pairs.length ? `${pairs.length} shown` : `${visible.length} of ${pairs.length} shown`;
  byId("none").hidden = visible.length > 0;
};
const drawBins = () => {
  const counts = new Array(24).fill(0);
  for (const pair of pairs) counts[Math.max(0, Math.min(23, Math.floor(((pair.score - floor) / (1 - floor)) * 24)))] += 1;
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
  controls.low.value = controls.low.min;
  controls.high.value = controls.high.max;
  apply();
};
if (controls) {
  for (const slider of [controls.low, controls.high]) {
    slider.min = Math.round(floor * 100);
    slider.max = 100;
    slider.step = 1;
  }
  controls.low.addEventListener("input", () => { controls.low.value = Math.min(controls.low.value, controls.high.value); });
  controls.high.addEventListener("input", () => { controls.high.value = Math.max(controls.low.value, controls.high.value); });
  for (const control of Object.values(controls)) control?.addEventListener("input", apply);
  byId("reset").addEventListener("click", () => { reset(); controls.find.focus(); });
  drawBins();
  reset();
}

// ---- lightbox
const lightbox = byId("lightbox"), stage = byId("lb-stage"), panes = all(".pane", stage);
let current = null, mode = "side", zoom = 1, move = [0, 0], mirrored = false, timer;
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
  panes[1].style.setProperty("--m", mirrored ? -1 : 1);
  byId("lb-zoom").textContent = `${Math.round(zoom * 100)} %`;
  byId("lb-mirror").setAttribute("aria-pressed", String(mirrored));
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
const show = (pair) => {
  current = pair;
  const frames = all(".frame", pair.card);
  panes.forEach((pane, side) => fill(pane, frames[side], pair.sides[side].path));
  byId("lb-number").textContent = `${visible.indexOf(pair) + 1} / ${visible.length}`;
  byId("lb-score").textContent = pair.card.querySelector(".head b").textContent;
  byId("lb-kind").hidden = pair.kind !== "exact";
  byId("lb-boxes").hidden = !pair.card.querySelector(".boxes");
  byId("lb-sides").replaceChildren(...pair.sides.map((side) => {
    const twin = side.element.cloneNode(true);
    twin.querySelector(".copy").addEventListener("click", () => copy(side.path, "Path copied"));
    return twin;
  }));
  zoom = 1; move = [0, 0]; mirrored = false;
  place();
};
const open = (pair) => { show(pair); setMode(mode); lightbox.showModal(); byId("lb-close").focus(); };
const step = (by) => { const next = visible[visible.indexOf(current) + by]; if (next) show(next); };
const toggleBoxes = () => { const plain = stage.classList.toggle("plain"); byId("lb-boxes").setAttribute("aria-pressed", String(!plain)); };
const mirror = () => { mirrored = !mirrored; place(); };
lightbox.addEventListener("close", () => { clearInterval(timer); document.body.append(byId("toast")); current?.button.focus(); });
for (const pair of pairs) pair.button.addEventListener("click", () => open(pair));
for (const button of all(".modes button")) button.addEventListener("click", () => setMode(button.dataset.mode));
const clicks = { "lb-close": () => lightbox.close(), "lb-previous": () => step(-1), "lb-next": () => step(1), "lb-in": () => zoomTo(zoom * 1.5), "lb-out": () => zoomTo(zoom / 1.5), "lb-mirror": mirror, "lb-boxes": toggleBoxes };
for (const [id, action] of Object.entries(clicks)) byId(id).addEventListener("click", action);
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
const columns = () => {
  const tops = visible.map((pair) => pair.card.offsetTop);
  const next = tops.findIndex((top) => top !== tops[0]);
  return next < 1 ? visible.length : next;
};
const go = (by) => {
  const here = visible.findIndex((pair) => pair.card.contains(document.activeElement));
  const target = here < 0 ? 0 : Math.min(visible.length - 1, Math.max(0, here + by));
  visible[target]?.button.focus();
};
const copyBoth = () => {
  const pair = lightbox.open ? current : visible.find((item) => item.card.contains(document.activeElement));
  if (pair) copy(pair.sides.map((side) => side.path).join("\n"), "Both paths copied");
};
const pageKeys = {
  ArrowRight: () => go(1), ArrowLeft: () => go(-1), ArrowDown: () => go(columns()), ArrowUp: () => go(-columns()),
  Home: () => go(-Infinity), End: () => go(Infinity), "/": () => controls?.find.focus(), "?": () => help.showModal(), t: switchTheme, c: copyBoth,
};
const lightboxKeys = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1), 1: () => setMode("side"), 2: () => setMode("blink"), 3: () => setMode("difference"),
  " ": swapByHand, "+": () => zoomTo(zoom * 1.5), "=": () => zoomTo(zoom * 1.5), "-": () => zoomTo(zoom / 1.5), 0: () => zoomTo(1),
  m: mirror, b: toggleBoxes, c: copyBoth, "?": () => help.showModal(),
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
