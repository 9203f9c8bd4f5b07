// import.meta.hot, as Vite documents it.

import type { Namespace } from "./types.ts";

/** Calls a function with the new exports of those dependencies that have changed; undefined for the others. */
interface Acceptor {
  readonly specifiers: readonly string[];
  readonly list: boolean;
  readonly call: ((news: never) => void) | undefined;
}

/** What the contexts of all modules need of the runtime. */
export interface Host {
  readonly events: Events;
  invalidate(id: string, message: string | undefined): void;
}

export class Context {
  readonly #id: string;
  readonly #host: Host;
  readonly #self: ((news: Namespace) => void)[] = [];
  readonly #acceptors: Acceptor[] = [];
  readonly #disposers: ((data: object) => void)[] = [];
  readonly #heard: [string, Listener][] = [];

  /** What a module leaves to its next version. */
  readonly data: object;

  constructor(id: string, data: object, host: Host) {
    this.#id = id;
    this.data = data;
    this.#host = host;
  }

  accept(first?: unknown, call?: (news: never) => void): void {
    if (typeof first === "function") this.#self.push(first as (news: Namespace) => void);
    else if (typeof first === "string") this.#acceptors.push({ specifiers: [first], list: false, call });
    else if (Array.isArray(first)) this.#acceptors.push({ specifiers: first.map(String), list: true, call });
  }

  /** Of Vite, for modules whose importers need not be told of some exports. Here they always are. */
  acceptExports(_names: unknown, call?: (news: Namespace) => void): void {
    if (call) this.#self.push(call);
  }

  dispose(call: (data: object) => void): void {
    this.#disposers.push(call);
  }

  /** Vite calls it when nothing imports the module any more. Such a page is reloaded. */
  prune(_call: (data: object) => void): void {}

  /** Of Vite, where it has no effect either. */
  decline(): void {}

  invalidate(message?: string): void {
    this.#host.invalidate(this.#id, message);
  }

  on(event: string, call: Listener): void {
    this.#heard.push([event, call]);
    this.#host.events.on(event, call);
  }

  off(event: string, call: Listener): void {
    this.#host.events.off(event, call);
  }

  /** Vite sends it to the plugins of its server. There is none here. */
  send(_event: string, _data?: unknown): void {}

  /** The functions that are to be called with the next version of the module. */
  selfAcceptors(): readonly ((news: Namespace) => void)[] {
    return this.#self;
  }

  /** What is to be called with new exports of a dependency; undefined if the module does not accept it. */
  acceptors(specifier: string): ((news: Namespace) => void) | undefined {
    const all = this.#acceptors.filter(({ specifiers }) => specifiers.includes(specifier));
    if (all.length === 0) return undefined;
    return (news) => {
      for (const { specifiers, list, call } of all) {
        call?.((list ? specifiers.map((s) => (s === specifier ? news : undefined)) : news) as never);
      }
    };
  }

  /** Ends the context, as a new version of the module is about to be evaluated. */
  end(): void {
    for (const [event, call] of this.#heard) this.#host.events.off(event, call);
    for (const call of this.#disposers) call(this.data);
  }
}

type Listener = (payload: unknown) => void;

/** The events of Vite that have a meaning here: vite:beforeUpdate, vite:afterUpdate, vite:beforeFullReload, vite:invalidate. */
export class Events {
  readonly #listeners = new Map<string, Set<Listener>>();

  on(event: string, call: Listener): void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add(call));
  }

  off(event: string, call: Listener): void {
    this.#listeners.get(event)?.delete(call);
  }

  emit(event: string, payload: unknown): void {
    for (const call of [...(this.#listeners.get(event) ?? [])]) call(payload);
  }
}
