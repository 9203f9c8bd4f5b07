import { Backoff } from "./backoff.ts";

/**
 * Tells the revision of the entries, now and after each change. A browser
 * reconnects a stream that ends, but gives up on one that is refused.
 */
export function watchRevision(tell: (revision: string) => void): void {
  const backoff = new Backoff();
  const connect = (): void => {
    const events = new EventSource("/api/events");
    events.addEventListener("open", () => backoff.reset());
    events.addEventListener("revision", (event: MessageEvent<string>) => tell(event.data));
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) setTimeout(connect, backoff.next());
    });
  };
  connect();
}
