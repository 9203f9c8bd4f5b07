// Components of React, by react-refresh.

import refresh from "react-refresh/runtime";
import type { Namespace } from "./types.ts";

/** Makes react-dom report to react-refresh. It must be called before react-dom is evaluated. */
export function startRefresh(): void {
  refresh.injectIntoGlobalHook(globalThis);
}

/** Registers the components of a module, which has been evaluated. */
export function registerComponents(id: string, exports: Namespace, components: Namespace): void {
  for (const [name, value] of Object.entries(components)) {
    if (isComponent(value) || isReactType(value)) refresh.register(value, `${id} ${name}`);
  }
  for (const [name, value] of entries(exports)) {
    if (isComponent(value)) refresh.register(value, `${id} ${name}`);
    else if (isCompound(value)) {
      for (const [part, type] of Object.entries(value)) refresh.register(type, `${id} ${name}.${part}`);
    }
  }
}

/** Notes how a component or a custom hook calls hooks. */
export function sign(type: unknown, signature: string | readonly [key: string, reset: boolean]): void {
  if (typeof type !== "function" && (typeof type !== "object" || type === null)) return;
  const [key, reset] = typeof signature === "string" ? [signature, false] as const : signature;
  refresh.setSignature(type, key, reset);
}

/** Renders what has changed. It throws what a component throws. */
export function renderComponents(): void {
  refresh.performReactRefresh();
}

/**
 * Why a new version of a module cannot take the place of the old one in pages
 * that keep what they have of its importers; "" if it can. Importers hold the
 * old exports: of components, the new ones are rendered in their place.
 */
export function incompatible(before: readonly Entry[], after: readonly Entry[]): string {
  const was = new Map(before);
  for (const [name, value] of after) {
    if (!was.has(name)) return `it exports ${name} now`;
    if (!isComponent(value) && !isCompound(value) && was.get(name) !== value) return `its export ${name} is not a component`;
    was.delete(name);
  }
  for (const name of was.keys()) return `it does not export ${name} any more`;
  return "";
}

export type Entry = readonly [name: string, value: unknown];

/** The exports of a module, without those that cannot be read yet because of a cycle of imports. */
export function entries(exports: Namespace): Entry[] {
  const all: Entry[] = [];
  for (const name of Object.keys(exports)) {
    if (name === "__esModule") continue;
    try {
      all.push([name, exports[name]]);
    } catch {
      all.push([name, undefined]);
    }
  }
  return all;
}

const isComponent = (value: unknown): boolean => refresh.isLikelyComponentType(value);

/** Whether a value is a type that React made, such as what lazy() returns. */
const isReactType = (value: unknown): boolean =>
  typeof value === "object" && value !== null && typeof Object.getOwnPropertyDescriptor(value, "$$typeof")?.value === "symbol";

/** Whether a value is an object of components, as `Menu` in `<Menu.Item>`. */
function isCompound(value: unknown): value is Namespace {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  const parts = Object.values(value);
  return parts.length > 0 && parts.every(isComponent);
}
