// What the parts of the runtime, the bundles and the client say to one another.

/** The exports of a module, by name. */
export type Namespace = Readonly<Record<string, unknown>>;

/**
 * How a component calls hooks: the component, a key that changes when its calls
 * do, whether to reset its state at every change, and the custom hooks that it
 * calls.
 */
export type Signature = readonly [type: unknown, key: string, reset?: boolean, hooks?: () => unknown[]];

/** What a module tells about itself when it has been evaluated. */
export interface Parts {
  /** Components, by the names that they have within the module. */
  readonly components?: Namespace;
  readonly signatures?: readonly Signature[];
  /** The dynamic imports of the module, by specifier. */
  readonly lazy?: Readonly<Record<string, () => Promise<unknown>>>;
  /** What it imported that is no module: CSS modules, JSON, addresses of assets; by id. */
  readonly values?: Namespace;
}

/** Evaluates modules of a patch, by id, dependencies first. */
export type Table = Readonly<Record<string, () => unknown>>;

/** How a module of a patch takes an update: not itself, by `accept()`, as React components, by an importer's `accept("./dep")`. */
export type Boundary = "" | "self" | "refresh" | "dep";

export interface PatchModule {
  readonly id: string;
  /** Of the source text. */
  readonly version: string;
  readonly boundary: Boundary;
}

/** A module that accepts updates of one that it imports. */
export interface Acceptance {
  readonly by: string;
  readonly dep: string;
  /** What stands in accept("…"). */
  readonly specifier: string;
}

/** New versions of modules. */
export interface Patch {
  readonly seq: number;
  readonly url: string;
  readonly modules: readonly PatchModule[];
  readonly accepts: readonly Acceptance[];
  /** Whether the bundles that are served hold it. */
  readonly built: boolean;
}

/** The client, which the runtime tells how it goes. */
export interface Client {
  /** Of scripts, where a policy asks for one. */
  readonly nonce: string;
  /** Called before a patch is applied. */
  patching(patch: Patch): void;
  /** Called when the page shows all patches, the last of which is given. */
  patched(last: Patch): void;
  /** Called, once, when only a reload brings the page up to date. */
  doubt(reason: string): void;
}
