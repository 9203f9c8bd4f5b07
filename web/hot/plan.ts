// Decides which patches a page lacks. A patch says which versions of which
// modules it holds; a page needs it if it has one of them in another version
// than the newest that it was told of. So a page whose bundles are newer than a
// patch leaves that out, and one that slept gets all that it missed, in order.

import type { Patch } from "./types.ts";

/** The version of each module that a page should have, by the newest patch that holds it. */
export function newest(patches: readonly Patch[]): ReadonlyMap<string, string> {
  return new Map(patches.flatMap(({ modules }) => modules.map(({ id, version }) => [id, version] as const)));
}

/**
 * The first patch to apply; undefined if the page lacks none. Loaded returns the
 * version in which the page has a module, and done holds the numbers of the
 * patches that were applied.
 */
export function next(
  patches: readonly Patch[],
  loaded: (id: string) => string | undefined,
  done: ReadonlySet<number>,
): Patch | undefined {
  const wanted = newest(patches);
  return patches.find(({ seq, modules }) => !done.has(seq) && modules.some(({ id }) => {
    const version = loaded(id);
    return version !== undefined && version !== wanted.get(id);
  }));
}
