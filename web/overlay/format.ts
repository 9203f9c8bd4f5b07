// Problems as text.

import type { Problem, State } from "./protocol.ts";

export interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** "api/month.go:41:7", or the known part of it. */
export function place({ file, line, column }: Place): string {
  return [file, line, column].filter(Boolean).join(":");
}

/** "2 errors, 1 warning" */
export function count(set: readonly Problem[]): string {
  const errors = set.filter(isError).length;
  const many = (n: number, what: string): string => (n === 1 ? `1 ${what}` : `${n} ${what}s`);
  return [errors && many(errors, "error"), set.length > errors && many(set.length - errors, "warning")]
    .filter(Boolean)
    .join(", ");
}

/** What the app does while the page shows problems. */
export function meanwhile({ phase, down }: Pick<State, "phase" | "down">, full: boolean): string {
  if (full) return "The page comes back as soon as the app runs.";
  if (phase === "starting") return "The app is being started.";
  return down ? "No app is running." : "The app keeps running.";
}

export const isError = ({ severity }: Problem): boolean => severity !== "warning";

/** What the terminal prints, for the clipboard. */
export function asText(p: Problem): string {
  const { excerpt = [], notes = [], frames = [] } = p;
  const width = Math.max(0, ...excerpt.map(({ number }) => String(number).length));
  const lines = [[place(p), p.severity, p.message].filter(Boolean).join(": ")];
  for (const { number, text } of excerpt) {
    lines.push(`${String(number).padStart(width)} │ ${text}`);
    if (number === p.line && p.column) {
      // Tabs stay tabs, so that the mark stands under its column at any width.
      lines.push(`${" ".repeat(width)} │ ${prefix(text, p.column).replace(/[^\t]/gu, " ")}^`);
    }
  }
  lines.push(...notes, ...frames.map((frame) => `  ${frame.function} (${place(frame)})`));
  if (p.output) lines.push(p.output);
  return lines.join("\n");
}

/** The text before a column, which counts code points from 1. */
export function prefix(text: string, column: number): string {
  return [...text].slice(0, column - 1).join("");
}
