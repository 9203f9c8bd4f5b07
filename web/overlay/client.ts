// Joins the other modules: takes in what the hub says and changes the document.

import type { Client as HotClient, Patch } from "../hot/types.ts";
import { Sheets } from "./css.ts";
import { covers, judge, learn, outlived, type Loaded, type Progress } from "./judge.ts";
import { Overlay } from "./overlay.ts";
import { askAgain, mayReload, statusPage, pageName, recall, remember, suspect, tabName, tick, visit, type Tag } from "./page.ts";
import { Keeper } from "./place.ts";
import { apply, type Hashes, type ServerMessage, type Settings, type Sheet, type State } from "./protocol.ts";
import { watchErrors, type RuntimeError } from "./runtime.ts";
import { Socket } from "./socket.ts";

/** The runtime of hot updates, which runs in documents of programs that take some. */
interface Hot {
  attach(client: HotClient): void;
  /** Applies those patches that the document lacks. Resolves to whether it lacks none now. */
  follow(patches: readonly Patch[]): Promise<boolean>;
}

/** When the tab heard of the build that it reloads for, in Unix milliseconds. */
const HEARD = "devtool:heard";

export class Client {
  readonly #tag: Tag;
  readonly #tab = tabName();
  readonly #socket: Socket;
  readonly #sheets = new Sheets();
  readonly #keeper = new Keeper();
  readonly #overlay = new Overlay((id) => this.#open(id));
  #full = false; // the panel covers the page
  #loaded: Loaded;
  #state: State | undefined;
  #settings: Settings = { overlay: true, indicator: true, runtime: true, refresh: true };
  #first: Progress | undefined; // the first state that a status page heard of
  #goal: string | undefined; // of the newest reload
  readonly #hot = (globalThis as { readonly [name: symbol]: unknown })[Symbol.for("devtool.hot")] as Hot | undefined;
  #patch = 0; // the newest that the document holds
  #heard = 0; // when the newest message came
  #doubt: string | undefined; // why patches cannot bring the document up to date
  readonly #early: RuntimeError[] = []; // thrown before the settings were known

