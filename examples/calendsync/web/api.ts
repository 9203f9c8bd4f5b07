// The JSON API. Failures are thrown with a text for people.

export interface Entry {
  id: string; // empty: not kept yet
  title: string;
  date: string;
  time: string;
  kind: string;
}

/** What answers /api/ping. */
export interface Process {
  pid: number;
  build: string;
  since: number; // the address is open, in Unix milliseconds
  starts: number;
}

export async function save(entry: Entry): Promise<void> {
  const { id, ...rest } = entry;
  await call(id ? "PATCH" : "POST", path(id), rest);
}

export async function add(title: string, date: string): Promise<void> {
  await call("POST", path(""), { title, date });
}

export async function move(id: string, date: string): Promise<void> {
  await call("PATCH", path(id), { date });
}

export async function remove(id: string): Promise<void> {
  await call("DELETE", path(id));
}

export async function ping(signal: AbortSignal): Promise<Process> {
  const answer = await fetch("/api/ping", { cache: "no-store", signal });
  const value: unknown = answer.ok ? await answer.json() : undefined;
  if (!isProcess(value)) throw new Error(`ping: ${answer.status}`);
  return value;
}

function isProcess(value: unknown): value is Process {
  if (typeof value !== "object" || value === null) return false;
  const { pid, build, since, starts } = value as Record<string, unknown>;
  return typeof pid === "number" && typeof build === "string" && typeof since === "number" && typeof starts === "number";
}

function path(id: string): string {
  return id ? `/api/entries/${encodeURIComponent(id)}` : "/api/entries";
}

async function call(method: string, url: string, body?: unknown): Promise<void> {
  const request: RequestInit = { method };
  if (body !== undefined) {
    request.headers = { "Content-Type": "application/json" };
    request.body = JSON.stringify(body);
  }
  let answer: Response;
  try {
    answer = await fetch(url, request);
  } catch {
    throw new Error("The calendar cannot be reached. Nothing was lost: try again.");
  }
  if (!answer.ok) throw new Error(await problem(answer));
}

async function problem(answer: Response): Promise<string> {
  try {
    const value: unknown = await answer.json();
    if (typeof value === "object" && value !== null && "error" in value && typeof value.error === "string") {
      return sentence(value.error);
    }
  } catch {
    // Not from the calendar itself: the status has to do.
  }
  return `The calendar answered ${answer.status}.`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + ".";
}

/** What was thrown, as a text for people. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
