import assert from "node:assert/strict";
import { test } from "node:test";
import { selfContained } from "../css.ts";
import { asText, count, meanwhile, place, prefix } from "../format.ts";
import { mayKeep } from "../place.ts";
import type { Problem } from "../protocol.ts";
import { describe, isNoise } from "../runtime.ts";
import { backoff } from "../socket.ts";

test("back off from 0.25 s to 5 s, at least half of it", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 60].map((n) => backoff(n, 0)), [250, 500, 1000, 2000, 4000, 5000, 5000]);
  assert.equal(backoff(0, 1), 125);
  assert.equal(backoff(60, 1), 2500);
});

test("a sheet is painted from its text only if no URL in it is relative", () => {
  const table: [string, boolean][] = [
    ["", false],
    ["a{color:red}", true],
    ["a{background:url(/x.png)}", true],
    ["a{background:url( '/x.png' )}", true],
    ["a{background:url(data:image/png;base64,AA==)}", true],
    ['a{background:url("https://x.test/y.png")}', true],
    ["a{fill:url(#gradient)}", true],
    ["a{background:url(x.png)}", false],
    ["a{background:url( './x.png')}", false],
    ["a{background:URL('x.png')}", false],
    ["a{background:url(/a.png),url(b.png)}", false],
    ["@import '/b.css';", false],
    ['@IMPORT "/b.css";', false],
  ];
  for (const [source, want] of table) assert.equal(selfContained(source), want, source);
});

test("secrets and fields that ask not to be kept are not", () => {
  const table: [string, string, string, boolean][] = [
    ["text", "", "", true],
    ["text", "on", "off", true],
    ["text", "", "on", true],
    ["select-one", "", "", true],
    ["checkbox", "", "", true],
    ["email", "email", "", true],
    ["text", "off", "", false],
    ["text", "", "off", false],
    ["password", "", "", false],
    ["password", "on", "", false],
    ["text", "current-password", "", false],
    ["text", "new-password", "", false],
    ["text", "one-time-code", "", false],
    ["tel", "cc-number", "", false],
    ["file", "", "", false],
    ["hidden", "", "", false],
  ];
  for (const [type, autocomplete, form, want] of table) {
    assert.equal(mayKeep({ type, autocomplete }, form), want, `${type} ${autocomplete} ${form}`);
  }
});

test("errors that are no news", () => {
  const error = (name: string, message: string, stack = "") => ({ name, message, stack });
  assert.equal(isNoise(error("AbortError", "the user aborted a request")), true);
  assert.equal(isNoise(error("Error", "ResizeObserver loop completed with undelivered notifications.")), true);
  assert.equal(isNoise(error("Error", "Script error.")), true);
  assert.equal(isNoise(error("Error", "x", "Error: x\n    at chrome-extension://abc/content.js:1:1")), true);
  assert.equal(isNoise(error("TypeError", "x is not a function", "TypeError\n    at http://localhost/main.js:1:1")), false);
});

test("anything can be thrown", () => {
  assert.equal(describe(new TypeError("no"), "").name, "TypeError");
  assert.deepEqual(describe("text", ""), { name: "Error", message: "text", stack: "" });
  assert.deepEqual(describe(undefined, "a promise was rejected").message, "a promise was rejected");
  assert.deepEqual(describe(null, "fallback").message, "fallback");
  assert.deepEqual(describe({}, "fallback"), { name: "Error", message: "fallback", stack: "" });
  assert.equal(describe({ code: 7 }, "fallback").message, '{"code":7}');
  assert.equal(describe({ code: 7n }, "fallback").message, "fallback");
  assert.equal(describe(new Error("x".repeat(1e6)), "").message.length, 12_000);
});

const problem: Problem = {
  id: "1", source: "go", label: "Go", severity: "error", file: "api/month.go", line: 41, column: 7, message: "undefined: monthStart",
  notes: ["a note"],
  excerpt: [{ number: 40, text: "func month() {" }, { number: 41, text: "\tt := monthStart(r)" }],
  output: "",
  frames: [{ id: "2", function: "main.month", file: "api/month.go", line: 41 }],
};

test("a problem as text", () => {
  assert.equal(asText(problem), [
    "api/month.go:41:7: error: undefined: monthStart",
    "40 │ func month() {",
    "41 │ \tt := monthStart(r)",
    "   │ \t     ^",
    "a note",
    "  main.month (api/month.go:41)",
  ].join("\n"));
  const bare: Problem = {
    ...problem, file: undefined, line: undefined, column: undefined,
    notes: undefined, excerpt: undefined, output: "last words", frames: undefined,
  };
  assert.equal(asText(bare), "error: undefined: monthStart\nlast words");
});

test("columns count code points", () => {
  assert.equal(prefix("𝒳y", 2), "𝒳");
  assert.equal(prefix("ab", 1), "");
  assert.equal(prefix("ab", 9), "ab");
});

test("places and counts", () => {
  assert.deepEqual([place(problem), place({ file: "a.go", line: 0 }), place({ file: "", line: 0 })], ["api/month.go:41:7", "a.go", ""]);
  const warning = { ...problem, severity: "warning" };
  assert.equal(count([problem]), "1 error");
  assert.equal(count([problem, problem, warning]), "2 errors, 1 warning");
  assert.equal(count([warning, warning]), "2 warnings");
});

test("what is said of the app is true", () => {
  assert.equal(meanwhile({ phase: "failed", down: false }, false), "The app keeps running.");
  assert.equal(meanwhile({ phase: "building", down: false }, false), "The app keeps running.");
  assert.equal(meanwhile({ phase: "ready", down: false }, false), "The app keeps running.");
  assert.equal(meanwhile({ phase: "starting", down: true }, false), "The app is being started.");
  assert.equal(meanwhile({ phase: "ready", down: true }, false), "No app is running.");
  assert.equal(meanwhile({ phase: "failed", down: true }, true), "The page comes back as soon as the app runs.");
});
