// What the page shows of devtool: a thin line while a build runs, a dot with
// the number of problems, a sheet with one problem at a time, and a toast. All
// of it is drawn anew from the state; nothing is cleared by an event.

import { details, locationOf } from "./card.ts";
import { copy, h, icon } from "./dom.ts";
import { asText, count, isError, label, meanwhile } from "./format.ts";
import { recall, remember } from "./page.ts";
import type { Diagnostic, Settings, State } from "./protocol.ts";
import css from "./overlay.css";

/** The sheet waits this long, in milliseconds, for a newer save that mends it. */
const SHEET_WAIT = 300;
/** A toast about a passing thing goes away by itself. */
const TOAST_WAIT = 10_000;

/** The crash whose toast the person has closed, by id. */
const SEEN = "devtool:seen";

const NAME = "devtool-overlay";
const CROSS = "M4 4l8 8M12 4l-8 8";

export interface Toast {
  readonly text: string;
  readonly severity?: "error" | "warning";
  readonly action?: { readonly text: string; readonly run: () => void };
  /** Stays until it is closed. */
  readonly stays?: boolean;
  /** Called when the person closes it. */
  readonly closed?: () => void;
}

/** Made by defineOverlay, as the class needs a browser to extend from. */
export interface Overlay extends HTMLElement {
  /** Opens a diagnostic or frame in the editor; rejects with what to tell the person. */
  open: (id: string) => Promise<void>;
  /** Whether there is no app, so that the sheet covers the page. */
  full: boolean;
  draw(state: State, settings: Settings): void;
  /** Opens the sheet at the last problem of a kind, if there is one. */
  show(kind: (d: Diagnostic) => boolean): void;
  lost(): void;
  toast(toast: Toast | undefined): void;
}

/** The sheet opens by itself for what broke a build, not for warnings and not for what a page threw. */
const breaks = (d: Diagnostic): boolean => isError(d) && d.source !== "runtime";

/** What took the app away, which whoever wants the page back has to mend. */
const ends = ({ source }: Diagnostic): boolean => source === "crash" || source === "app";

export function createOverlay(): Overlay {
  if (!customElements.get(NAME)) customElements.define(NAME, defineOverlay());
  return document.createElement(NAME) as Overlay;
}

