// One short message in the corner of the page.

import { CROSS, h, icon } from "./dom.ts";

/** How long a toast stays, in milliseconds, unless it stays until it is closed. */
const LIFETIME = 10_000;

export interface Toast {
  readonly text: string;
  readonly severity?: "error" | "warning";
  readonly action?: { readonly text: string; readonly run: () => void };
  /** Stays until it is closed. */
  readonly stays?: boolean;
  /** Called when the toast is closed, by the person or by the clock. */
  readonly closed?: () => void;
}

export class Toaster {
  readonly element = h("div", { role: "status" });
  #timer: number | undefined;

  /** Replaces the toast on show; undefined only removes it. */
  show(toast: Toast | undefined): void {
    clearTimeout(this.#timer);
    this.element.replaceChildren();
    if (!toast) return;
    const close = (): void => {
      this.show(undefined);
      toast.closed?.();
    };
    const { action } = toast;
    const box = h("div", { class: "toast", "data-severity": toast.severity ?? "warning" }, h("p", {}, toast.text));
    if (action) {
      box.append(h("button", { class: "act", type: "button", click: () => { close(); action.run(); } }, action.text));
    }
    box.append(h("button", { class: "x", type: "button", "aria-label": "Close", click: close }, icon(CROSS)));
    this.element.append(box);
    if (!toast.stays) this.#timer = setTimeout(close, LIFETIME);
  }
}
