// Errors that the page threw and nobody caught.

export interface RuntimeError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** A page that throws in a loop is heard this many times. */
const MOST = 20;
/** Longest parts sent, in UTF-16 units; well below what the hub reads. */
const LONGEST = 12_000;

/** Calls report for each uncaught error of the page, once per text. */
export function watchErrors(report: (error: RuntimeError) => void): void {
  const seen = new Set<string>();
  const hear = (thrown: unknown, fallback: string): void => {
    const error = describe(thrown, fallback);
    const key = error.message + error.stack;
    if (isNoise(error) || seen.has(key) || seen.size >= MOST) return;
    seen.add(key);
    report(error);
  };
  addEventListener("error", (event) => hear(event.error, event.message));
  addEventListener("unhandledrejection", (event) => hear(event.reason, "a promise was rejected"));
}

export function describe(thrown: unknown, fallback: string): RuntimeError {
  const cut = (text: unknown): string => String(text ?? "").slice(0, LONGEST);
  if (typeof thrown === "object" && thrown !== null) {
    const { name, message, stack } = thrown as Partial<Record<keyof RuntimeError, unknown>>;
    return { name: cut(name || "Error"), message: cut(message || members(thrown) || fallback), stack: cut(stack) };
  }
  return { name: "Error", message: cut(thrown ?? fallback), stack: "" };
}

/** What an object holds that somebody threw; "" for nothing, and for what cannot be written down. */
function members(thrown: object): string {
  try {
    return (JSON.stringify(thrown) ?? "").replace(/^\{\}$/, "");
  } catch {
    return "";
  }
}

/** Errors that are no news to anybody: a layout notice, a cancelled fetch, foreign scripts. */
export function isNoise({ name, message, stack }: RuntimeError): boolean {
  return (
    name === "AbortError" ||
    message.includes("ResizeObserver loop") ||
    message === "Script error." ||
    /^\s*at .*?\b(chrome|moz|safari-web)-extension:/m.test(stack)
  );
}
