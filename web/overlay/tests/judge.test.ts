import assert from "node:assert/strict";
import { test } from "node:test";
import { covers, judge, learn, outlived, type Loaded, type Progress, type StatusPage } from "../judge.ts";
import type { State } from "../protocol.ts";

const state: State = {
  server: "run-1", build: 12, phase: "ready", attempt: 12, down: false, app: "a1", pageSeq: 3, cssSeq: 5,
  css: { "/app.css": "c1", "/other.css": "o1" }, js: { "/main.js": "j1" }, patches: [], errors: [],
};
/** Made by run-1 when nothing was newer, and a state has said so. */
const loaded: Loaded = { server: "run-1", seq: 6, app: "a1", js: state.js, css: state.css };
const unknown: Loaded = { ...loaded, app: undefined, js: undefined, css: {} };

const table: { name: string; loaded?: Partial<Loaded>; state?: Partial<State>; want: string }[] = [
  { name: "the newest", want: "current" },
  { name: "before any build", loaded: { seq: 0, server: "run-0" }, state: { build: 0 }, want: "current" },
  { name: "made just before the reloading build", loaded: { seq: 2 }, want: "reload" },
  { name: "made at the reloading build", loaded: { seq: 3 }, want: "current" },
  { name: "a sheet has changed", state: { css: { "/app.css": "c2", "/other.css": "o1" }, cssSeq: 8 }, want: "swap /app.css" },
  { name: "a new sheet", state: { css: { ...state.css, "/new.css": "n1" } }, want: "swap /new.css" },
  { name: "a sheet is gone", state: { css: { "/app.css": "c1" } }, want: "current" },
  { name: "sheet and page have changed", state: { css: { "/app.css": "c2" }, pageSeq: 8 }, want: "reload" },
  { name: "devtool restarted, same content", state: { server: "run-2", build: 1, pageSeq: 1 }, want: "current" },
  { name: "devtool restarted, lower numbers", loaded: { seq: 500 }, state: { server: "run-2", pageSeq: 1, app: "a2" }, want: "reload" },
  { name: "restarted, another script", state: { server: "run-2", js: { "/main.js": "j2" } }, want: "reload" },
  { name: "restarted, one script more", state: { server: "run-2", js: { "/main.js": "j1", "/b.js": "b" } }, want: "reload" },
  { name: "restarted, a sheet has changed", state: { server: "run-2", css: { "/app.css": "c2" } }, want: "swap /app.css" },
  { name: "restarted, still starting", state: { server: "run-2", build: 0, phase: "starting", js: {}, app: "" }, want: "current" },
  { name: "restarted, page never told", loaded: unknown, state: { server: "run-2" }, want: "reload" },
];

for (const { name, loaded: p, state: s, want } of table) {
  test(`judge: ${name}`, () => {
    const verdict = judge({ ...loaded, ...p }, { ...state, ...s });
    assert.equal(verdict.kind === "swap" ? `swap ${verdict.urls.join()}` : verdict.kind, want);
  });
}

test("learn: a current page takes the state for its own", () => {
  assert.deepEqual(learn({ ...unknown, seq: 6 }, state), loaded);
});

test("learn: a page from before a swap does not know its sheets", () => {
  const told = learn({ ...unknown, seq: 4 }, state);
  assert.deepEqual([told.app, told.css], ["a1", {}]);
  assert.deepEqual(judge(told, state), { kind: "swap", urls: ["/app.css", "/other.css"] });
});

test("learn: a stale page and one of another run learn nothing", () => {
  for (const p of [{ ...unknown, seq: 2 }, { ...unknown, server: "run-0" }]) assert.equal(learn(p, state), p);
  const early = { ...state, build: 0 };
  assert.equal(learn(unknown, early), unknown);
});

test("problems cover the page only where nothing stands behind it", () => {
  const building = { down: true, phase: "building" } as const;
  const failed = { down: true, phase: "failed" } as const;
  assert.equal(covers(false, undefined, { down: false, phase: "failed" }), false, "the app serves");
  assert.equal(covers(false, undefined, failed), true, "nothing serves");
  assert.equal(covers(false, undefined, building), false, "nothing is known to be wrong");
  assert.equal(covers(true, undefined, building), true, "the fix is being built");
  assert.equal(covers(true, undefined, { down: false, phase: "ready" }), false, "fixed");
  assert.equal(covers(false, "failed", building), true, "a page of devtool's own");
  assert.equal(covers(false, "building", building), false);
});

test("a status page is reloaded when there is something else to show", () => {
  const at = (phase: Progress["phase"], attempt: number): Progress => ({ phase, attempt });
  const rows: [string, StatusPage, Progress, Progress, boolean][] = [
    ["still building", "building", at("building", 2), at("building", 2), false],
    ["a newer save", "building", at("building", 2), at("building", 3), false],
    ["built", "building", at("building", 2), at("starting", 2), true],
    ["not built", "building", at("building", 2), at("failed", 2), true],
    ["the app runs", "building", at("building", 2), at("ready", 2), true],
    ["made too late", "building", at("failed", 2), at("failed", 2), true],
    ["still failed", "failed", at("failed", 2), at("failed", 2), false],
    ["a build that may fix it", "failed", at("failed", 2), at("building", 3), false],
    ["its app is starting", "failed", at("failed", 2), at("starting", 3), false],
    ["failed again", "failed", at("failed", 2), at("failed", 3), true],
    ["fixed", "failed", at("failed", 2), at("ready", 3), true],
  ];
  for (const [name, kind, first, now, want] of rows) assert.equal(outlived(kind, first, now), want, name);
});
