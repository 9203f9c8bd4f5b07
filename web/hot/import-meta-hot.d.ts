// What import.meta.hot is in pages that devtool serves: undefined without hot
// updates and in production. It is a part of what Vite gives modules; projects
// that have "vite/client" among their types need no other declaration.

interface ImportMeta {
  readonly hot?: HotModule;
}

interface HotModule {
  /** What the module leaves to its next version. */
  readonly data: any;

  /** The module takes updates of itself: its next version is evaluated, and callback gets what that exports. */
  accept(callback?: (news: any) => void): void;
  /** The module takes updates of one that it imports: callback gets what the new version exports. */
  accept(dependency: string, callback: (news: any) => void): void;
  /** The same for several; callback gets undefined for those that have not changed. */
  accept(dependencies: readonly string[], callback: (news: any[]) => void): void;

  /** Callback runs before the next version of the module is evaluated. */
  dispose(callback: (data: any) => void): void;
  /** The module cannot take the update that it was given: pages reload. */
  invalidate(message?: string): void;

  on(event: HotEvent, callback: (payload: any) => void): void;
  off(event: HotEvent, callback: (payload: any) => void): void;
}

type HotEvent = "vite:beforeUpdate" | "vite:afterUpdate" | "vite:beforeFullReload" | "vite:invalidate";
