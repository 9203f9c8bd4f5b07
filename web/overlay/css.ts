// Replaces style sheets. The page never shows a frame without styles, or one
// that mixes old and new styles.
//
// The element of the page that holds a sheet, its owner, stays: frameworks keep
// references to it, and its position decides its rank in the cascade. A
// stand-in next to it shows the new sheet while the owner, which does not apply
// meanwhile, fetches the same sheet; then the owner takes over again. Each
// change happens in one task, so no frame comes in between.

import { quietly } from "./page.ts";
import type { Sheet } from "./protocol.ts";

type Owner = HTMLLinkElement | HTMLStyleElement;

/** A sheet that takes longer to load, in milliseconds, has failed. */
const LOAD_WAIT = 5000;
/** How long to wait, in milliseconds, for fonts and images that no earlier sheet names. */
const WARM_WAIT = 200;
/** A media query that never matches: the sheet loads and does not apply. */
const NEVER = "not all";

/** The replacement of one owner's sheet. */
interface Swap {
  readonly media: string | null; // of the owner before the swap
  turn: number; // counts the sheets; an older one gives up when a newer one has come
  next: Owner | undefined; // the stand-in that is loading
  shown: Owner | undefined; // the stand-in that the page shows
  caughtUp: Promise<void>; // resolves when the owner is not loading
}

export class Sheets {
  readonly #swaps = new Map<Owner, Swap>();
  readonly #warmed = new Set<string>();

  /**
   * Shows sheets wherever the page uses them, all in one frame. It returns the
   * URLs of those that did not load; there the page keeps the old sheet.
   */
  async swap(sheets: readonly Sheet[]): Promise<ReadonlySet<string>> {
    const prepared: Promise<() => void>[] = [];
    const failed = new Set<string>();
    for (const sheet of sheets) {
      for (const owner of await this.#owners(new URL(sheet.url, location.href))) {
        // An owner that only imports the changed sheet has another text.
        const own = isLink(owner) && same(owner.href, new URL(sheet.url, location.href));
        const change = this.#prepare(owner, own ? sheet : { ...sheet, source: "" });
        prepared.push(change.catch(() => { failed.add(sheet.url); return () => undefined; }));
      }
    }
    for (const show of await Promise.all(prepared)) show();
    return failed;
  }

  /** The elements whose sheet is the one at url or imports it. */
  async #owners(url: URL): Promise<Owner[]> {
    const standIns = new Set<Element | undefined>();
    for (const { next, shown } of this.#swaps.values()) standIns.add(next).add(shown);
    const owners: Owner[] = [];
    const importers: Owner[] = [];
    for (const root of roots(document)) {
      for (const owner of root.querySelectorAll<Owner>("link[rel~=stylesheet i][href], style")) {
        if (standIns.has(owner)) continue;
        if (isLink(owner) && same(owner.href, url)) owners.push(owner);
        else if (owner.sheet && imports(owner.sheet, url)) importers.push(owner);
      }
    }
    // The new copy of the importing sheet must not take the old import from the cache.
    if (importers.length > 0) await fetch(url, { cache: "reload" }).catch(() => undefined);
    return [...owners, ...importers];
  }

  /** Loads a new sheet without applying it. Resolves to a function that shows it; rejects if it does not load. */
  async #prepare(owner: Owner, { hash, source }: Sheet): Promise<() => void> {
    if (owner.disabled || (isLink(owner) && owner.relList.contains("alternate"))) {
      return () => refresh(owner, owner, hash); // it does not apply, so nobody sees it
    }
    const swap = this.#swaps.get(owner) ?? { media: owner.getAttribute("media"), turn: 0, next: undefined, shown: undefined, caughtUp: Promise.resolve() };
    this.#swaps.set(owner, swap);
    const turn = ++swap.turn;
    const attempt = (source: string): Promise<boolean> => {
      swap.next?.remove();
      const next = (swap.next = standIn(owner, hash, source));
      return loaded(next, () => owner.after(next));
    };
    let ok = await attempt(source);
    // A Content-Security-Policy may forbid inline styles.
    if (!ok && source && turn === swap.turn) ok = await attempt("");
    const { next } = swap;
    if (turn !== swap.turn || !next) return () => undefined; // superseded
    if (!ok) {
      next.remove();
      swap.next = undefined;
      if (!swap.shown) this.#swaps.delete(owner);
      throw new Error(`${hash} did not load`);
    }
    await this.#warm(next, source);
    return () => {
      if (turn === swap.turn) this.#show(owner, swap, next, hash);
    };
  }

  /** Shows the stand-in until the owner has loaded the new sheet, too. */
  #show(owner: Owner, swap: Swap, next: Owner, hash: string): void {
    const { turn } = swap;
    setMedia(next, swap.media);
    swap.shown?.remove();
    swap.shown = next;
    swap.next = undefined;
    owner.media = NEVER;
    // One load at a time: the event of an earlier one looks like this one's.
    swap.caughtUp = swap.caughtUp.then(async () => {
      if (turn !== swap.turn) return;
      const ok = await loaded(owner, () => refresh(owner, owner, hash));
      if (turn !== swap.turn) return;
      // If the owner cannot load the sheet, the stand-in stays. If the page has
      // removed the owner, its rules must go.
      if (!ok && owner.isConnected) return;
      setMedia(owner, swap.media);
      next.remove();
      this.#swaps.delete(owner);
    });
  }

  /** Fetches the fonts and images of a sheet that no earlier sheet names. */
  async #warm(owner: Owner, source: string): Promise<void> {
    for (const entry of performance.getEntriesByType("resource")) this.#warmed.add(entry.name);
    const text = source || [...(owner.sheet?.cssRules ?? [])].map((rule) => rule.cssText).join("\n");
    const fetches: Promise<unknown>[] = [];
    for (const [, double, single, bare] of text.matchAll(/url\(\s*(?:"((?:[^"\\]|\\.)+)"|'((?:[^'\\]|\\.)+)'|([^"')\s]+))/g)) {
      const url = new URL(double ?? single ?? bare ?? "", owner.sheet?.href ?? document.baseURI);
      if (!/^https?:$/.test(url.protocol) || this.#warmed.has(url.href)) continue;
      this.#warmed.add(url.href);
      fetches.push(quietly(fetch(url)));
    }
    if (fetches.length === 0) return;
    await Promise.race([Promise.all(fetches), new Promise((resolve) => setTimeout(resolve, WARM_WAIT))]);
  }
}

