// The registry of the modules that a page has loaded, and how patches replace them.

import { Context, Events, type Host } from "./context.ts";
import { next } from "./plan.ts";
import { entries, incompatible, registerComponents, renderComponents, type Entry } from "./refresh.ts";
import type { Client, Namespace, Parts, Patch, Table } from "./types.ts";

/** A module of the page, in its newest version. */
interface Module {
  readonly version: string;
  readonly context: Context;
  /** Undefined until the module has been evaluated. */
  exports: Namespace | undefined;
}

export class Runtime implements Host {
  readonly events = new Events();
  readonly #modules = new Map<string, Module>();
  /** Exports of packages, and of what is no module. */
  readonly #provided = new Map<string, unknown>();
  /** The dynamic imports of the bundles, by importer and specifier. */
  readonly #lazy = new Map<string, () => Promise<unknown>>();

  #client: Client | undefined;
  #told: readonly Patch[] = [];
  readonly #done = new Set<number>(); // of those told, the ones that were applied
  /** What evaluates modules of applied patches that the page had not loaded then. */
  readonly #late = new Map<string, { readonly patch: Patch; readonly evaluate: () => unknown }>();
  #table: Table = {}; // of the script that has just run
  #evaluating = false; // a patch
  #work: Promise<void> | undefined; // under way
  #doubted = false;

  // Called by bundles and patches.

