// What the parts of the runtime, the bundles and the client say to one another.

/** The exports of a module, by name. */
export type Namespace = Readonly<Record<string, unknown>>;

/**
 * How components and custom hooks call hooks, by their names in a module: a key
 * that changes when the calls do, and whether state is reset at every change.
 */
export type Signatures = Readonly<Record<string, string | readonly [key: string, reset: boolean]>>;

/** What a module tells about itself when it has been evaluated. */
export interface Parts {
  /** What may be a component, by the name that it has within the module. */
  readonly components?: Namespace;
  /** The dynamic imports of the module, by specifier. */
  readonly lazy?: Readonly<Record<string, () => Promise<unknown>>>;
}

/** Evaluates modules of a patch, each once, by id. */
export type Table = Readonly<Record<string, () => unknown>>;

/** The signatures of a version of a module. */
export type Signed = readonly [id: string, version: string, signatures: Signatures];

/** How a module takes an update: by its importers, by `accept()`, or as components of React. */
export type Boundary = "" | "self" | "react";

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