const isLink = (owner: Owner): owner is HTMLLinkElement => owner instanceof HTMLLinkElement;

/** An element that will show the new sheet; it is not in the page yet. */
function standIn(owner: Owner, hash: string, source: string): Owner {
  let element: Owner;
  if (isLink(owner) && selfContained(source)) {
    element = document.createElement("style");
    element.textContent = source;
    element.nonce = owner.nonce ?? "";
  } else {
    element = owner.cloneNode(true) as Owner;
    element.removeAttribute("id");
    element.removeAttribute("onload");
    element.nonce = owner.nonce ?? ""; // hidden from cloneNode
    refresh(element, owner, hash);
  }
  element.media = NEVER;
  return element;
}

/** Makes element load the owner's sheet as it is now. */
function refresh(element: Owner, owner: Owner, hash: string): void {
  if (isLink(element) && isLink(owner)) {
    const url = new URL(owner.href);
    const query = url.search.replace(/[?&]devtool=[^&]*$/, ""); // the page's own, as it is
    url.search = `${query}${query ? "&" : "?"}devtool=${hash}`;
    element.removeAttribute("integrity"); // of the old content
    element.href = url.href;
  } else {
    element.textContent = owner.textContent; // parsed again, imports fetched again
  }
}

/** Whether the text of a sheet means the same inside the document, as it has no URL relative to the sheet. */
export function selfContained(source: string): boolean {
  return source !== "" && !/@import|url\((?!\s*["']?(?:data:|https?:|[/#]))/i.test(source);
}

function setMedia(owner: Owner, media: string | null): void {
  if (media === null) owner.removeAttribute("media");
  else owner.media = media;
}

/** Runs start, which makes element load, and resolves to whether it has loaded. */
function loaded(element: Owner, start: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), LOAD_WAIT);
    const settle = (ok: boolean) => {
      clearTimeout(timer);
      resolve(ok && element.sheet !== null);
    };
    element.addEventListener("load", () => settle(true), { once: true });
    element.addEventListener("error", () => settle(false), { once: true });
    start();
    // A style element without imports is complete once it is in the page.
    if (!isLink(element) && !/@import/i.test(element.textContent ?? "")) settle(true);
  });
}

/** The document and every open shadow root in it. */
function* roots(root: Document | ShadowRoot): Generator<Document | ShadowRoot> {
  yield root;
  for (const element of root.querySelectorAll("*")) {
    if (element.shadowRoot) yield* roots(element.shadowRoot);
  }
}

const same = (href: string, url: URL): boolean => {
  if (!URL.canParse(href)) return false;
  const other = new URL(href);
  return other.origin === url.origin && other.pathname === url.pathname;
};

function imports(sheet: CSSStyleSheet, url: URL): boolean {
  let rules: CSSRuleList;
  try {
    rules = sheet.cssRules;
  } catch {
    return false; // it is from another origin
  }
  for (const rule of rules) {
    if (rule instanceof CSSImportRule) {
      const href = rule.styleSheet?.href;
      if (href && (same(href, url) || imports(rule.styleSheet!, url))) return true;
    } else if (!(rule instanceof CSSLayerStatementRule)) {
      break; // imports come first
    }
  }
  return false;
}