  constructor(tag: Tag) {
    this.#tag = tag;
    this.#loaded = { server: tag.server, seq: tag.seq, app: undefined, js: undefined, css: {} };
    const url = new URL(`ws?token=${encodeURIComponent(tag.token)}`, tag.src);
    url.protocol = url.protocol.replace("http", "ws");
    this.#socket = new Socket({
      url: url.href,
      hello: () => ({ type: "hello", tab: this.#tab, page: this.#page(), build: tag.build, url: location.href }),
      receive: (message) => this.#receive(message),
      lost: (times) => {
        if (times === 3 && this.#settings.indicator && isOutermost()) this.#overlay.lost();
      },
    });
    watchErrors((error) => this.#report(error));
    this.#hot?.attach({
      nonce: tag.nonce,
      patching: ({ seq }) => {
        this.#patch = seq;
        this.#socket.send({ type: "patched", page: this.#page() }); // its errors are of another page
        this.#overlay.toast(undefined);
      },
      patched: async () => {
        const { build = 0 } = this.#state ?? {};
        const heard = this.#heard;
        window.dispatchEvent(new CustomEvent("devtool:hot", { detail: { build } }));
        await painted();
        this.#ack(build, performance.now() - heard);
      },
      doubt: (reason) => {
        this.#doubt = reason;
        this.#socket.send({ type: "doubt", reason });
        this.#follow([], this.#heard);
      },
    });
    this.#keeper.restore();
    addEventListener("DOMContentLoaded", tick);
    document.addEventListener("visibilitychange", () => this.#follow([], performance.now()));
    this.#ackReload();
  }

  #receive(message: ServerMessage): void {
    const heard = (this.#heard = performance.now());
    if (message.type === "hello") this.#settings = message.settings;
    this.#state = apply(this.#state, message);
    this.#follow(message.type === "update" ? message.sheets : [], heard, message.seq);
    if (this.#state && isOutermost()) {
      this.#full = covers(this.#full, statusPage(), this.#state);
      this.#overlay.draw(this.#state, this.#settings, this.#full);
    }
    for (const error of this.#early.splice(0)) this.#report(error);
  }

  /** Does what the state requires of this document. */
  #follow(sheets: readonly Sheet[], heard: number, seq = this.#loaded.seq): void {
    const state = this.#state;
    if (!state) return;
    const kind = statusPage();
    if (kind) {
      this.#first ??= state;
      if (outlived(kind, this.#first, state)) this.#reload(state.phase, `${state.server} ${kind} ${state.phase} ${state.attempt}`);
      return;
    }
    this.#loaded = learn(this.#loaded, state);
    const verdict = judge(this.#loaded, state);
    if (verdict.kind === "reload") {
      this.#reload(verdict.why, `${state.server} ${state.pageSeq}`);
      return;
    }
    if (this.#loaded.server !== state.server && state.build > 0) {
      this.#loaded = { ...this.#loaded, server: state.server, seq }; // a new run serves the same content
    }
    if (verdict.kind === "swap") void this.#swap(verdict.urls, sheets, state, heard);
    void this.#takePatches(state, seq);
  }

  /** Brings the document's modules up to date. Message seq told of the patches. */
  async #takePatches({ server, patches, build }: State, seq: number): Promise<void> {
    if (patches.length > 0 && !this.#hot) this.#doubt ??= "the page has no runtime for hot updates";
    if (this.#doubt !== undefined) {
      // Until the scripts hold the patches, a reload would lead to the same doubt.
      if (patches.every(({ built }) => built)) this.#reload(this.#doubt, `${server} doubt ${build}`);
    } else if (!document.hidden && (await this.#hot?.follow(patches))) {
      this.#loaded = { ...this.#loaded, seq: Math.max(this.#loaded.seq, seq) }; // as new as a document that is made now
    }
  }

  #page(): string {
    return `${pageName()}.${this.#patch}`;
  }

  async #swap(urls: readonly string[], sent: readonly Sheet[], { css, build }: State, heard: number): Promise<void> {
    const sheets = urls.map((url) => {
      const hash = css[url] ?? "";
      return sent.find((sheet) => sheet.url === url && sheet.hash === hash) ?? { url, hash, source: "" };
    });
    // Before the first await, so that the next message does not start the same swap.
    const before = this.#loaded.css;
    this.#shown(Object.fromEntries(sheets.map(({ url, hash }) => [url, hash])));
    const failed = await this.#sheets.swap(sheets);
    for (const { url, hash } of sheets) {
      if (!failed.has(url)) continue;
      if (this.#loaded.css[url] === hash) this.#shown({ [url]: before[url] ?? "" });
      console.warn(`devtool: ${url} could not be loaded; the page keeps the old styles`);
    }
    if (failed.size > 0) return;
    window.dispatchEvent(new CustomEvent("devtool:css", { detail: { build, urls } }));
    await painted();
    this.#ack(build, performance.now() - heard);
  }

  #shown(css: Hashes): void {
    this.#loaded = { ...this.#loaded, css: { ...this.#loaded.css, ...css } };
  }

  /** Reloads the document, or offers to, once for each goal: the state that the new document should show. */
  #reload(why: string, goal: string): void {
    if (document.hidden || this.#goal === goal) return; // visibilitychange comes back here
    this.#goal = goal;
    const answersForm = this.#tag.method !== "GET";
    const go = async (): Promise<void> => {
      remember(HEARD, String(Date.now()));
      await askAgain({ ...this.#state?.css, ...this.#state?.js });
      this.#keeper.save();
      if (answersForm) visit();
      else location.reload();
    };
    const offer = (text: string, action = "Reload"): void =>
      this.#overlay.toast({ text, action: { text: action, run: go }, stays: true });
    const { build = 0 } = this.#state ?? {};
    const event = new CustomEvent("devtool:beforereload", { cancelable: true, detail: { build, why } });
    if (answersForm) {
      const text = statusPage() ? "The app has moved on." : `Build ${build} is ready.`;
      offer(`${text} The form that led to this page is not sent again.`, "Load page");
    } else if (!this.#settings.refresh || !window.dispatchEvent(event)) {
      offer(`Build ${build} is ready.`);
    } else if (mayReload(goal)) {
      void go();
    } else {
      const text = statusPage()
        ? "The app is running, but a reload led to this page again."
        : `Build ${build} is ready, but this page is still an older one after a reload: ${suspect()} may be answering (${why}).`;
      offer(text);
      console.warn(`devtool: ${text}`);
    }
  }

  /** Tells the hub how long the reload took that led to this document, if one did. */
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
    location.assign(url); // has the editor's own scheme, so the page stays
  }
}

/** Resolves when the changes so far are on the screen. */
function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}

/** Whether no page around this one is a client too. The preview pane of an editor is none. */
function isOutermost(): boolean {
  try {
    return window === window.top || !(Symbol.for("devtool") in window.top!);
  } catch {
    return true;
  }
}
