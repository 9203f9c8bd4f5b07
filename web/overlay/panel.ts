// The panel that shows one problem at a time.

import { details, header } from "./card.ts";
import { copy, CROSS, h, icon, iconButton } from "./dom.ts";
import { asText } from "./format.ts";
import type { Problem } from "./protocol.ts";
import { opens, schedule, type Wish } from "./schedule.ts";

/** How long the panel waits, in milliseconds, for a newer save that fixes the problem. */
const WAIT = 300;

export interface Options {
  /** Opens a problem or frame in the editor. */
  readonly open: (id: string) => void;
  /** Called whenever the panel has opened, closed or changed its size. */
  readonly toggled: (shown: boolean, full: boolean) => void;
}

export interface View {
  /** In the order in which the panel shows them. */
  readonly problems: readonly Problem[];
  readonly busy: boolean;
  readonly full: boolean;
  /** What the app does meanwhile. */
  readonly meanwhile: string;
}

export class Panel {
  readonly element = h("section", {
    class: "panel", role: "alertdialog", tabindex: -1, hidden: true,
    "aria-labelledby": "title", "aria-describedby": "message",
  });
  readonly #options: Options;
  #view: View = { problems: [], busy: false, full: false, meanwhile: "" };
  #ids = ""; // of the problems for which the panel opens by itself
  #at: string | undefined; // id of the problem on show
  #wish: Wish = "none";
  #covers = false; // is open and covers the page
  #returnTo: Element | null = null; // had the focus before the panel opened
  #timer: number | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.element.addEventListener("keydown", (event) => this.#walk(event));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.element.hidden) this.#dismiss();
    }, true);
  }

  draw(view: View): void {
    this.#view = view;
    const { problems, full } = view;
    if (full && !this.#covers) this.#at = undefined; // the first one says why there is no page
    const ids = problems.filter(opens).map(({ id }) => id).sort().join();
    if (ids !== this.#ids) {
      this.#ids = ids;
      if (this.#wish === "closed") this.#wish = "none";
      if (this.element.hidden) this.#at = undefined;
    }
    const step = schedule({ ...view, shown: !this.element.hidden, wish: this.#wish });
    clearTimeout(this.#timer);
    if (step === "hide") this.#hide();
    if (step === "show") this.#show();
    if (step === "wait") this.#timer = setTimeout(() => this.#show(), WAIT);
  }

  /** Opens the panel because the person asks for it, at the last problem of a kind if there is one. */
  open(kind?: (p: Problem) => boolean): void {
    const { problems } = this.#view;
    if (problems.length === 0) return;
    if (kind) this.#at = problems.filter(kind).at(-1)?.id ?? this.#at;
    this.#wish = "open";
    this.#show();
    this.element.focus();
  }

  #dismiss(): void {
    this.#hide();
    this.#wish = "closed";
  }

  #hide(): void {
    clearTimeout(this.#timer);
    if (this.#wish === "open") this.#wish = "none";
    if (this.element.hidden) return;
    const inside = this.#focused();
    this.element.hidden = true;
    this.#toggled();
    if (inside && this.#returnTo instanceof HTMLElement) this.#returnTo.focus({ preventScroll: true });
  }

  #show(): void {
    clearTimeout(this.#timer);
    const { problems, full } = this.#view;
    const index = Math.max(0, problems.findIndex(({ id }) => id === this.#at));
    const shown = problems[index];
    if (!shown) return;
    this.#at = shown.id;
    if (this.element.hidden) this.#returnTo = document.activeElement;
    const focused = this.#focused()?.getAttribute("data-key");
    this.element.dataset["severity"] = shown.severity;
    this.element.replaceChildren(
      header(shown, this.#options.open, this.#tools(shown, index)),
      h("div", { class: "body", tabindex: 0, role: "group", "aria-label": "Problem" }, ...details(shown, this.#options.open)),
      this.#footer(),
    );
    this.element.hidden = false;
    this.#toggled();
    if (full && !focused) this.element.focus();
    if (focused) this.element.querySelector<HTMLElement>(`[data-key="${focused}"]`)?.focus();
  }

  #toggled(): void {
    const shown = !this.element.hidden;
    const covers = shown && this.#view.full;
    if (document.body && (covers || this.#covers)) document.body.inert = covers;
    this.#covers = covers;
    this.#options.toggled(shown, covers);
  }

  #focused(): Element | null {
    return (this.element.getRootNode() as ShadowRoot).activeElement;
  }

  #tools(p: Problem, index: number): HTMLElement[] {
    const { length } = this.#view.problems;
    const tools: HTMLElement[] = [];
    if (length > 1) {
      tools.push(
        iconButton("previous", "Previous problem", "M10 3L5 8l5 5", () => this.#step(-1)),
        h("span", { class: "of" }, `${index + 1} of ${length}`),
        iconButton("next", "Next problem", "M6 3l5 5-5 5", () => this.#step(1)),
      );
    }
    const copied = iconButton("copy", "Copy as text", "M6 6h7v7H6zM3 10V3h7", () => {
      void copy(asText(p)).then(() => copied.replaceChildren(icon("M3 8.5l3.5 3.5L13 5")));
    });
    return [...tools, copied, iconButton("hide", "Hide until something changes", CROSS, () => this.#dismiss())];
  }

  #footer(): HTMLElement {
    const footer = h("div", { class: "foot" }, h("span", { class: "keeps" }, this.#view.meanwhile));
    const hint = (keys: string, what: string): HTMLElement => h("span", { class: "hint" }, h("kbd", {}, keys), ` ${what}`);
    if (this.#view.problems.length > 1) footer.append(hint("← →", "previous, next"));
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
    const { problems } = this.#view;
    const index = problems.findIndex(({ id }) => id === this.#at);
    this.#at = problems.at((index + by) % problems.length)?.id;
    const inside = this.#focused() !== null;
    this.#show();
    if (inside && !this.#focused()) this.element.focus();
  }
}
