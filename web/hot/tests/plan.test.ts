import assert from "node:assert/strict";
import { test } from "node:test";
import { next } from "../plan.ts";
import type { Patch } from "../types.ts";

/** Patches from texts such as "a2 b1": versions of modules, which have names of one letter. */
const patches = (...texts: string[]): Patch[] => texts.map((text, i) => ({
  seq: i + 1, url: `/${i + 1}.js`, accepts: [], built: false,
  modules: text.split(" ").map((m) => ({ id: m[0]!, version: m.slice(1), boundary: "" })),
}));

const table: { name: string; told: string[]; page: string; applied: number[] }[] = [
  { name: "nothing told", told: [], page: "a1", applied: [] },
  { name: "an old module", told: ["a2"], page: "a1", applied: [1] },
  { name: "bundles that hold the patch", told: ["a2"], page: "a2", applied: [] },
  { name: "bundles that are newer than the first patch", told: ["a2", "b2"], page: "a2 b1", applied: [2] },
  { name: "a page without the module", told: ["a2"], page: "b1", applied: [] },
  { name: "asleep", told: ["a2", "b2 a2", "c2"], page: "a1 b1 c1", applied: [1, 2, 3] },
  { name: "bundles between two patches", told: ["a2", "a3", "a4"], page: "a3", applied: [3] },
  { name: "done and undone while it slept", told: ["a2", "a1", "a3"], page: "a1", applied: [3] },
  { name: "undone before the page woke", told: ["a1"], page: "a1", applied: [] },
  { name: "an importer of unchanged text", told: ["b2 a1"], page: "a1 b1", applied: [1] },
  { name: "the importer alone is not old", told: ["b2 a1"], page: "a1", applied: [] },
  { name: "a module that only the first patch brings", told: ["a2 n1", "a3"], page: "a1", applied: [1, 2] },
];

for (const { name, told, page, applied } of table) {
  test(`next: ${name}`, () => {
    const loaded = new Map(page.split(" ").map((m) => [m[0]!, m.slice(1)]));
    const all = patches(...told);
    const done = new Set<number>();
    for (let patch; (patch = next(all, (id) => loaded.get(id), done)); done.add(patch.seq)) {
      assert.ok(!done.has(patch.seq));
      for (const { id, version } of patch.modules) if (loaded.has(id) || id === "n") loaded.set(id, version);
    }
    assert.deepEqual([...done], applied);
  });
}
