// Joins the parts: state in, actions on the document out.

import { Sheets } from "./css.ts";
import { covers, judge, learn, type Page } from "./judge.ts";
import { Overlay } from "./overlay.ts";
import { mayReload, pageKind, pageName, recall, remember, suspect, tabName, tick, type Tag } from "./page.ts";
import { restorePlace, savePlace, watchFields } from "./place.ts";
import { apply, type Hashes, type ServerMessage, type Settings, type Sheet, type State } from "./protocol.ts";
import { watchErrors, type RuntimeError } from "./runtime.ts";
import { Socket } from "./socket.ts";

/** When the hub told of the build that the tab is reloading for, in Unix milliseconds. */
const HEARD = "devtool:heard";

export class Client {
  readonly #tag: Tag;
  readonly #tab = tabName();
  readonly #socket: Socket;
  readonly #sheets = new Sheets();
  readonly #overlay = new Overlay((id) => this.#open(id));
  #full = false; // problems cover the page
  #page: Page;
  #state: State | undefined;
  #settings: Settings = { overlay: true, indicator: true, runtime: true, refresh: true };
  #first: Pick<State, "phase" | "target"> | undefined; // that a page of devtool's own heard of
  #leavingFor: string | undefined;
  readonly #early: RuntimeError[] = []; // thrown before the settings were known

  constructor(tag: Tag) {
    this.#tag = tag;
    this.#page = { server: tag.server, seq: tag.seq, app: undefined, js: undefined, css: {} };
    const url = new URL(`ws?token=${encodeURIComponent(tag.token)}`, tag.src);
    url.protocol = url.protocol.replace("http", "ws");
    this.#socket = new Socket({
      url: url.href,
      hello: () => ({ type: "hello", tab: this.#tab, page: pageName(), build: tag.build, url: location.href }),
      receive: (message) => this.#receive(message),
      lost: (times) => {
        if (times === 3 && this.#settings.indicator && isOutermost()) this.#overlay.lost();
      },
    });
    watchFields();
    watchErrors((error) => this.#report(error));
    restorePlace();
    addEventListener("DOMContentLoaded", tick);
    document.addEventListener("visibilitychange", () => this.#settle([], performance.now()));
    this.#ackReload();
  }

  #receive(message: ServerMessage): void {
    const heard = performance.now();
    if (message.type === "hello") this.#settings = message.settings;
    this.#state = apply(this.#state, message);
    this.#settle(message.type === "update" ? message.sheets : [], heard, message.seq);
    if (this.#state && isOutermost()) {
      this.#full = covers(this.#full, pageKind(), this.#state);
      this.#overlay.draw(this.#state, this.#settings, this.#full);
    }
    for (const error of this.#early.splice(0)) this.#report(error);
  }

  /** Does what the state asks of this document. */
  #settle(sheets: readonly Sheet[], heard: number, seq = this.#page.seq): void {
    const state = this.#state;
    if (!state) return;
    const kind = pageKind();
    if (kind) {
      this.#settleStatusPage(kind, state);
      return;
    }
    this.#page = learn(this.#page, state);
    const verdict = judge(this.#page, state);
    if (verdict.kind === "reload") {
      this.#reload(verdict.why, `${state.server} ${state.pageSeq}`);
      return;
    }
    if (this.#page.server !== state.server && state.build > 0) {
      this.#page = { ...this.#page, server: state.server, seq }; // the same content under a new run
    }
    if (verdict.kind === "swap") void this.#swap(verdict.urls, sheets, state, heard);
  }

  #settleStatusPage(kind: "building" | "failed", { server, phase, target }: State): void {
    this.#first ??= { phase, target };
    const over = phase === "ready" || (kind === "building" ? phase === "failed" || phase !== this.#first.phase : phase === "failed" && target > this.#first.target);
    if (over) this.#reload(phase, `${server} ${kind} ${phase} ${target}`);
  }

  async #swap(urls: readonly string[], sent: readonly Sheet[], { css, build }: State, heard: number): Promise<void> {
    const sheets = urls.map((url) => {
      const hash = css[url] ?? "";
      return sent.find((sheet) => sheet.url === url && sheet.hash === hash) ?? { url, hash, source: "" };
    });
    // Noted before the first await, so that the next frame does not ask again.
    const before = this.#page.css;
    this.#shown(Object.fromEntries(sheets.map(({ url, hash }) => [url, hash])));
    const failed = await this.#sheets.swap(sheets);
    for (const { url, hash } of sheets) {
      if (!failed.has(url)) continue;
      if (this.#page.css[url] === hash) this.#shown({ [url]: before[url] ?? "" }); // not shown after all
      console.warn(`devtool: ${url} could not be loaded; the page keeps the old styles`);
    }
    if (failed.size > 0) return;
    window.dispatchEvent(new CustomEvent("devtool:css", { detail: { build, urls } }));
    await painted();
    this.#ack(build, performance.now() - heard);
  }

  #shown(css: Hashes): void {
    this.#page = { ...this.#page, css: { ...this.#page.css, ...css } };
  }

  #reload(why: string, target: string): void {
    if (document.hidden || this.#leavingFor === target) return; // visibilitychange comes back here
    this.#leavingFor = target;
    const go = (): void => {
      savePlace();
      remember(HEARD, String(Date.now()));
      location.reload();
    };
    const { build = 0 } = this.#state ?? {};
    const event = new CustomEvent("devtool:beforereload", { cancelable: true, detail: { build, why } });
    if (!this.#settings.refresh || !window.dispatchEvent(event)) {
      this.#overlay.toast({ text: `Build ${build} is ready.`, action: { text: "Reload", run: go }, stays: true });
    } else if (mayReload(target)) {
      go();
    } else {
      const text = pageKind()
        ? "The app is running, but a reload led to this page again."
        : `Build ${build} is ready, but this page is still an older one after a reload: ${suspect()} may be answering (${why}).`;
      this.#overlay.toast({ text, action: { text: "Reload", run: go }, stays: true });
      console.warn(`devtool: ${text}`);
    }
  }

  /** Completes the measurement that began before the reload. */
  #ackReload(): void {
    const heard = Number(recall(HEARD));
    if (!heard) return;
    remember(HEARD, "");
    addEventListener("load", async () => {
      await painted();
      this.#ack(this.#tag.build, Date.now() - heard);
    });
  }

  #ack(build: number, ms: number): void {
    if (!document.hidden) this.#socket.send({ type: "ack", build, ms });
  }

  #report(error: RuntimeError): void {
    if (!this.#state) this.#early.push(error);
    if (!this.#state || !this.#settings.runtime) return;
    this.#socket.send({ type: "runtime", ...error });
    if (this.#settings.overlay) {
      const action = { text: "Details", run: () => this.#overlay.show(({ source }) => source === "runtime") };
      this.#overlay.toast({ text: `${error.name}: ${error.message}`, severity: "error", action });
    }
  }

  async #open(id: string): Promise<void> {
    const response = await fetch(new URL("open", this.#tag.src), {
      method: "POST",
      headers: { Authorization: `Bearer ${this.#tag.token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ id }),
    });
    if (!response.ok) throw new Error(await response.text());
    if (response.status !== 200) return;
    const { url } = (await response.json()) as { url: string };
    location.assign(url); // of the editor's own scheme, so the page stays
  }
}

/** Resolves when what was changed so far is on the screen. */
function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}

/** Whether no page around this one shows the same; an editor's preview pane around it does not. */
function isOutermost(): boolean {
  try {
    return window === window.top || !(Symbol.for("devtool") in window.top!);
  } catch {
    return true;
  }
}
