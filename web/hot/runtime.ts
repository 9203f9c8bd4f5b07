// The registry of the modules that a page has loaded, and how patches replace them.

import { Context, Events, type Host } from "./context.ts";
import { next } from "./plan.ts";
import { entries, incompatible, registerComponents, renderComponents, sign, type Entry } from "./refresh.ts";
import type { Client, Namespace, Parts, Patch, Signed, Table } from "./types.ts";

/** A module of the page, in its newest version. */
interface Module {
  readonly version: string;
  readonly context: Context;
  /** Undefined until the module has been evaluated. */
  exports?: Namespace;
  /** The exports as a CommonJS module would have them. */
  common?: object;
  components?: Namespace;
}

/** The import.meta.hot of a module; $ is for devtool. */
type Hot = Context & { readonly $: { register(exports: Namespace, parts?: Parts): void } };

export class Runtime implements Host {
  readonly events = new Events();
  readonly #modules = new Map<string, Module>();
  readonly #packages = new Map<string, unknown>(); // what they export
  readonly #lazy = new Map<string, () => Promise<unknown>>(); // by importer and specifier

  #client: Client | undefined;
  #told: readonly Patch[] = [];
  #known: ReadonlySet<number> | undefined; // those that were told with the first state
  readonly #done = new Set<number>(); // of those told, the ones that were applied
  /** The applied patches that hold modules which the page has not loaded yet, by these. */
  readonly #late = new Map<string, { readonly patch: Patch; readonly table: Table }>();
  #table: Table | undefined; // of the script that has just run
  readonly #signed = new Map<string, Signed>(); // by module, for the version that the newest patch holds
  #evaluating = false; // a patch
  #work: Promise<void> | undefined; // under way
  readonly #addresses = trustedAddresses();
  #threw = false; // the page, while it was loaded, an error that nobody caught
  #doubted = false;

