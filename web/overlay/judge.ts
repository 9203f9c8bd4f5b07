// Decides what a document must do to show what is served.

import type { Hashes, State } from "./protocol.ts";

/** What is known about the document in this tab. */
export interface Loaded {
  /** The run of devtool in which the document was made. */
  readonly server: string;
  /** The number of the run's newest message at that moment. */
  readonly seq: number;
  /** The app and the scripts that made the document; undefined until a state has told. */
  readonly app: string | undefined;
  readonly js: Hashes | undefined;
  /** The hash of each sheet as it is shown, where it is known. */
  readonly css: Hashes;
}

export type StatusPage = "building" | "failed";
export type Progress = Pick<State, "phase" | "attempt">;

export type Verdict =
  | { readonly kind: "current" }
  | { readonly kind: "swap"; readonly urls: readonly string[] }
  | { readonly kind: "reload"; readonly why: string };

const reload = (why: string): Verdict => ({ kind: "reload", why });

export function judge(loaded: Loaded, state: State): Verdict {
  if (state.build === 0) return { kind: "current" }; // nothing to compare with yet
  if (loaded.server === state.server) {
    if (loaded.seq < state.pageSeq) return reload("the page is of an older build");
  } else {
    // devtool was restarted. Sequence numbers of two runs do not compare, but
    // content does: the socket's return alone is no reason to reload.
    if (loaded.app === undefined || loaded.js === undefined) return reload("the page is of an earlier run");
    if (loaded.app !== state.app) return reload("the app has changed");
    if (!sameHashes(loaded.js, state.js)) return reload("a script has changed");
  }
  const urls = Object.keys(state.css).filter((url) => loaded.css[url] !== state.css[url]);
  return urls.length > 0 ? { kind: "swap", urls } : { kind: "current" };
}

/**
 * Whether the panel covers the page, as it does while there is no app behind
 * the page. Once it does, it also does so while the next build runs.
 */
export function covers(was: boolean, kind: StatusPage | undefined, { down, phase }: Pick<State, "down" | "phase">): boolean {
  return kind === "failed" || (down && (was || phase === "failed"));
}

/** Whether a status page is out of date, given the first state that it heard of. */
export function outlived(kind: StatusPage, first: Progress, { phase, attempt }: Progress): boolean {
  if (phase === "ready") return true;
  if (kind === "building") return phase === "failed" || phase !== first.phase;
  return phase === "failed" && attempt > first.attempt;
}

/** Adds what a state tells about a document that is as new as the state. */
export function learn(loaded: Loaded, state: State): Loaded {
  if (state.build === 0 || loaded.server !== state.server || loaded.seq < state.pageSeq) return loaded;
  const fresh = loaded.seq >= state.cssSeq; // its links have fetched these very sheets
  return { ...loaded, app: state.app, js: state.js, css: fresh ? { ...state.css, ...loaded.css } : loaded.css };
}

function sameHashes(a: Hashes, b: Hashes): boolean {
  const urls = Object.keys(a);
  return urls.length === Object.keys(b).length && urls.every((url) => a[url] === b[url]);
}
