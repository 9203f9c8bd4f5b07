// Compiles what projects write; it does nothing without a runtime.

/// <reference path="../import-meta-hot.d.ts" />

import assert from "node:assert/strict";
import { test } from "node:test";

test("import.meta.hot is undefined without the runtime", () => {
  const taken: unknown[] = [];
  if (import.meta.hot) {
    import.meta.hot.accept();
    import.meta.hot.accept((news) => taken.push(news?.value));
    import.meta.hot.accept("./dep", (dep) => taken.push(dep.value));
    import.meta.hot.accept(["./a", "./b"], ([a, b]) => taken.push(a, b));
    import.meta.hot.dispose((data) => { data.kept = import.meta.hot!.data.kept; });
    import.meta.hot.on("vite:beforeUpdate", (payload) => taken.push(payload));
    import.meta.hot.invalidate("why");
    // @ts-expect-error there is no such event
    import.meta.hot.on("vite:beforeUpdated", () => undefined);
  }
  assert.deepEqual(taken, []);
});
