// Decides which patches a page lacks. A patch says which versions of which
// modules it holds, so it does not matter when a page was loaded: one with newer
// bundles leaves a patch out, and one that slept gets all that it missed, in order.

import type { Patch } from "./types.ts";

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
  /** The place of the newest patch that holds a module as the page has it; -1 if the page has it older than all. */
  const reached = (id: string, version: string): number =>
    patches.findLastIndex(({ modules }) => modules.some((m) => m.id === id && m.version === version));
  return patches.find(({ seq, modules }, at) => !done.has(seq) && modules.some(({ id }) => {
    const version = loaded(id);
    return version !== undefined && reached(id, version) < at;
  }));
}