  constructor() {
    const threw = (): void => void (this.#threw ||= document.readyState !== "complete");
    addEventListener("error", threw);
    addEventListener("unhandledrejection", threw);
  }

  // Called by bundles and patches.

  /** Begins a version of a module. */
  module(id: string, version: string): Hot {
    const old = this.#modules.get(id);
    old?.context.end();
    const context = new Context(id, old?.context.data ?? {}, this);
    this.#modules.set(id, { version, context });
    return Object.assign(context, { $: { register: (exports: Namespace, parts?: Parts) => this.#register(id, exports, parts ?? {}) } });
  }

  #register(id: string, exports: Namespace, { components = {}, lazy = {} }: Parts): void {
    const module = this.#modules.get(id);
    if (!module) return;
    Object.assign(module, { exports, components });
    registerComponents(id, exports, components);
    const signed = this.#signed.get(id);
    if (signed) this.#sign(signed);
    if (this.#evaluating) return; // its dynamic imports lead to load
    for (const [specifier, load] of Object.entries(lazy)) this.#lazy.set(`${id} ${specifier}`, load);
    if (this.#told.length > 0 || this.#late.has(id)) queueMicrotask(() => this.#catchUp());
  }

  /** Notes what a package exports. */
  provide(id: string, exports: unknown): void {
    this.#packages.set(id, exports);
  }

  /** Returns what a module or a package that the page has loaded exports, as CommonJS. */
  need(id: string): unknown {
    const module = this.#modules.get(id);
    if (module?.exports) return (module.common ??= common(module.exports));
    if (!this.#packages.has(id)) throw new Error(`the page has not loaded ${id}`);
    return this.#packages.get(id);
  }

  /** What a dynamic import in a patch resolves to. */
  async load(importer: string, specifier: string, id: string): Promise<unknown> {
    if (!this.#has(id)) {
      const load = this.#lazy.get(`${importer} ${specifier}`);
      if (!load) {
        this.#doubt(`${importer} imports ${specifier} on demand`);
        return new Promise(() => undefined); // the page is about to be reloaded
      }
      const loaded = await load();
      if (!this.#has(id)) return loaded; // it is no module of devtool's
      await this.#work;
    }
    return this.#modules.get(id)?.exports;
  }

  /** Takes in the patch whose script runs. */
  patch(table: Table): void {
    this.#table = table;
  }

  /** Takes in the signatures of the modules of a patch, in the versions before it and in its own. */
  sign(before: readonly Signed[], after: readonly Signed[]): void {
    for (const signed of before) this.#sign(signed);
    for (const signed of after) this.#signed.set(signed[0], signed);
  }

  #sign([id, version, signatures]: Signed): void {
    const module = this.#modules.get(id);
    if (module?.version !== version) return;
    for (const [name, signature] of Object.entries(signatures)) {
      sign(module.components?.[name] ?? module.exports?.[name], signature);
    }
  }

  #has(id: string): boolean {
    return this.#modules.get(id)?.exports !== undefined;
  }

  // Called by the client.

  attach(client: Client): void {
    this.#client = client;
  }

  /** Brings the page up to date with all patches that there are, in order. Resolves to whether it is. */
  async follow(patches: readonly Patch[]): Promise<boolean> {
    this.#told = patches;
    const all = new Set(patches.map(({ seq }) => seq));
    for (const seq of this.#done) if (!all.has(seq)) this.#done.delete(seq);
    this.#known ??= all;
    if (this.#threw) this.#doubtUnfinished(this.#known);
    this.#catchUp();
    await this.#work;
    return !this.#doubted && this.#told === patches;
  }

  /** A page whose scripts ended with an error lacks modules that it would have, and would have rendered. */
  #doubtUnfinished(known: ReadonlySet<number>): void {
    for (const { seq, modules } of this.#told) {
      const missing = modules.find(({ id }) => !this.#modules.has(id));
      if (missing && !known.has(seq)) this.#doubt(`an error kept ${missing.id} from being loaded`);
    }
  }

  #catchUp(): void {
    if (this.#work || this.#doubted || !this.#client) return;
    const client = this.#client;
    this.#work = this.#applyAll(client).finally(() => (this.#work = undefined));
  }

  async #applyAll(client: Client): Promise<void> {
    const version = (id: string): string | undefined => this.#modules.get(id)?.version;
    let last: Patch | undefined;
    for (;;) {
      const late = [...this.#late].find(([id]) => this.#has(id))?.[1];
      const patch = late?.patch ?? next(this.#told, version, this.#done);
      if (!patch || this.#doubted) break;
      client.patching(patch);
      const table = late?.table ?? (await this.#fetch(patch, client.nonce));
      this.#done.add(patch.seq);
      if (!table) continue;
      this.#apply(patch, table);
      last = patch;
    }
    if (last && !this.#doubted) client.patched(last);
  }

  async #fetch(patch: Patch, nonce: string): Promise<Table | undefined> {
    this.#table = undefined;
    const ok = await run(this.#addresses?.createScriptURL(patch.url) ?? patch.url, nonce);
    if (!this.#told.some(({ seq }) => seq === patch.seq)) return undefined; // the page is about to be reloaded
    if (!ok || !this.#table) this.#doubt("a patch could not be loaded");
    return this.#doubted ? undefined : this.#table;
  }

  /** Evaluates the modules of a patch that the page has loaded, and shows them. */
  #apply(patch: Patch, table: Table): void {
    const path = patch.modules.map(({ id }) => id).join(", ");
    const update = { type: "update", updates: [{ type: "js-update", path, acceptedPath: path, timestamp: Date.now() }] };
    try {
      this.events.emit("vite:beforeUpdate", update);
      const calls = this.#replace(patch, table);
      for (const call of calls ?? []) call();
      if (!calls || this.#doubted) return;
    } catch (thrown) {
      this.#doubt(`${path} threw ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      return;
    }
    try {
      renderComponents();
    } catch (thrown) {
      reportError(thrown); // a component's; its next version is rendered again
    }
    this.events.emit("vite:afterUpdate", update);
  }

  /** Evaluates new versions. Returns what tells their acceptors; undefined after a doubt. */
  #replace(patch: Patch, table: Table): (() => void)[] | undefined {
    const before = new Map<string, { module: Module; exports: Entry[] }>();
    for (const { id } of patch.modules) {
      const module = this.#modules.get(id);
      if (module?.exports) before.set(id, { module, exports: entries(module.exports) });
      else if (module) return this.#doubt(`${id} was not evaluated to its end`);
    }
    this.#evaluating = true;
    try {
      for (const { id } of patch.modules) if (before.has(id)) table[id]?.();
    } finally {
      this.#evaluating = false;
    }
    const calls: (() => void)[] = [];
    for (const { id, boundary } of patch.modules) {
      const now = this.#modules.get(id);
      if (now?.exports) this.#late.delete(id);
      else this.#late.set(id, { patch, table });
      const old = before.get(id);
      if (!old || !now?.exports || old.module === now) continue; // new, or evaluated before
      const exports = now.exports;
      const why = boundary === "react" ? incompatible(old.exports, entries(exports)) : "";
      if (why) return this.#doubt(`${id}: ${why}`);
      if (boundary === "self") calls.push(...old.module.context.selfAcceptors().map((call) => () => call(exports)));
    }
    for (const { by, dep, specifier } of patch.accepts) {
      const { context } = this.#modules.get(by) ?? {};
      const exports = this.#modules.get(dep)?.exports;
      if (!context || !exports || !before.has(dep)) continue;
      const told = context.acceptors(specifier);
      if (!told) return this.#doubt(`${by} does not accept ${specifier}`);
      calls.push(() => told(exports));
    }
    return calls;
  }

  invalidate(id: string, message: string | undefined): void {
    this.events.emit("vite:invalidate", { path: id, message });
    this.#doubt(`${id}: ${message ?? "import.meta.hot.invalidate()"}`);
  }

  /** Has the page reloaded, as it may not show what a fresh one would. */
  #doubt(reason: string): undefined {
    if (this.#doubted) return;
    this.#doubted = true;
    this.events.emit("vite:beforeFullReload", { type: "full-reload" });
    this.#client?.doubt(reason);
  }
}

/** The exports of an ES module as those of a CommonJS module, which esbuild imports from as from the former. */
function common(exports: Namespace): object {
  const all: PropertyDescriptorMap = { __esModule: { value: true } };
  for (const name of Object.keys(exports)) {
    if (name !== "__esModule") all[name] = { enumerable: true, get: () => exports[name] };
  }
  return Object.defineProperties({}, all);
}

/** Makes addresses of scripts that pages take which require trusted types; undefined where there are none. */
function trustedAddresses(): { createScriptURL(url: string): unknown } | undefined {
  interface TrustedTypes {
    createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
  }
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };
  try {
    return trustedTypes?.createPolicy("devtool", { createScriptURL: (url) => url });
  } catch {
    return undefined; // the page does not allow it
  }
}

/** Runs a script of this origin. Resolves to whether it could be loaded. */
function run(url: unknown, nonce: string): Promise<boolean> {
  return new Promise((resolve) => {
    const script = document.createElement("script");
    const end = (ok: boolean) => () => {
      script.remove();
      resolve(ok);
    };
    script.onload = end(true);
    script.onerror = end(false);
    script.nonce = nonce;
    try {
      script.src = url as string;
      document.documentElement.append(script);
    } catch {
      resolve(false); // by a policy of the page
    }
  });
}
