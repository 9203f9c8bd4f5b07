// The strip at the foot: which process answers, and whether every request is
// answered. The page finds out for itself, by asking once a second.

import { ping, type Process } from "./api.ts";
import { element, sleep } from "./dom.ts";

interface Counts {
  answered: number;
  lost: number;
  longest: number; // ms
}

const kept = "calendsync:counts"; // in sessionStorage, to outlive reloads
const period = 1000; // ms
const patience = 35_000; // ms

export async function watchProcess(): Promise<void> {
  const counts = recall();
  let leaving = false; // a request that ends with the page is not lost
  addEventListener("pagehide", () => (leaving = true));
  addEventListener("pageshow", () => (leaving = false));
  show(counts);
  for (;;) {
    const asked = performance.now();
    try {
      tell(await ping(AbortSignal.timeout(patience)));
      counts.answered++;
      counts.longest = Math.max(counts.longest, performance.now() - asked);
    } catch {
      if (!leaving) counts.lost++;
    }
    show(counts);
    sessionStorage.setItem(kept, JSON.stringify(counts));
    await sleep(Math.max(0, period - (performance.now() - asked)));
  }
}

function recall(): Counts {
  const counts: Counts = { answered: 0, lost: 0, longest: 0 };
  const value: unknown = JSON.parse(sessionStorage.getItem(kept) ?? "null");
  if (typeof value !== "object" || value === null) return counts;
  const { answered, lost, longest } = value as Record<string, unknown>;
  if (typeof answered === "number") counts.answered = answered;
  if (typeof lost === "number") counts.lost = lost;
  if (typeof longest === "number") counts.longest = longest;
  return counts;
}

function tell({ pid, build, since, starts }: Process): void {
  element("strip", HTMLElement).dataset["since"] = String(since);
  write("pid", String(pid));
  write("build", build);
  write("starts", String(starts));
}

function show({ answered, lost, longest }: Counts): void {
  write("open", span(Date.now() - Number(element("strip", HTMLElement).dataset["since"])));
  write("answered", answered.toLocaleString("en"));
  write("lost", lost.toLocaleString("en"));
  write("longest", `${Math.ceil(longest).toLocaleString("en")} ms`);
  element("strip", HTMLElement).classList.toggle("losing", lost > 0);
}

/** Writes a duration as the server does, too. */
function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} min`;
}

function write(name: string, text: string): void {
  const place = element(`strip-${name}`, HTMLElement);
  if (place.textContent !== text) place.textContent = text;
}
