// BokehJS: taken from the page where it is there, else brought by the host, once per page. The few parts of it that are used.

export interface Signal<T> {
  connect(slot: (value: T) => void): void;
}

export interface Model {
  id: string;
  name: string | null;
  properties: Record<string, unknown>;
  change: Signal<void>;
  setv(values: Record<string, unknown>): void;
  [property: string]: unknown;
}

export interface Selection extends Model {
  indices: number[];
}

export interface Source extends Model {
  data: Record<string, ArrayLike<number> | string[]>;
  selected: Selection;
  inspected: Selection;
  inspect: Signal<[Model, unknown]>;
}

export interface Span extends Model {
  start: number;
  end: number;
}

export interface Plot extends Model {
  references(): Iterable<Model>;
}

interface Item {
  doc: unknown;
  root_id: string;
  target_id: string | null;
  version: string;
}

export interface View {
  model: Plot;
  remove(): void;
  invalidate_layout?(): void;
}

export interface Bokeh {
  version: string;
  embed: { embed_item(item: Item, element: HTMLElement): Promise<{ roots: View[] }> };
}

type Versions = Bokeh & Record<string, Bokeh | undefined>;

const COMING = Symbol.for("fastdup_nb.bokeh");

const find = (version: string): Bokeh | undefined => {
  const known = (globalThis as { Bokeh?: Versions }).Bokeh;
  return known?.version === version ? known : known?.[version];
};

/** Return BokehJS of a version; `bring` gives its text when the page has none. */
export function loadBokeh(version: string, bring: () => Promise<string>): Promise<Bokeh> {
  const known = find(version);
  if (known) return Promise.resolve(known);
  const page = globalThis as unknown as Record<symbol, Map<string, Promise<Bokeh>>>;
  const coming = (page[COMING] ??= new Map());
  const begun = coming.get(version);
  if (begun) return begun;
  const loading = bring().then((text) => {
    const script = document.createElement("script");
    script.textContent = text;
    document.head.append(script);
    script.remove();
    const loaded = find(version);
    if (!loaded) throw new Error("BokehJS cannot run here.");
    return loaded;
  });
  coming.set(version, loading);
  // The next plot may be luckier: the kernel of this one may have gone.
  loading.catch(() => coming.delete(version));
  return loading;
}

export function named<T extends Model>(plot: Plot, name: string): T | null {
  for (const model of plot.references()) if (model.name === name) return model as T;
  return null;
}