function defineOverlay(): CustomElementConstructor {
  return class extends HTMLElement implements Overlay {
    open: (id: string) => Promise<void> = () => Promise.resolve();
    full = false;

    readonly #progress = h("div", { class: "progress", part: "progress", hidden: true });
    readonly #dot = h("button", { class: "dot", part: "dot", type: "button", hidden: true, click: () => this.#toggle() });
    readonly #sheet = h("section", {
      class: "sheet", part: "sheet", role: "alertdialog", tabindex: -1, hidden: true,
      "aria-labelledby": "title", "aria-describedby": "message",
    });
    readonly #toast = h("div", { role: "status", part: "toast" });
    readonly #spoken = h("div", { class: "spoken", role: "status" });

    #set: readonly Diagnostic[] = [];
    #rest = ""; // what is true of the app meanwhile
    #crash = ""; // id of the crash that a toast tells of
    #key = "";
    #at: string | undefined; // id of the diagnostic on show
    #hidden = false; // by the person, until the set changes
    #asked = false; // the person opened the sheet
    #returnTo: Element | null = null;
    #sheetTimer: number | undefined;
    #toastTimer: number | undefined;

    constructor() {
      super();
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      root.append(this.#progress, this.#dot, this.#sheet, this.#toast, this.#spoken);
      this.#sheet.addEventListener("keydown", (event) => this.#walk(event));
      addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !this.#sheet.hidden) this.#hide();
      }, true);
    }

    draw(state: State, settings: Settings): void {
      this.#attach();
      const busy = state.phase === "building" || state.phase === "starting";
      this.#progress.hidden = !busy || !settings.indicator;
      this.#rest = meanwhile(state, this.full);
      const weight = (d: Diagnostic): number => (isError(d) ? (this.full && ends(d) ? 2 : 1) : 0);
      this.#set = settings.overlay ? [...state.errors].sort((a, b) => weight(b) - weight(a)) : [];
      if (this.full && !this.hasAttribute("data-full")) this.#at = undefined; // first of all: why there is no page
      const key = this.#set.filter(breaks).map(({ id }) => id).sort().join();
      if (key !== this.#key) {
        this.#key = key;
        this.#hidden = false;
        if (this.#sheet.hidden) this.#at = undefined;
      }
      const spoken = count(this.#set);
      if (this.#spoken.textContent !== spoken) this.#spoken.textContent = spoken;
      this.#schedule(busy);
      this.#drawDot(settings);
      this.#tellCrash();
    }

    show(kind: (d: Diagnostic) => boolean): void {
      this.#at = this.#set.filter(kind).at(-1)?.id ?? this.#at;
      this.#toggle();
    }

    /** A crash that the app has come back from opens no sheet, but is told of. */
    #tellCrash(): void {
      const healed = (d: Diagnostic): boolean => d.source === "crash" && !isError(d);
      const crash = this.#set.find(healed);
      const id = crash?.id ?? "";
      if (id === this.#crash) return;
      this.#crash = id;
      if (!crash) {
        this.toast(undefined);
        remember(SEEN, "");
      } else if (recall(SEEN) !== id) {
        this.toast({
          text: `The app crashed and was started again.\n${crash.text}`, severity: "error", stays: true,
          action: { text: "Details", run: () => this.show(healed) }, closed: () => remember(SEEN, id),
        });
      }
    }

    /** Shows, after devtool has not answered for a while, that the page is on its own. */
    lost(): void {
      this.#attach();
      this.#progress.hidden = true;
      this.#dot.hidden = false;
      this.#dot.dataset["lost"] = "";
      this.#dot.textContent = "devtool is away";
    }

    toast(toast: Toast | undefined): void {
      this.#attach();
      clearTimeout(this.#toastTimer);
      this.#toast.replaceChildren();
      if (!toast) return;
      const close = (): void => {
        this.toast(undefined);
        toast.closed?.();
      };
      const { action } = toast;
      const box = h("div", { class: "toast", "data-severity": toast.severity ?? "warning" }, h("p", {}, toast.text));
      if (action) {
        box.append(h("button", { class: "act", type: "button", click: () => { close(); action.run(); } }, action.text));
      }
      const x = h("button", { class: "x", type: "button", "aria-label": "Close", click: close });
      x.append(icon(CROSS));
      box.append(x);
      this.#toast.append(box);
      if (!toast.stays) this.#toastTimer = setTimeout(close, TOAST_WAIT);
    }

    /** Frameworks replace the body, and some the whole document. */
    #attach(): void {
      if (!this.isConnected) document.documentElement.append(this);
      if (!("popover" in HTMLElement.prototype)) return; // before 2024
      this.popover = "manual";
      // In the top layer the newest is on top, and a dialog may be newer.
      if (this.matches(":popover-open") && document.querySelector("dialog:modal")) this.hidePopover();
      if (!this.matches(":popover-open")) this.showPopover();
    }

    #drawDot(settings: Settings): void {
      const errors = this.#set.filter(isError).length;
      delete this.#dot.dataset["lost"];
      this.#dot.hidden = this.#set.length === 0 || !settings.indicator || !this.#sheet.hidden;
      this.#dot.dataset["severity"] = errors > 0 ? "error" : "warning";
      this.#dot.textContent = count(this.#set);
      this.#dot.title = "Show what is wrong";
    }

    #schedule(busy: boolean): void {
      clearTimeout(this.#sheetTimer);
      const broken = this.#set.some(breaks);
      if (this.#set.length === 0 || (!broken && !this.#asked)) this.#conceal();
      else if (!this.#sheet.hidden || (this.full && broken && !this.#hidden)) this.#reveal();
      else if (broken && !busy && !this.#hidden) this.#sheetTimer = setTimeout(() => this.#reveal(), SHEET_WAIT);
    }

    #toggle(): void {
      if (this.#set.length === 0) return;
      this.#hidden = false;
      this.#asked = true;
      this.#reveal();
      this.#sheet.focus();
    }

    #hide(): void {
      this.#hidden = true;
      this.#conceal();
      this.#dot.hidden = this.#set.length === 0;
    }

    #conceal(): void {
      this.#asked = false;
      if (this.#sheet.hidden) return;
      const within = this.shadowRoot?.activeElement;
      this.#sheet.hidden = true;
      this.toggleAttribute("data-sheet", false);
      this.toggleAttribute("data-full", false);
      if (document.body) document.body.inert = false;
      if (within && this.#returnTo instanceof HTMLElement) this.#returnTo.focus({ preventScroll: true });
    }

    #reveal(): void {
      const index = Math.max(0, this.#set.findIndex(({ id }) => id === this.#at));
      const shown = this.#set[index];
      if (!shown) return;
      this.#at = shown.id;
      if (this.#sheet.hidden) this.#returnTo = document.activeElement;
      const focused = this.shadowRoot?.activeElement?.getAttribute("data-key");
      this.#sheet.dataset["severity"] = shown.severity;
      this.#sheet.replaceChildren(
        this.#header(shown, index),
        h("div", { class: "body", tabindex: 0, role: "group", "aria-label": "Problem" }, ...details(shown, (id) => this.#open(id))),
        this.#footer(),
      );
      this.#sheet.hidden = false;
      this.#dot.hidden = true;
      this.toggleAttribute("data-sheet", true);
      this.toggleAttribute("data-full", this.full);
      if (this.full) {
        if (document.body) document.body.inert = true;
        if (!focused) this.#sheet.focus();
      }
      if (focused) this.#sheet.querySelector<HTMLElement>(`[data-key="${focused}"]`)?.focus();
    }

    #header(d: Diagnostic, index: number): HTMLElement {
      const tool = (key: string, name: string, path: string, run: () => void): HTMLElement => {
        const button = h("button", { type: "button", title: name, "aria-label": name, "data-key": key, click: run });
        button.append(icon(path));
        return button;
      };
      const tools = h("div", { class: "tools" });
      if (this.#set.length > 1) {
        tools.append(
          tool("previous", "Previous problem", "M10 3L5 8l5 5", () => this.#step(-1)),
          h("span", { class: "of" }, `${index + 1} of ${this.#set.length}`),
          tool("next", "Next problem", "M6 3l5 5-5 5", () => this.#step(1)),
        );
      }
      const copied = tool("copy", "Copy as text", "M6 6h7v7H6zM3 10V3h7", () => {
        void copy(asText(d)).then(() => copied.replaceChildren(icon("M3 8.5l3.5 3.5L13 5")));
      });
      tools.append(copied, tool("hide", "Hide until something changes", CROSS, () => this.#hide()));
      const title = h("span", { class: "badge", part: "badge", id: "title" }, label(d));
      if (!isError(d)) title.append(" warning");
      return h("div", { class: "head", part: "head" }, title, locationOf(d, (id) => this.#open(id)), tools);
    }

    #footer(): HTMLElement {
      const footer = h("div", { class: "foot", part: "foot" }, h("span", { class: "keeps" }, this.#rest));
      const hint = (keys: string, what: string): HTMLElement => h("span", { class: "hint" }, h("kbd", {}, keys), ` ${what}`);
      if (this.#set.length > 1) footer.append(hint("← →", "previous, next"));
      footer.append(hint("Esc", "hide"));
      return footer;
    }

    #walk(event: KeyboardEvent): void {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowRight") this.#step(1);
      else if (event.key === "ArrowLeft") this.#step(-1);
      else return;
      event.preventDefault();
    }

    #step(by: number): void {
      const index = this.#set.findIndex(({ id }) => id === this.#at);
      this.#at = this.#set.at((index + by) % this.#set.length)?.id;
      const inside = this.shadowRoot?.activeElement !== null;
      this.#reveal();
      if (inside && !this.shadowRoot?.activeElement) this.#sheet.focus();
    }

    #open(id: string): void {
      this.open(id).catch((error: unknown) => {
        this.toast({ text: error instanceof Error ? error.message : String(error), severity: "warning" });
      });
    }
  };
}
