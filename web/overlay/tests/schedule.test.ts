import assert from "node:assert/strict";
import { test } from "node:test";
import type { Problem } from "../protocol.ts";
import { opens, order, schedule, type Situation, type Step } from "../schedule.ts";

const problem: Problem = {
  id: "1", source: "go", label: "Go", severity: "error", message: "", file: undefined, line: undefined, column: undefined,
  notes: undefined, excerpt: undefined, output: undefined, frames: undefined,
};
const error = [problem];
const warning = [{ ...problem, severity: "warning" }];
const thrown = [{ ...problem, source: "runtime" }];
/** A build has failed and the app of the build before serves. */
const failed: Situation = { shown: false, wish: "none", problems: error, busy: false, full: false };

const table: { name: string; situation?: Partial<Situation>; want: Step }[] = [
  { name: "a newer save may fix it", want: "wait" },
  { name: "no problem", situation: { problems: [] }, want: "hide" },
  { name: "fixed", situation: { problems: [], shown: true }, want: "hide" },
  { name: "fixed, opened by hand", situation: { problems: [], shown: true, wish: "open" }, want: "hide" },
  { name: "a build runs that may fix it", situation: { busy: true }, want: "stay" },
  { name: "a build runs while it is open", situation: { busy: true, shown: true }, want: "show" },
  { name: "other problems while it is open", situation: { shown: true }, want: "show" },
  { name: "closed by hand", situation: { wish: "closed" }, want: "stay" },
  { name: "only a warning", situation: { problems: warning }, want: "hide" },
  { name: "only a warning, opened by hand", situation: { problems: warning, shown: true, wish: "open" }, want: "show" },
  { name: "only a warning is left", situation: { problems: warning, shown: true }, want: "hide" },
  { name: "only what the page threw", situation: { problems: thrown }, want: "hide" },
  { name: "what the page threw, opened by hand", situation: { problems: thrown, shown: true, wish: "open" }, want: "show" },
  { name: "a warning beside an error", situation: { problems: [...warning, ...error] }, want: "wait" },
  { name: "no app", situation: { full: true }, want: "show" },
  { name: "no app, a build runs", situation: { full: true, busy: true }, want: "show" },
  { name: "no app, closed by hand", situation: { full: true, wish: "closed" }, want: "stay" },
  { name: "no app, only a warning", situation: { full: true, problems: warning }, want: "hide" },
];

for (const { name, situation, want } of table) {
  test(`schedule: ${name}`, () => assert.equal(schedule({ ...failed, ...situation }), want));
}

test("what opens the panel by itself", () => {
  const of = (source: string, severity = "error") => opens({ ...problem, source, severity });
  assert.deepEqual([of("go"), of("crash"), of("runtime"), of("go", "warning"), of("crash", "warning")], [true, true, false, false, false]);
});

test("errors come first, and why there is no app before all", () => {
  const set = [
    { ...problem, id: "w", severity: "warning" }, { ...problem, id: "a" }, { ...problem, id: "c", source: "crash" },
    { ...problem, id: "h", source: "crash", severity: "warning" }, { ...problem, id: "b" },
  ];
  const ids = (full: boolean) => order(set, full).map(({ id }) => id).join("");
  assert.equal(ids(false), "acbwh");
  assert.equal(ids(true), "cabwh");
});
