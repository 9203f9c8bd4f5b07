declare module "react-refresh/runtime" {
  const runtime: {
    injectIntoGlobalHook(global: typeof globalThis): void;
    register(type: unknown, id: string): void;
    setSignature(type: unknown, key: string, reset?: boolean, hooks?: () => unknown[]): void;
    isLikelyComponentType(value: unknown): boolean;
    performReactRefresh(): unknown;
  };
  export default runtime;
}
