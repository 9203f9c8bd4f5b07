// The document's own circumstances: its tag, the kind of page, the tab.

/** What the injected tag says about the document. */
export interface Tag {
  readonly src: string;
  readonly build: number;
  readonly seq: number;
  readonly server: string;
  readonly token: string;
}

export function readTag(script: HTMLScriptElement): Tag {
  const { build, seq, server, token } = script.dataset;
  return { src: script.src, build: Number(build), seq: Number(seq), server: server ?? "", token: token ?? "" };
}

/** Whether this is a page of devtool itself, shown in place of the app's. */
export function pageKind(): "building" | "failed" | undefined {
  const kind = document.querySelector<HTMLMetaElement>("meta[name=devtool-page]")?.content;
  return kind === "building" || kind === "failed" ? kind : undefined;
}

/** Counts on, in a page of devtool itself, how long it has been so. */
export function tick(): void {
  const element = document.querySelector<HTMLElement>(".phase > [data-since]");
  if (!element || !pageKind()) return;
  const since = Number(element.dataset["since"]);
  setInterval(() => {
    element.textContent = `${Math.max(0, Math.round((Date.now() - since) / 1000))} s`;
  }, 1000);
}

const TAB = "devtool:tab";

/**
 * A name for the tab that lasts over reloads. The storage has it only between
 * two documents: a tab that this one opens begins with a copy of the storage.
 */
export function tabName(): string {
  const name = recall(TAB) || Math.random().toString(36).slice(2);
  const take = (): void => void remember(TAB, "");
  take();
  addEventListener("pageshow", take); // from the back/forward cache
  addEventListener("pagehide", () => remember(TAB, name));
  return name;
}

/** A name for the document: when it began, to the microsecond. */
export function pageName(): string {
  return String(performance.timeOrigin);
}

/**
 * Whether the tab may reload this URL towards a target: once each, and for few
 * URLs, as an app may redirect every reload to a new one.
 */
export function mayReload(target: string): boolean {
  const past = (recall("devtool:reloads") ?? "").split("\n");
  const urls = past[0] === target ? past.slice(1) : [];
  if (urls.includes(location.href) || urls.length >= 5) return false;
  // Without a memory there would be no end to it.
  remember("devtool:reloads", [target, ...urls, location.href].join("\n"));
  return recall("devtool:reloads") !== undefined;
}

/** Who may be answering with an old page. */
export function suspect(): string {
  if (navigator.serviceWorker?.controller) return "a service worker";
  const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return entry?.transferSize === 0 ? "the browser's cache" : "a cache";
}

/** Session storage may be forbidden, as in a sandboxed frame. */
export function recall(key: string): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: string): string {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // Then it is forgotten.
  }
  return value;
}
