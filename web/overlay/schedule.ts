// When the panel opens and closes, and which problem it shows first.

import { isError } from "./format.ts";
import type { Problem } from "./protocol.ts";

/** What the person last did with the panel. */
export type Wish = "none" | "open" | "closed";

export interface Situation {
  /** Whether the panel is open now. */
  readonly shown: boolean;
  readonly wish: Wish;
  readonly problems: readonly Problem[];
  /** Whether a build runs or the app is starting. */
  readonly busy: boolean;
  /** Whether there is no app, so that the panel covers the page. */
  readonly full: boolean;
}

/** `show` opens the panel or draws it again; `wait` shows it unless a newer state comes first; `stay` leaves it closed. */
export type Step = "show" | "wait" | "hide" | "stay";

export function schedule({ shown, wish, problems, busy, full }: Situation): Step {
  const broken = problems.some(opens);
  if (problems.length === 0 || (!broken && wish !== "open")) return "hide";
  if (shown) return "show";
  if (!broken || wish === "closed") return "stay";
  if (full) return "show";
  return busy ? "stay" : "wait";
}

/** Whether the panel opens by itself for a problem: not for a warning, and not for what a page threw. */
export const opens = (p: Problem): boolean => isError(p) && p.source !== "runtime";

/** Errors before warnings and, where there is no app, before all others those that say why. */
export function order(problems: readonly Problem[], full: boolean): readonly Problem[] {
  const rank = (p: Problem): number => {
    if (!isError(p)) return 2;
    return full && (p.source === "crash" || p.source === "app") ? 0 : 1;
  };
  return [...problems].sort((a, b) => rank(a) - rank(b));
}
