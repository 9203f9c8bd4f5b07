// Errors that the page threw and did not catch.

export interface RuntimeError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** The most errors that one document reports. */
const MOST = 20;
/** The longest name, message or stack that is sent, in UTF-16 units. The hub reads three of them in any characters. */
const LONGEST = 12_000;

/** Calls report for each uncaught error of the page, once for each text. */
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

/** The members of a thrown object as JSON; "" if there are none or JSON cannot hold them. */
function members(thrown: object): string {
  try {
    return (JSON.stringify(thrown) ?? "").replace(/^\{\}$/, "");
  } catch {
    return "";
  }
}

/** Whether nobody wants to hear of an error: a layout notice, a cancelled fetch, a script of another origin or an extension. */
export function isNoise({ name, message, stack }: RuntimeError): boolean {
  return (
    name === "AbortError" ||
    message.includes("ResizeObserver loop") ||
    message === "Script error." ||
    /^\s*at .*?\b(chrome|moz|safari-web)-extension:/m.test(stack)
  );
}
