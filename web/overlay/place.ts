// Keeps a person's place in the page over a reload: scroll, focus and what they
// have typed. It is written to sessionStorage just before we reload and taken
// out by the next document of the same URL.

const KEY = "devtool:place";
/** A single-page app may take this long, in milliseconds, to put its content back. */
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

/** Fields that the person, not the page, has changed. */
const touched = new WeakSet<EventTarget>();

export function watchFields(): void {
  const note = (event: Event): void => {
    if (event.isTrusted && event.target) touched.add(event.target);
  };
  addEventListener("input", note, true);
  addEventListener("change", note, true);
}

/** Whether a field's value may be written down: no secrets, nothing the page asked not to keep. */
export function mayKeep(field: { readonly type: string; readonly autocomplete: string }, formAutocomplete: string): boolean {
  if (/^(password|file|hidden|submit|button|reset|image)$/.test(field.type)) return false;
  return !/^off$|password|^cc-|one-time-code/.test(field.autocomplete || formAutocomplete);
}

export function savePlace(): void {
  const scroll: [string, number, number][] = [[PAGE, scrollX, scrollY]];
  for (const element of document.body?.querySelectorAll("*") ?? []) {
    if (element.scrollTop || element.scrollLeft) scroll.push([pathOf(element), element.scrollLeft, element.scrollTop]);
  }
  const fields: [string, FieldValue][] = [];
  for (const field of document.querySelectorAll<Field>("input, textarea, select")) {
    if (touched.has(field) && mayKeep(field, field.form?.autocomplete ?? "")) fields.push([pathOf(field), read(field)]);
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
    // Full or forbidden: the reload matters more than the place.
  }
}

/** Puts back what savePlace wrote, each part as soon as its element is there. */
export function restorePlace(): void {
  const place = take();
  if (!place || place.url !== location.href) return;
  let fields = place.fields;
  let scroll = place.scroll;
  let focus = place.focus;
  const deadline = performance.now() + RESTORE_WAIT;
  // The person's own hand ends it: their place is where they are now.
  const hands = new AbortController();
  for (const type of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(type, () => hands.abort(), { once: true, passive: true, capture: true, signal: hands.signal });
  }
  const step = (): void => {
    if (hands.signal.aborted) return;
    fields = fields.filter(([path, value]) => !write(find(path), value));
    scroll = scroll.filter(([path, left, top]) => !scrollTo(find(path), left, top));
    if (focus && refocus(find(focus[0]), focus[1], focus[2])) focus = undefined;
    if (fields.length + scroll.length === 0 && !focus) hands.abort();
    else if (performance.now() < deadline) requestAnimationFrame(step);
    else hands.abort();
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", step, { once: true });
  else step();
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

/** A selector that finds the element in the next document, if that is built alike. */
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

/** Tells whether there was a field to write to. */
function write(field: Element | null, value: FieldValue): boolean {
  if (field instanceof HTMLSelectElement && typeof value === "object") {
    for (const option of field.options) option.selected = value.includes(option.value);
  } else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
    // React replaces the property on the element to see whether a change is
    // its own; the prototype's setter is what typing goes through.
    const property = isToggle(field) ? "checked" : "value";
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), property)?.set?.call(field, value);
  } else {
    return false;
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  touched.add(field);
  return true;
}

/** Tells whether the element could be scrolled that far. */
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