  /** Says that a module is about to be evaluated. Returns its import.meta.hot. */
  module(id: string, version: string): Context & { readonly $: { register(exports: Namespace, parts: Parts): void } } {
    const old = this.#modules.get(id);
    old?.context.end();
    const context = new Context(id, old?.context.data ?? {}, this);
    this.#modules.set(id, { version, context, exports: undefined });
    return Object.assign(context, { $: { register: (exports: Namespace, parts: Parts) => this.#register(id, exports, parts) } });
  }

  #register(id: string, exports: Namespace, parts: Parts): void {
    const module = this.#modules.get(id);
    if (!module) return;
    module.exports = exports;
    registerComponents(id, exports, parts);
    for (const [value, ns] of Object.entries(parts.values ?? {})) this.#provided.set(value, ns);
    if (this.#evaluating) return; // its dynamic imports lead here
    for (const [specifier, load] of Object.entries(parts.lazy ?? {})) this.#lazy.set(`${id} ${specifier}`, load);
    if (this.#told.length > 0 || this.#late.has(id)) queueMicrotask(() => this.#catchUp());
  }

  /** Notes what a package exports. */
  provide(id: string, exports: unknown): void {
    this.#provided.set(id, exports);
  }

  /** Returns what a module or package that the page has loaded exports. */
  need(id: string): unknown {
    const found = this.#modules.get(id)?.exports ?? this.#provided.get(id);
    if (found === undefined) throw new Error(`the page has not loaded ${id}`);
    return found;
  }

  /** What a dynamic import in a patch resolves to. */
  async load(importer: string, specifier: string, id: string): Promise<unknown> {
    if (!this.#modules.get(id)?.exports) {
      const load = this.#lazy.get(`${importer} ${specifier}`);
      if (!load) {
        this.#doubt(`${id} is imported on demand in a new place`);
        return new Promise(() => undefined); // the page is about to be reloaded
      }
      const loaded = await load();
      if (!this.#modules.get(id)?.exports) return loaded;
      await this.#work;
    }
    return this.need(id);
  }

  /** Takes in the modules of the patch whose script runs. */
  patch(table: Table): void {
    this.#table = table;
  }

  // Called by the client.

  attach(client: Client): void {
    this.#client = client;
  }

  /** Brings the page up to date with all patches that there are, in order. */
  follow(patches: readonly Patch[]): void {
    this.#told = patches;
    for (const seq of this.#done) if (!patches.some((p) => p.seq === seq)) this.#done.delete(seq);
    this.#catchUp();
  }

  #catchUp(): void {
    if (this.#work || this.#doubted || !this.#client) return;
    this.#work = this.#applyAll(this.#client).finally(() => (this.#work = undefined));
  }

  async #applyAll(client: Client): Promise<void> {
    const loaded = (id: string): string | undefined => this.#modules.get(id)?.version;
    let last: Patch | undefined;
    while (!this.#doubted) {
      const patch = next(this.#told, loaded, this.#done);
      if (!patch) break;
      client.patching(patch);
      this.#table = {};
      if (!(await run(patch.url, client.nonce))) return this.#doubt("a patch could not be loaded");
      this.#done.add(patch.seq);
      this.#apply(patch, this.#table);
      last = patch;
    }
    this.#applyLate(client);
    if (last && !this.#doubted) client.patched(last);
  }

  /**
   * Replaces modules that came from an old bundle after a patch that holds them:
   * the old bundle has bound them to old versions of what they import.
   */
  #applyLate(client: Client): void {
    const due = new Map<Patch, Record<string, () => unknown>>();
    for (const [id, { patch, evaluate }] of this.#late) {
      if (!this.#modules.has(id)) continue;
      this.#late.delete(id);
      due.set(patch, { ...due.get(patch), [id]: evaluate });
    }
    for (const [patch, table] of due) {
      client.patching(patch);
      this.#apply({ ...patch, modules: patch.modules.filter(({ id }) => id in table) }, table);
      if (!this.#doubted) client.patched(patch);
    }
  }

  /** Evaluates the modules of a patch that the page has loaded, and shows them. */
  #apply(patch: Patch, table: Table): void {
    const path = patch.modules.map(({ id }) => id).join(", ");
    const update = { type: "update", updates: [{ type: "js-update", path, acceptedPath: path, timestamp: Date.now() }] };
    try {
      this.events.emit("vite:beforeUpdate", update);
      const show = this.#replace(patch, table);
      if (!show) return;
      show();
      this.events.emit("vite:afterUpdate", update);
    } catch (thrown) {
      this.#doubt(`${path} threw ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      return;
    }
    try {
      renderComponents();
    } catch (thrown) {
      reportError(thrown); // a component's; the next version of it may do
    }
  }

  /** Evaluates new versions. Returns what tells the acceptors of it; undefined after a doubt. */
  #replace(patch: Patch, table: Table): (() => void) | undefined {
    const before = new Map<string, { module: Module; exports: Entry[] }>();
    for (const { id } of patch.modules) {
      const module = this.#modules.get(id);
      if (!module) continue;
      if (!module.exports) return void this.#doubt(`${id} could not be evaluated before`);
      before.set(id, { module, exports: entries(module.exports) });
    }
    this.#evaluating = true;
    try {
      for (const { id } of patch.modules) {
        const evaluate = table[id];
        if (before.has(id)) evaluate?.();
        else if (evaluate) this.#late.set(id, { patch, evaluate });
      }
    } finally {
      this.#evaluating = false;
    }
    const calls: (() => void)[] = [];
    for (const { id, boundary } of patch.modules) {
      const old = before.get(id);
      const exports = this.#modules.get(id)?.exports;
      if (exports) this.#late.delete(id); // now it is loaded
      if (!old || !exports) continue;
      if (boundary === "refresh") {
        const why = incompatible(old.exports, entries(exports));
        if (why) return void this.#doubt(`${id}: ${why}`);
      }
      if (boundary === "self") calls.push(...old.module.context.selfAcceptors().map((call) => () => call(exports)));
    }
    for (const { by, dep, specifier } of patch.accepts) {
      const exports = this.#modules.get(dep)?.exports;
      const { context } = this.#modules.get(by) ?? {};
      if (!exports || !context || !before.has(dep) || before.has(by)) continue;
      const told = context.acceptors(specifier);
      if (!told) return void this.#doubt(`${by} does not accept ${specifier} any more`);
      calls.push(() => told(exports));
    }
    return () => calls.forEach((call) => call());
  }

  invalidate(id: string, message: string | undefined): void {
    this.events.emit("vite:invalidate", { path: id, message });
    this.#doubt(`${id}: ${message ?? "import.meta.hot.invalidate()"}`);
  }

  /** Has the page reloaded, as it may not show what a fresh one would. */
  #doubt(reason: string): void {
    if (this.#doubted) return;
    this.#doubted = true;
    this.events.emit("vite:beforeFullReload", { type: "full-reload" });
    this.#client?.doubt(reason);
  }
}

/** Runs a script of this origin. Resolves to whether it could be loaded. */
function run(url: string, nonce: string): Promise<boolean> {
  return new Promise((resolve) => {
    const script = document.createElement("script");
    const end = (ok: boolean) => () => {
      script.remove();
      resolve(ok);
    };
    script.onload = end(true);
    script.onerror = end(false);
    script.nonce = nonce;
    script.src = url;
    document.documentElement.append(script);
  });
}
