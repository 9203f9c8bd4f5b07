// Keeps a websocket open while the page is visible.

import { follows, parse, PROTOCOL, type ClientMessage, type ServerMessage } from "./protocol.ts";

/** How long to wait, in milliseconds, for an answer to a hello on an open socket before opening a new one. */
const ANSWER_WAIT = 2000;

/** Milliseconds to wait before attempt n, from 0: 250, doubled each time up to 5,000, minus at most half of it by chance. */
export function backoff(attempt: number, chance: number): number {
  return Math.min(5000, 250 * 2 ** Math.min(attempt, 10)) * (1 - chance / 2);
}

export interface Options {
  readonly url: string;
  /** Returns the first message of a connection. */
  readonly hello: () => ClientMessage;
  readonly receive: (message: ServerMessage) => void;
  /** Called when a connection ends that the page did not close, with how many have in a row. */
  readonly lost: (times: number) => void;
}

export class Socket {
  readonly #options: Options;
  #ws: WebSocket | undefined;
  #last = { server: "", seq: 0 };
  #synced = false; // the hub has answered the newest hello
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #unsent: ClientMessage[] = [];

  constructor(options: Options) {
    this.#options = options;
    // An open socket keeps a page out of the back/forward cache.
    addEventListener("pagehide", () => this.#disconnect());
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.#wake();
    });
    addEventListener("online", () => this.#wake());
    document.addEventListener("visibilitychange", () => this.#wake());
    this.#connect();
  }

  /** Sends now or once connected. It keeps 20 messages at most. */
  send(message: ClientMessage): void {
    // A socket that is closing has sent no event yet, and complains on the console.
    if (this.#synced && this.#ws?.readyState === WebSocket.OPEN) {
      this.#ws.send(JSON.stringify(message));
    } else if (this.#unsent.length < 20) {
      this.#unsent.push(message);
    }
  }

  /** The page was asleep and may have missed messages. */
  #wake(): void {
    if (document.hidden) return;
    if (this.#ws?.readyState === WebSocket.OPEN) {
      this.#resync();
    } else if (this.#ws === undefined) {
      this.#attempt = 0;
      this.#connect();
    }
  }

  #resync(): void {
    const ws = this.#ws;
    if (ws?.readyState !== WebSocket.OPEN) return;
    ws.send(JSON.stringify(this.#options.hello()));
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      if (ws !== this.#ws) return;
      this.#disconnect();
      this.#connect();
    }, ANSWER_WAIT);
  }

  #connect(): void {
    clearTimeout(this.#retry);
    const ws = new WebSocket(this.#options.url, PROTOCOL);
    this.#ws = ws;
    this.#synced = false;
    ws.onopen = () => {
      // The page may have left and come back in the meantime.
      if (ws === this.#ws) ws.send(JSON.stringify(this.#options.hello()));
    };
    ws.onmessage = (event) => {
      if (ws !== this.#ws) return;
      const message = parse(String(event.data));
      if (message === undefined || (!this.#synced && message.type !== "hello")) return;
      if (!follows(this.#last, message)) {
        this.#synced = false; // later messages are useless until the answer
        this.#resync();
        return;
      }
      this.#last = { server: message.server, seq: message.seq };
      this.#options.receive(message);
      if (message.type !== "hello") return;
      clearTimeout(this.#silence);
      this.#synced = true;
      this.#attempt = 0;
      for (const waiting of this.#unsent.splice(0)) ws.send(JSON.stringify(waiting));
    };
    ws.onclose = () => {
      if (ws !== this.#ws) return;
      this.#ws = undefined;
      this.#synced = false;
      const wait = backoff(this.#attempt++, Math.random());
      this.#options.lost(this.#attempt);
      this.#retry = setTimeout(() => {
        if (!document.hidden && this.#ws === undefined) this.#connect();
      }, wait);
    };
  }

  #disconnect(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    const ws = this.#ws;
    this.#ws = undefined; // so that its close event does not count as a loss
    this.#synced = false;
    ws?.close();
  }
}
