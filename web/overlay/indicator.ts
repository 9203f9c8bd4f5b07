// A thin line while a build runs, and a dot with the number of problems.

import { h } from "./dom.ts";
import { count, isError } from "./format.ts";
import type { Problem } from "./protocol.ts";

export class Indicator {
  readonly line = h("div", { class: "progress", hidden: true });
  readonly dot: HTMLElement;

  constructor(clicked: () => void) {
    this.dot = h("button", {
      class: "dot", type: "button", title: "Show what is wrong", hidden: true, click: clicked,
    });
  }

  /** The style sheet hides the dot while the panel is open, which says the same. */
  draw(problems: readonly Problem[], busy: boolean, enabled: boolean): void {
    this.line.hidden = !busy || !enabled;
    this.dot.hidden = problems.length === 0 || !enabled;
    this.dot.removeAttribute("data-lost");
    this.dot.dataset["severity"] = problems.some(isError) ? "error" : "warning";
    this.dot.textContent = count(problems);
  }

  /** Shows, until the next state, that devtool does not answer. */
  lost(): void {
    this.line.hidden = true;
    this.dot.hidden = false;
    this.dot.dataset["lost"] = "";
    this.dot.textContent = "devtool is away";
  }
}
