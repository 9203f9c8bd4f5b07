// Keeps a person's place in the page over a reload: where they have scrolled,
// what has the focus and what they have typed. The place is in sessionStorage
// from just before the reload until the next document of the same URL takes it.

const KEY = "devtool:place";
/** How long a single-page app may take, in milliseconds, to render its content again. */
const RESTORE_WAIT = 2000;

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

interface Place {
  readonly url: string;
  readonly scroll: readonly (readonly [path: string, left: number, top: number])[];
  readonly fields: readonly (readonly [path: string, value: FieldValue])[];
  readonly focus: readonly [path: string, start: number | null, end: number | null] | undefined;
}

type FieldValue = string | boolean | readonly string[];

const PAGE = ":root";

/** Whether to keep the value of a field: not of a secret, nor of one that asks not to be kept. */
export function mayKeep(field: { readonly type: string; readonly autocomplete: string }, formAutocomplete: string): boolean {
  if (/^(password|file|hidden|submit|button|reset|image)$/.test(field.type)) return false;
  return !/^off$|password|^cc-|one-time-code/.test(field.autocomplete || formAutocomplete);
}

/** Keeps the person's place in this document for the next one. */
export class Keeper {
  /** Fields that the person, not the page, has changed. */
  readonly #touched = new WeakSet<EventTarget>();

  constructor() {
    const note = (event: Event): void => {
      if (event.isTrusted && event.target) this.#touched.add(event.target);
    };
    addEventListener("input", note, true);
    addEventListener("change", note, true);
  }

  save(): void {
    const scroll: [string, number, number][] = [[PAGE, scrollX, scrollY]];
    for (const element of document.body?.querySelectorAll("*") ?? []) {
      if (element.scrollTop || element.scrollLeft) scroll.push([pathOf(element), element.scrollLeft, element.scrollTop]);
    }
    const fields: [string, FieldValue][] = [];
    for (const field of document.querySelectorAll<Field>("input, textarea, select")) {
      if (this.#touched.has(field) && mayKeep(field, field.form?.autocomplete ?? "")) fields.push([pathOf(field), read(field)]);
    }
    const active = document.activeElement;
    const place: Place = {
      url: location.href,
      scroll,
      fields,
      focus: active && active !== document.body ? [pathOf(active), ...selection(active)] : undefined,
    };
    try {
      sessionStorage.setItem(KEY, JSON.stringify(place));
    } catch {
      // The storage is full or forbidden. The reload matters more than the place.
    }
  }

  /** Restores the place that the document before has saved, each part as soon as its element exists. */
  restore(): void {
    const place = take();
    if (!place || place.url !== location.href) return;
    let { fields, scroll, focus } = place;
    const deadline = performance.now() + RESTORE_WAIT;
    // Once the person does something, their place is where they are now.
    const hands = new AbortController();
    for (const type of ["wheel", "touchstart", "pointerdown", "keydown"]) {
      addEventListener(type, () => hands.abort(), { once: true, passive: true, capture: true, signal: hands.signal });
    }
    const step = (): void => {
      if (hands.signal.aborted) return;
      fields = fields.filter(([path, value]) => !this.#restoreField(find(path), value));
      scroll = scroll.filter(([path, left, top]) => !scrollTo(find(path), left, top));
      if (focus && refocus(find(focus[0]), focus[1], focus[2])) focus = undefined;
      if (fields.length + scroll.length === 0 && !focus) hands.abort();
      else if (performance.now() < deadline) requestAnimationFrame(step);
      else hands.abort();
    };
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", step, { once: true });
    else step();
  }

  /** Reports whether the field existed. */
  #restoreField(field: Element | null, value: FieldValue): boolean {
    if (!field || !write(field, value)) return false;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    this.#touched.add(field);
    return true;
  }
}

function take(): Place | undefined {
  try {
    const text = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return text ? (JSON.parse(text) as Place) : undefined;
  } catch {
    return undefined;
  }
}

/** A selector that finds the element in the next document if the two have the same structure. */
function pathOf(element: Element): string {
  const steps: string[] = [];
  for (let at: Element | null = element; at; at = at.parentElement) {
    const id = at.id && `#${CSS.escape(at.id)}`;
    if (id && document.querySelectorAll(id).length === 1) {
      steps.unshift(id);
      break;
    }
    if (at === document.documentElement) {
      steps.unshift(PAGE);
      break;
    }
    const tag = at.localName;
    const twins = [...(at.parentElement?.children ?? [])].filter((child) => child.localName === tag);
    steps.unshift(`${CSS.escape(tag)}:nth-of-type(${twins.indexOf(at) + 1})`);
  }
  return steps.join(">");
}

function find(path: string): Element | null {
  try {
    return document.querySelector(path);
  } catch {
    return null;
  }
}

function read(field: Field): FieldValue {
  if (field instanceof HTMLSelectElement) return [...field.selectedOptions].map((option) => option.value);
  return isToggle(field) ? field.checked : field.value;
}

const isToggle = (field: Field): field is HTMLInputElement => field.type === "checkbox" || field.type === "radio";

/** Reports whether the element is a field that can have the value. */
function write(field: Element, value: FieldValue): boolean {
  if (field instanceof HTMLSelectElement && typeof value === "object") {
    for (const option of field.options) option.selected = value.includes(option.value);
  } else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
    // React replaces the property of the element to tell its own changes from
    // the person's. Typing goes through the setter of the prototype.
    const property = isToggle(field) ? "checked" : "value";
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), property)?.set?.call(field, value);
  } else {
    return false;
  }
  return true;
}

/** Reports whether the element could be scrolled that far. */
function scrollTo(element: Element | null, left: number, top: number): boolean {
  element?.scrollTo({ left, top, behavior: "instant" });
  return element !== null && Math.abs(element.scrollTop - top) < 2 && Math.abs(element.scrollLeft - left) < 2;
}

function selection(element: Element): [number | null, number | null] {
  try {
    const { selectionStart, selectionEnd } = element as HTMLInputElement;
    return [selectionStart ?? null, selectionEnd ?? null];
  } catch {
    return [null, null];
  }
}

function refocus(element: Element | null, start: number | null, end: number | null): boolean {
  if (!(element instanceof HTMLElement)) return false;
  element.focus({ preventScroll: true });
  if (start !== null && "setSelectionRange" in element) {
    (element as HTMLInputElement).setSelectionRange(start, end);
  }
  return true;
}
