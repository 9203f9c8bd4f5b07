// The script that runs before all others of a page. Bundles find the runtime
// under a symbol; where it is missing, import.meta.hot is undefined.

import { startRefresh } from "./refresh.ts";
import { Runtime } from "./runtime.ts";

const name = Symbol.for("devtool.hot");

if (!(name in globalThis)) { // libraries that replace the content of a page run its scripts again
  startRefresh();
  Object.defineProperty(globalThis, name, { value: new Runtime() });
}
