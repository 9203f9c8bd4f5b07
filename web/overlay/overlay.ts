// What the page shows of devtool: an indicator, a panel and a toast in one
// element. All of it is drawn from the state each time; nothing is cleared by an
// event.

import css from "./overlay.css";
import { h } from "./dom.ts";
import { count, isError, meanwhile } from "./format.ts";
import { Indicator } from "./indicator.ts";
import { recall, remember } from "./page.ts";
import { Panel } from "./panel.ts";
import type { Problem, Settings, State } from "./protocol.ts";
import { order } from "./schedule.ts";
import { Toaster, type Toast } from "./toast.ts";

/** The id of the crash whose toast the person has closed. */
const SEEN = "devtool:seen";

export class Overlay {
  readonly #host = document.createElement("devtool-overlay");
  readonly #indicator = new Indicator(() => this.#panel.open());
  readonly #panel: Panel;
  readonly #toaster = new Toaster();
  readonly #spoken = h("div", { class: "spoken", role: "status" });
  #crash = ""; // id of the crash that a toast reports

  /** Open shows a problem or frame in the editor; it rejects with what to tell the person. */
  constructor(open: (id: string) => Promise<void>) {
    this.#panel = new Panel({
      open: (id) => {
        open(id).catch((error: unknown) => this.toast({ text: error instanceof Error ? error.message : String(error) }));
      },
      toggled: (shown, full) => {
        this.#host.toggleAttribute("data-panel", shown);
        this.#host.toggleAttribute("data-full", full);
      },
    });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    const root = this.#host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(this.#indicator.line, this.#indicator.dot, this.#panel.element, this.#toaster.element, this.#spoken);
  }

  /** Full says that there is no app, so that the panel covers the page. */
  draw(state: State, settings: Settings, full: boolean): void {
    this.#attach();
    const busy = state.phase === "building" || state.phase === "starting";
    const problems = settings.overlay ? order(state.errors, full) : [];
    const spoken = count(problems);
    if (this.#spoken.textContent !== spoken) this.#spoken.textContent = spoken;
    this.#indicator.draw(problems, busy, settings.indicator);
    this.#panel.draw({ problems, busy, full, meanwhile: meanwhile(state, full) });
    this.#reportCrash(problems);
  }

  /** Opens the panel at the last problem of a kind, if there is one. */
  show(kind: (p: Problem) => boolean): void {
    this.#panel.open(kind);
  }

  /** Shows, after devtool has not answered for a while, that the page is on its own. */
  lost(): void {
    this.#attach();
    this.#indicator.lost();
  }

  toast(toast: Toast | undefined): void {
    this.#attach();
    this.#toaster.show(toast);
  }

  /** A crash that the app has come back from opens no panel, but a toast. */
  #reportCrash(problems: readonly Problem[]): void {
    const healed = (p: Problem): boolean => p.source === "crash" && !isError(p);
    const crash = problems.find(healed);
    const id = crash?.id ?? "";
    if (id === this.#crash) return;
    this.#crash = id;
    if (!crash) {
      this.toast(undefined);
      remember(SEEN, "");
    } else if (recall(SEEN) !== id) {
      this.toast({
        text: `The app crashed and was started again.\n${crash.message}`, severity: "error", stays: true,
        action: { text: "Details", run: () => this.show(healed) }, closed: () => remember(SEEN, id),
      });
    }
  }

  /** Frameworks replace the body, and some the whole document. */
  #attach(): void {
    const host = this.#host;
    if (!host.isConnected) document.documentElement.append(host);
    if (!("popover" in HTMLElement.prototype)) return; // before 2024
    host.popover = "manual";
    // In the top layer the newest is on top, and a dialog may be newer.
    if (host.matches(":popover-open") && document.querySelector("dialog:modal")) host.hidePopover();
    if (!host.matches(":popover-open")) host.showPopover();
  }
}
