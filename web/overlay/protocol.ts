// The messages of subprotocol devtool.v1. testdata/messages holds one of each;
// the tests of this file and of the hub read the same ones.

export const PROTOCOL = "devtool.v1";

export type Phase = "building" | "starting" | "ready" | "failed";

/** URL path of a bundle → hash of its content. */
export type Hashes = Readonly<Record<string, string>>;

export interface ExcerptLine {
  readonly number: number;
  readonly text: string;
}

export interface Frame {
  readonly id: string;
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

/** A problem in the user's code. Lines and columns count from 1, 0 is unknown. */
export interface Diagnostic {
  readonly id: string;
  readonly source: string;
  readonly severity: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
  readonly notes: readonly string[];
  readonly excerpt: readonly ExcerptLine[];
  readonly output: string;
  readonly frames: readonly Frame[];
}

export interface Sheet {
  readonly url: string;
  readonly hash: string;
  /** The text of a small sheet; empty for one that must be fetched. */
  readonly source: string;
}

/** What is served now. */
export interface Outputs {
  readonly build: number;
  readonly phase: Phase;
  readonly target: number;
  /** No app takes requests. */
  readonly down: boolean;
  readonly app: string;
  readonly pageSeq: number;
  readonly cssSeq: number;
  readonly css: Hashes;
  readonly js: Hashes;
}

export interface State extends Outputs {
  readonly server: string;
  readonly errors: readonly Diagnostic[];
}

export interface Settings {
  readonly overlay: boolean;
  readonly indicator: boolean;
  readonly runtime: boolean;
  readonly refresh: boolean;
}

interface Head {
  readonly v: 1;
  readonly server: string;
  readonly seq: number;
}

export type Hello = Head & { readonly type: "hello"; readonly settings: Settings } & State;
export type PhaseMessage = Head & { readonly type: "phase"; readonly phase: Phase; readonly target: number; readonly down: boolean };
export type ErrorsMessage = Head & { readonly type: "errors"; readonly set: readonly Diagnostic[] };
export type Update = Head & Outputs & {
  readonly type: "update";
  readonly reason: string;
  readonly sheets: readonly Sheet[];
};

export type ServerMessage = Hello | PhaseMessage | ErrorsMessage | Update;

export type ClientMessage =
  | { readonly type: "hello"; readonly tab: string; readonly page: string; readonly build: number; readonly url: string }
  | { readonly type: "ack"; readonly build: number; readonly ms: number }
  | { readonly type: "runtime"; readonly name: string; readonly message: string; readonly stack: string };

type Kind = "string" | "number" | "boolean" | "object" | "array";

const outputs: Record<string, Kind> = {
  build: "number", phase: "string", target: "number", down: "boolean", app: "string",
  pageSeq: "number", cssSeq: "number", css: "object", js: "object",
};

const shapes: Record<ServerMessage["type"], Record<string, Kind>> = {
  hello: { ...outputs, errors: "array", settings: "object" },
  phase: { phase: "string", target: "number", down: "boolean" },
  errors: { set: "array" },
  update: { ...outputs, reason: "string", sheets: "array" },
};

/** Reads one frame; undefined for anything that is not of this protocol. */
export function parse(text: string): ServerMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!has(value, { type: "string", server: "string", seq: "number" }) || value["v"] !== 1) return undefined;
  const type = value["type"] as string;
  const shape = Object.hasOwn(shapes, type) ? shapes[type as ServerMessage["type"]] : undefined;
  return shape && has(value, shape) ? (value as unknown as ServerMessage) : undefined;
}

function has(value: unknown, shape: Record<string, Kind>): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Record<string, unknown>;
  return Object.entries(shape).every(([key, kind]) => {
    const field = fields[key];
    return kind === "array" ? Array.isArray(field) : typeof field === kind && field !== null;
  });
}

/** The state after a message; undefined while none is known. */
export function apply(state: State | undefined, message: ServerMessage): State | undefined {
  switch (message.type) {
    case "hello":
      return { ...outputsOf(message), server: message.server, errors: message.errors };
    case "phase":
      return state && { ...state, phase: message.phase, target: message.target, down: message.down };
    case "errors":
      return state && { ...state, errors: message.set };
    case "update":
      return state && { ...state, ...outputsOf(message) };
    default:
      return message satisfies never;
  }
}

function outputsOf({ build, phase, target, down, app, pageSeq, cssSeq, css, js }: Outputs): Outputs {
  return { build, phase, target, down, app, pageSeq, cssSeq, css, js };
}

/** Whether a frame may follow the one numbered `last` of the same hub. */
export function follows(last: { server: string; seq: number }, message: ServerMessage): boolean {
  return message.type === "hello" || (message.server === last.server && message.seq === last.seq + 1);
}
