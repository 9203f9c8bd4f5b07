import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { apply, follows, parse, type ClientMessage, type ServerMessage, type State } from "../protocol.ts";

const folder = process.env["MESSAGES"]!;
const golden = (name: string): string => readFileSync(join(folder, `${name}.json`), "utf8");

function read(name: string): ServerMessage {
  const message = parse(golden(name));
  assert.ok(message, `${name} was not understood`);
  return message;
}

test("every message of the hub is understood, unchanged", () => {
  const names = readdirSync(folder).filter((name) => !name.startsWith("client-"));
  assert.ok(names.length >= 4);
  for (const file of names) {
    const name = file.replace(".json", "");
    assert.deepEqual(read(name), JSON.parse(golden(name)), name);
  }
});

test("messages of the client are as the hub reads them", () => {
  const messages: Record<string, ClientMessage> = {
    "client-hello": { type: "hello", tab: "t1", page: "p1", build: 12, url: "http://localhost:3000/" },
    "client-ack": { type: "ack", build: 14, ms: 21.5 },
    "client-patched": { type: "patched", page: "p1.3" },
    "client-doubt": { type: "doubt", reason: "web/App.tsx: its export x is not a component" },
    "client-runtime": {
      type: "runtime", name: "TypeError", message: "x is not a function",
      stack: "TypeError: x is not a function\n    at main.js:1:2",
    },
  };
  for (const [name, message] of Object.entries(messages)) assert.deepEqual(message, JSON.parse(golden(name)), name);
});

test("what is not of the protocol is ignored", () => {
  const phase = JSON.parse(golden("phase")) as Record<string, unknown>;
  const without = (key: string) => JSON.stringify({ ...phase, [key]: undefined });
  for (const text of [
    "", "null", "[]", "{", "1",
    JSON.stringify({ ...phase, v: 2 }),
    JSON.stringify({ ...phase, type: "toString" }),
    JSON.stringify({ ...phase, type: "unknown" }),
    JSON.stringify({ ...phase, attempt: "14" }),
    JSON.stringify({ ...phase, down: "no" }),
    without("server"), without("seq"), without("phase"),
    golden("errors").replace(/"set": \[[^]*\]/, '"set": {}'),
    golden("hello").replace(/"css": \{[^}]*\}/, '"css": null'),
  ]) {
    assert.equal(parse(text), undefined, text);
  }
});

test("messages add up to the state", () => {
  assert.equal(apply(undefined, read("phase")), undefined, "a phase alone is no state");
  const names = ["hello", "phase", "errors", "errors-cleared", "update", "update-patch", "update-reload"];
  let state: State | undefined;
  const seen: unknown[] = [];
  for (const name of names) {
    state = apply(state, read(name));
    seen.push([state?.build, state?.phase, state?.attempt, state?.down, state?.errors.length, state?.css["/assets/app.css"], state?.pageSeq, state?.patches.length]);
  }
  assert.deepEqual(seen, [
    [12, "failed", 13, false, 1, "c1", 3, 0],
    [12, "building", 14, true, 1, "c1", 3, 0],
    [12, "building", 14, true, 1, "c1", 3, 0],
    [12, "building", 14, true, 0, "c1", 3, 0],
    [14, "ready", 14, false, 0, "c2", 3, 0],
    [15, "ready", 14, false, 0, "c2", 3, 1],
    [16, "ready", 16, false, 0, "c2", 13, 0],
  ]);
});

test("a gap or another run is noticed, a hello always fits", () => {
  const phase = read("phase");
  assert.equal(follows({ server: "run-1", seq: 7 }, phase), true);
  assert.equal(follows({ server: "run-1", seq: 6 }, phase), false);
  assert.equal(follows({ server: "run-1", seq: 8 }, phase), false);
  assert.equal(follows({ server: "run-0", seq: 7 }, phase), false);
  assert.equal(follows({ server: "run-0", seq: 99 }, read("hello")), true);
});
