// Replaces style sheets without a frame in which the page has no styles, or
// old and new ones mixed.
//
// The element that the page put there (its owner) stays: frameworks hold on to
// it, and its place is its rank in the cascade. A stand-in beside it shows the
// new sheet while the owner fetches the same, unseen; then they change places
// again. Every change of places is one task, so no frame falls between.

import type { Sheet } from "./protocol.ts";

type Owner = HTMLLinkElement | HTMLStyleElement;

/** A sheet that has not come after this long, in milliseconds, has failed. */
const LOAD_WAIT = 5000;
/** Fonts and images that a new sheet is the first to name are waited for this long. */
const WARM_WAIT = 200;
/** A media query that never matches: the sheet loads and does not apply. */
const NEVER = "not all";

/** One owner's way from its old sheet to the newest. */
interface Swap {
  readonly media: string | null; // what the owner had, to be given back
  turn: number; // of the newest sheet; older ones give up when they see it
  next: Owner | undefined; // loading
  shown: Owner | undefined; // standing in
  caughtUp: Promise<void>; // the owner is not loading
}

export class Sheets {
  readonly #swaps = new Map<Owner, Swap>();
  readonly #warmed = new Set<string>();

  /**
   * Shows sheets wherever the page uses them, all in one frame. Where a new
   * one does not come, the old one stays; their URLs are returned.
   */
  async swap(sheets: readonly Sheet[]): Promise<ReadonlySet<string>> {
    const prepared: Promise<() => void>[] = [];
    const failed = new Set<string>();
    for (const sheet of sheets) {
      for (const owner of await this.#owners(new URL(sheet.url, location.href))) {
        // A sheet that only imports the changed one has not that one's text.
        const own = isLink(owner) && same(owner.href, new URL(sheet.url, location.href));
        const change = this.#prepare(owner, own ? sheet : { ...sheet, source: "" });
        prepared.push(change.catch(() => { failed.add(sheet.url); return () => undefined; }));
      }
    }
    for (const show of await Promise.all(prepared)) show();
    return failed;
  }

  /** The elements whose sheet is, or imports, the one at url. */
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
    // The new copy of the importing sheet must not find the old import cached.
    if (importers.length > 0) await fetch(url, { cache: "reload" }).catch(() => undefined);
    return [...owners, ...importers];
  }

  /** Loads a new sheet unseen; resolves to what shows it, rejects if it does not come. */
  async #prepare(owner: Owner, { hash, source }: Sheet): Promise<() => void> {
    if (owner.disabled || (isLink(owner) && owner.relList.contains("alternate"))) {
      return () => refresh(owner, owner, hash); // not applied: nothing to see
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
    // Inline styles may be forbidden by a policy.
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

  /** Puts the stand-in in the owner's place until the owner has caught up. */
  #show(owner: Owner, swap: Swap, next: Owner, hash: string): void {
    const { turn } = swap;
    setMedia(next, swap.media);
    swap.shown?.remove();
    swap.shown = next;
    swap.next = undefined;
    owner.media = NEVER;
    // One load at a time: the event of an earlier one would be taken for this one's.
    swap.caughtUp = swap.caughtUp.then(async () => {
      if (turn !== swap.turn) return;
      const ok = await loaded(owner, () => refresh(owner, owner, hash));
      if (turn !== swap.turn) return;
      // An owner that cannot fetch leaves the stand-in where it is, unless
      // the page has taken the owner away: then no rule of it may remain.
      if (!ok && owner.isConnected) return;
      setMedia(owner, swap.media);
      next.remove();
      this.#swaps.delete(owner);
    });
  }

  /** Fetches the fonts and images that a sheet is the first to name. */
  async #warm(owner: Owner, source: string): Promise<void> {
    for (const entry of performance.getEntriesByType("resource")) this.#warmed.add(entry.name);
    const text = source || [...(owner.sheet?.cssRules ?? [])].map((rule) => rule.cssText).join("\n");
    const fetches: Promise<unknown>[] = [];
    for (const [, quoted, bare] of text.matchAll(/url\(\s*(?:["']([^"']+)["']|([^"')\s]+))/g)) {
      const url = new URL(quoted ?? bare ?? "", owner.sheet?.href ?? document.baseURI);
      if (!/^https?:$/.test(url.protocol) || this.#warmed.has(url.href)) continue;
      this.#warmed.add(url.href);
      fetches.push(fetch(url).then((response) => response.blob()).catch(() => undefined));
    }
    if (fetches.length === 0) return;
    await Promise.race([Promise.all(fetches), new Promise((resolve) => setTimeout(resolve, WARM_WAIT))]);
  }
}

const isLink = (owner: Owner): owner is HTMLLinkElement => owner instanceof HTMLLinkElement;

/** An element that shows the new sheet, not yet in the page. */
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

/** Makes element show the owner's sheet as it is now. */
function refresh(element: Owner, owner: Owner, hash: string): void {
  if (isLink(element) && isLink(owner)) {
    const url = new URL(owner.href);
    url.searchParams.set("v", hash);
    element.removeAttribute("integrity"); // of the old content
    element.href = url.href;
  } else {
    element.textContent = owner.textContent; // parsed anew, imports fetched anew
  }
}

/** Whether a sheet's text means the same inside the document: no URL in it is relative to the sheet. */
export function selfContained(source: string): boolean {
  return source !== "" && !/@import|url\((?!\s*["']?(?:data:|https?:|[/#]))/i.test(source);
}

function setMedia(owner: Owner, media: string | null): void {
  if (media === null) owner.removeAttribute("media");
  else owner.media = media;
}

/** Runs start, which makes element load, and tells whether it did. */
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
    // A style element without imports is complete as soon as it is in the page.
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
    return false; // another origin's
  }
  for (const rule of rules) {
    if (rule instanceof CSSImportRule) {
      const href = rule.styleSheet?.href;
      if (href && (same(href, url) || imports(rule.styleSheet!, url))) return true;
    } else if (!(rule instanceof CSSLayerStatementRule)) {
      break; // imports stand first
    }
  }
  return false;
}
