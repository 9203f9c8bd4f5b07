// How many tabs have the calendar open, told by the server over a websocket.

import { Backoff } from "./backoff.ts";
import { say } from "./dom.ts";

function label(here: number): string {
  if (here < 2) return "Only you here";
  // edit me: label
  return `${here} people here`;
}

/** Shows how many are here for as long as the page is open. */
export function watchPresence(place: HTMLElement): void {
  const backoff = new Backoff();
  const connect = (): void => {
    const socket = new WebSocket("/api/presence");
    socket.addEventListener("open", () => backoff.reset());
    socket.addEventListener("message", (event: MessageEvent<unknown>) => {
      const here = parse(event.data);
      if (here !== undefined) say(place, label(here));
    });
    // The last number stays meanwhile: while one process follows another,
    // nobody has left.
    socket.addEventListener("close", () => setTimeout(connect, backoff.next()));
  };
  connect();
}

function parse(data: unknown): number | undefined {
  const value: unknown = typeof data === "string" ? JSON.parse(data) : undefined;
  if (typeof value !== "object" || value === null || !("here" in value)) return undefined;
  return typeof value.here === "number" ? value.here : undefined;
}
