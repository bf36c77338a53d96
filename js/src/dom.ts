// Making elements. Texts only ever become text nodes: a file name cannot become markup.

export type Child = Node | string | number | null | undefined | false | Child[];
type Attributes = Record<string, string | number | boolean | null | undefined | EventListener>;

type Name = keyof HTMLElementTagNameMap;

/** Make an element, written `name` or `name.class.class`: attributes by name, listeners as `onclick` and so on; children in order. */
export function h<K extends Name>(what: K | `${K}.${string}`, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const [name, ...classes] = what.split(".");
  const element = document.createElement(name as K);
  if (element instanceof HTMLButtonElement) element.type = "button"; // a form's own says so
  if (classes.length > 0) element.className = classes.join(" ");
  assign(element, attributes);
  append(element, children);
  return element;
}

/** A button that only shows an icon; its title says what it does, and by which key. */
export function iconButton(title: string, key: string, drawing: Child, run: () => void): HTMLButtonElement {
  return h("button.iconbutton", { title: key ? `${title} (${key})` : title, "aria-label": title, onclick: run }, drawing);
}

type Events = HTMLElementEventMap & GlobalEventHandlersEventMap;

/** Listen. */
export function on<K extends keyof Events>(target: EventTarget, name: K, listener: (event: Events[K]) => void, options?: AddEventListenerOptions): void {
  target.addEventListener(name, listener as EventListener, options);
}

/** The element with the focus, in the tree that an element is in. */
export const focusedBeside = (element: Element): Element | null => (element.getRootNode() as ShadowRoot | Document).activeElement;

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG. */
export function s(name: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS(SVG, name);
  assign(element, attributes);
  append(element, children);
  return element;
}

export function assign(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child instanceof Node ? child : String(child));
  }
}

/** Change a text only where it differs, so that a live region stays quiet and a selection stays. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A user's own text (file name, label), kept from reordering what stands around it. */
export const own = (text: string, attributes: Attributes = {}): HTMLElement => h("bdi", attributes, text);

let unique = 0;
/** An id that no other widget on the page has. */
export const newId = (word: string): string => `fd-${word}-${++unique}`;
