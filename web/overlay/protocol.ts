// The messages of subprotocol devtool.v1. testdata/messages has an example of
// each, which the tests of both sides read. A message of the hub is declared
// once, as the checks of its fields, and its type follows from the checks.

import type { Patch } from "../hot/types.ts";

export const PROTOCOL = "devtool.v1";

type Check<T> = (value: unknown) => value is T;
type Fields = Readonly<Record<string, Check<unknown>>>;
type Checked<C> = C extends Check<infer T> ? T : never;
type Shaped<F extends Fields> = { readonly [K in keyof F]: Checked<F[K]> };

const text = (value: unknown): value is string => typeof value === "string";
const number = (value: unknown): value is number => typeof value === "number";
const flag = (value: unknown): value is boolean => typeof value === "boolean";
const fields = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const one = <T extends string>(...words: readonly T[]) =>
  (value: unknown): value is T => words.some((word) => word === value);
const list = <T>(check: Check<T>) =>
  (value: unknown): value is readonly T[] => Array.isArray(value) && value.every(check);
const maybe = <T>(check: Check<T>) =>
  (value: unknown): value is T | undefined => value === undefined || check(value);
const table = <T>(check: Check<T>) =>
  (value: unknown): value is Readonly<Record<string, T>> => fields(value) && Object.values(value).every(check);
const shape = <F extends Fields>(of: F) =>
  (value: unknown): value is Shaped<F> => fields(value) && Object.entries(of).every(([key, check]) => check(value[key]));

/** URL path of a bundle → hash of its content. */
const hashes = table(text);

const excerptLine = shape({ number, text });

const frame = shape({ id: text, function: text, file: text, line: number });

/** A problem in the user's code. Lines and columns count from 1; what is unknown or empty is left out. */
const problem = shape({
  id: text, source: text, severity: text, message: text,
  /** The badge: which side of the project is at fault. */
  label: text,
  file: maybe(text), line: maybe(number), column: maybe(number),
  notes: maybe(list(text)), excerpt: maybe(list(excerptLine)), output: maybe(text), frames: maybe(list(frame)),
});

const sheet = shape({
  url: text, hash: text,
  /** The text of a small sheet; empty for one that must be fetched. */
  source: text,
});

const progress = {
  phase: one("building", "starting", "ready", "failed"),
  /** The build that the phase is about. */
  attempt: number,
  /** No app takes requests. */
  down: flag,
};

/** New versions of modules, for the runtime of hot updates, which reads the rest. */
const patch = (value: unknown): value is Patch => shape({ seq: number, url: text, built: flag, modules: list(fields), accepts: list(fields) })(value);

/** What is served now. */
const outputs = { ...progress, build: number, app: text, pageSeq: number, cssSeq: number, css: hashes, js: hashes, patches: list(patch) };

/** All that a page should show. */
const state = { ...outputs, server: text, errors: list(problem) };

const settings = shape({ overlay: flag, indicator: flag, runtime: flag, refresh: flag });

const messages = {
  hello: { ...state, settings },
  phase: progress,
  errors: { set: list(problem) },
  update: { ...outputs, reason: text, sheets: list(sheet) },
};

const head = { server: text, seq: number };

export type Problem = Checked<typeof problem>;
export type Sheet = Checked<typeof sheet>;
export type Hashes = Checked<typeof hashes>;
export type State = Shaped<typeof state>;
export type Settings = Checked<typeof settings>;
export type ServerMessage = {
  [T in keyof typeof messages]: { readonly v: 1; readonly type: T } & Shaped<typeof head> & Shaped<(typeof messages)[T]>;
}[keyof typeof messages];

export type ClientMessage =
  | { readonly type: "hello"; readonly tab: string; readonly page: string; readonly build: number; readonly url: string }
  | { readonly type: "ack"; readonly build: number; readonly ms: number }
  | { readonly type: "patched"; readonly page: string }
  | { readonly type: "doubt"; readonly reason: string }
  | { readonly type: "runtime"; readonly name: string; readonly message: string; readonly stack: string };

/** Parses a message of the hub; undefined for anything else. */
export function parse(text: string): ServerMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!fields(value) || value["v"] !== 1) return undefined;
  const type = value["type"] as keyof typeof messages;
  const known = Object.hasOwn(messages, type) && shape({ ...head, ...messages[type] })(value);
  return known ? (value as unknown as ServerMessage) : undefined;
}

/** The state after a message; undefined before the first hello. */
export function apply(before: State | undefined, message: ServerMessage): State | undefined {
  switch (message.type) {
    case "hello":
      return pick(state, message);
    case "phase":
      return before && { ...before, ...pick(progress, message) };
    case "errors":
      return before && { ...before, errors: message.set };
    case "update":
      return before && { ...before, ...pick(outputs, message) };
    default:
      return message satisfies never;
  }
}

/** The fields of a shape, without the others of a message. */
function pick<F extends Fields>(of: F, from: Shaped<F>): Shaped<F> {
  return Object.fromEntries(Object.keys(of).map((key) => [key, from[key]])) as Shaped<F>;
}

/** Whether no message is missing between `last` and this one. */
export function follows(last: { server: string; seq: number }, message: ServerMessage): boolean {
  return message.type === "hello" || (message.server === last.server && message.seq === last.seq + 1);
}
