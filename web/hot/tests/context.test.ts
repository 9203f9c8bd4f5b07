import assert from "node:assert/strict";
import { test } from "node:test";
import { Context, Events, type Host } from "../context.ts";
import type { Namespace } from "../types.ts";

const host = (): Host & { invalid: string[] } => {
  const invalid: string[] = [];
  return { invalid, events: new Events(), invalidate: (id, message) => void invalid.push(`${id}: ${message}`) };
};

test("dependencies: one, several, unknown", () => {
  const hot = new Context("a", {}, host());
  const got: unknown[] = [];
  hot.accept("./b", (b: Namespace) => got.push(b));
  hot.accept(["./b", "./c"], (all: unknown[]) => got.push(all));
  hot.accept("./d");
  const news = { x: 1 };
  hot.acceptors("./b")?.(news);
  assert.deepEqual(got, [news, [news, undefined]]);
  assert.ok(hot.acceptors("./d"), "accepted without a function");
  assert.equal(hot.acceptors("./e"), undefined);
  assert.equal(hot.selfAcceptors().length, 0);
});

test("itself: the function gets the new exports", () => {
  const hot = new Context("a", {}, host());
  hot.accept();
  const got: unknown[] = [];
  hot.accept((news: Namespace) => got.push(news));
  for (const call of hot.selfAcceptors()) call({ x: 2 });
  assert.deepEqual(got, [{ x: 2 }]);
});

test("data and events go with the module", () => {
  const h = host();
  const data = {};
  const hot = new Context("a", data, h);
  const got: unknown[] = [];
  hot.on("vite:beforeUpdate", (payload) => got.push(payload));
  hot.dispose((d) => Object.assign(d, { kept: 1 }));
  h.events.emit("vite:beforeUpdate", 1);
  hot.end();
  h.events.emit("vite:beforeUpdate", 2);
  assert.deepEqual([got, data], [[1], { kept: 1 }]);
  hot.invalidate("why");
  assert.deepEqual(h.invalid, ["a: why"]);
});
