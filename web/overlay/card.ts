// One problem as elements.

import { h } from "./dom.ts";
import { isError, place, prefix, type Place } from "./format.ts";
import type { Problem } from "./protocol.ts";

/** A location. If it has a file, it is a button that opens the editor. */
function locationOf(at: Place & { readonly id: string }, open: (id: string) => void): HTMLElement {
  const text = place(at);
  if (!at.file) return h("span", { class: "place" }, text);
  return h("button", { class: "place", type: "button", title: "Open in editor", click: () => open(at.id) }, text);
}

export function header(p: Problem, open: (id: string) => void, tools: readonly Node[]): HTMLElement {
  const title = h("span", { class: "badge", id: "title" }, p.label);
  if (!isError(p)) title.append(" warning");
  return h("div", { class: "head" }, title, locationOf(p, open), h("div", { class: "tools" }, ...tools));
}

export function details(p: Problem, open: (id: string) => void): HTMLElement[] {
  const parts: HTMLElement[] = [h("p", { class: "message", id: "message" }, p.message)];
  if (p.excerpt) parts.push(excerpt(p));
  if (p.notes) parts.push(h("ul", { class: "notes" }, ...p.notes.map((note) => h("li", {}, note))));
  if (p.frames) {
    const rows = p.frames.map((frame) => h("li", {}, h("code", {}, frame.function), locationOf(frame, open)));
    parts.push(h("ol", { class: "frames" }, ...rows));
  }
  if (p.output) {
    const whose = `Output of the ${p.source === "generate" ? "generator" : "app"}`;
    parts.push(h("p", { class: "caption" }, whose));
    parts.push(h("pre", { class: "output", tabindex: 0, role: "group", "aria-label": whose }, p.output));
  }
  return parts;
}

function excerpt(p: Problem): HTMLElement {
  const rows: HTMLElement[] = [];
  for (const { number, text } of p.excerpt ?? []) {
    const at = number === p.line;
    rows.push(h("div", { class: "row", "data-at": at }, h("span", { class: "number" }, String(number)), h("code", {}, text || " ")));
    if (!at || !p.column) continue;
    // An invisible copy of the text before the column puts the mark under it,
    // whatever the width of tabs and wide characters.
    const caret = h("code", { class: "caret" }, h("span", {}, prefix(text, p.column)), "^");
    rows.push(h("div", { class: "row", "data-at": true, "aria-hidden": "true" }, h("span", { class: "number" }), caret));
  }
  return h("div", { class: "excerpt", tabindex: 0, role: "group", "aria-label": "Source" }, ...rows);
}
