// What a document must do to show what is served: the one decision of the client.

import type { Hashes, State } from "./protocol.ts";

/** What is known about the document this script runs in. */
export interface Page {
  /** The run of devtool, and its moment, in which the document was made. */
  readonly server: string;
  readonly seq: number;
  /** The outputs the document was made with, once a state has told. */
  readonly app: string | undefined;
  readonly js: Hashes | undefined;
  /** The hash of each sheet as it is shown. Unknown ones are missing. */
  readonly css: Hashes;
}

export type Verdict =
  | { readonly kind: "current" }
  | { readonly kind: "swap"; readonly urls: readonly string[] }
  | { readonly kind: "reload"; readonly why: string };

const reload = (why: string): Verdict => ({ kind: "reload", why });

export function judge(page: Page, state: State): Verdict {
  if (state.build === 0) return { kind: "current" }; // nothing to compare with yet
  if (page.server === state.server) {
    if (page.seq < state.pageSeq) return reload("the page is of an older build");
  } else {
    // devtool was restarted. Sequence numbers of two runs do not compare, but
    // content does: the socket's return alone is no reason to reload.
    if (page.app === undefined || page.js === undefined) return reload("the page is of an earlier run");
    if (page.app !== state.app) return reload("the app has changed");
    if (!sameHashes(page.js, state.js)) return reload("a script has changed");
  }
  const urls = Object.keys(state.css).filter((url) => page.css[url] !== state.css[url]);
  return urls.length > 0 ? { kind: "swap", urls } : { kind: "current" };
}

/**
 * Whether problems cover the page: where nothing stands behind it. A cover
 * stays while what mends it is being built.
 */
export function covers(was: boolean, kind: "building" | "failed" | undefined, { down, phase }: Pick<State, "down" | "phase">): boolean {
  return kind === "failed" || (down && (was || phase === "failed"));
}

/** What a page knows of itself after a state told it that it is current. */
export function learn(page: Page, state: State): Page {
  if (state.build === 0 || page.server !== state.server || page.seq < state.pageSeq) return page;
  const fresh = page.seq >= state.cssSeq; // its links have fetched these very sheets
  return { ...page, app: state.app, js: state.js, css: fresh ? { ...state.css, ...page.css } : page.css };
}

function sameHashes(a: Hashes, b: Hashes): boolean {
  const urls = Object.keys(a);
  return urls.length === Object.keys(b).length && urls.every((url) => a[url] === b[url]);
}
