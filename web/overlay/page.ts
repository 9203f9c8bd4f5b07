// What the document and its tab know: the injected tag, names, the session storage.

import type { StatusPage } from "./judge.ts";
import type { Hashes } from "./protocol.ts";

/** What the injected tag says about the document. */
export interface Tag {
  readonly src: string;
  readonly build: number;
  readonly seq: number;
  readonly server: string;
  readonly token: string;
  /** Of scripts, where the document's policy asks for one. */
  readonly nonce: string;
  /** Of the request that the document answers. A reload of one that is not a GET's sends a form again. */
  readonly method: string;
}

export function readTag(script: HTMLScriptElement): Tag {
  const { build, seq, server, token, method } = script.dataset;
  return { src: script.src, build: Number(build), seq: Number(seq), server: server ?? "", token: token ?? "", nonce: script.nonce ?? "", method: method ?? "GET" };
}

/** The kind of status page that this is: a page of devtool, shown in place of the app's. */
export function statusPage(): StatusPage | undefined {
  const kind = document.querySelector<HTMLMetaElement>("meta[name=devtool-page]")?.content;
  return kind === "building" || kind === "failed" ? kind : undefined;
}

/** Counts the seconds that a status page shows. */
export function tick(): void {
  const element = document.querySelector<HTMLElement>(".phase > [data-since]");
  if (!element || !statusPage()) return;
  const since = Number(element.dataset["since"]);
  setInterval(() => {
    element.textContent = `${Math.max(0, Math.round((Date.now() - since) / 1000))} s`;
  }, 1000);
}

const TAB = "devtool:tab";

/**
 * A name for the tab that survives reloads. It is in the storage only between
 * two documents, because a tab that this one opens starts with a copy of the
 * storage.
 */
export function tabName(): string {
  const name = recall(TAB) || Math.random().toString(36).slice(2);
  const take = (): void => remember(TAB, "");
  take();
  addEventListener("pageshow", take); // from the back/forward cache
  addEventListener("pagehide", () => remember(TAB, name));
  return name;
}

/** A name for the document: the time at which it began, to the microsecond. */
export function pageName(): string {
  return String(performance.timeOrigin);
}

/**
 * Whether the tab may reload this URL to reach a goal. It may once for each
 * URL, and for five URLs, as an app may redirect every reload to a new one.
 */
export function mayReload(goal: string): boolean {
  const past = (recall("devtool:reloads") ?? "").split("\n");
  const urls = past[0] === goal ? past.slice(1) : [];
  if (urls.includes(location.href) || urls.length >= 5) return false;
  // A tab that cannot remember would reload forever.
  remember("devtool:reloads", [goal, ...urls, location.href].join("\n"));
  return recall("devtool:reloads") !== undefined;
}

/** Loads the page's address by GET, whatever the document answers. An address with a fragment would only scroll. */
export function visit(): void {
  location.replace(location.origin + location.pathname + location.search);
}

/** How long a reload waits for {@link askAgain}, in milliseconds. */
const ASK_WAIT = 2000;

/**
 * Asks again for what the document has from the browser's cache without asking,
 * which a reload would take from there again. devtool lets browsers keep nothing
 * so, but an earlier run of it, or the app by itself, may have. Bundles have
 * another address once they change.
 */
export async function askAgain(bundles: Hashes): Promise<void> {
  const copies = (performance.getEntriesByType("resource") as PerformanceResourceTiming[]).filter(
    ({ name, transferSize, decodedBodySize }) =>
      !transferSize && decodedBodySize && name.startsWith(`${location.origin}/`) && !(new URL(name).pathname in bundles),
  );
  await Promise.all(copies.map(({ name }) => quietly(fetch(name, { cache: "no-cache", signal: AbortSignal.timeout(ASK_WAIT) }))));
}

/** Resolves when an answer has come whole, or will not come. */
export const quietly = (answer: Promise<Response>): Promise<unknown> => answer.then((a) => a.blob()).catch(() => undefined);

/** What may be answering with an old document. */
export function suspect(): string {
  if (navigator.serviceWorker?.controller) return "a service worker";
  const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return entry?.transferSize === 0 ? "the browser's cache" : "a cache";
}

/** Reads the session storage, which may be forbidden, as in a sandboxed frame. */
export function recall(key: string): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // Forgetting is all right.
  }
}
