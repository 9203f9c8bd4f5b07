// The injected script. Only the first tag of a document counts: libraries that
// replace a page's content run the tags in it again.

import { Client } from "./client.ts";
import { readTag } from "./page.ts";

const started = Symbol.for("devtool");

if (document.currentScript instanceof HTMLScriptElement && !(started in window)) {
  Object.defineProperty(window, started, { value: new Client(readTag(document.currentScript)) });
}
