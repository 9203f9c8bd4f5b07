// The injected script. It starts a client for the first tag of a document only:
// libraries that replace the content of a page run the tags in it again.

import { Client } from "./client.ts";
import { readTag } from "./page.ts";

const started = Symbol.for("devtool");

if (document.currentScript instanceof HTMLScriptElement && !(started in window)) {
  Object.defineProperty(window, started, { value: new Client(readTag(document.currentScript)) });
}
