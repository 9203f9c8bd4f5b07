// One websocket that is there whenever the page can be seen.

import { follows, parse, PROTOCOL, type ClientMessage, type ServerMessage } from "./protocol.ts";

/** A visible page asks after this long in vain once, then takes the socket for dead. */
const ANSWER_WAIT = 2000;

/** Milliseconds to wait before attempt n (from 0): 250 doubling to 5,000, less up to half by chance. */
export function backoff(attempt: number, chance: number): number {
  return Math.min(5000, 250 * 2 ** Math.min(attempt, 10)) * (1 - chance / 2);
}

export interface Options {
  readonly url: string;
  /** Made anew for every connection. */
  readonly hello: () => ClientMessage;
  readonly receive: (message: ServerMessage) => void;
  /** Called when a connection ends that the page did not give up by itself, with how many times in a row. */
  readonly lost: (times: number) => void;
}

export class Socket {
  readonly #options: Options;
  #ws: WebSocket | undefined;
  #last = { server: "", seq: 0 };
  #synced = false; // the newest hello has been answered
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

  /** Sends now or, at most a few messages, once connected. */
  send(message: ClientMessage): void {
    // One that is closing has not told so yet, and complains on the console.
    if (this.#synced && this.#ws?.readyState === WebSocket.OPEN) {
      this.#ws.send(JSON.stringify(message));
    } else if (this.#unsent.length < 20) {
      this.#unsent.push(message);
    }
  }

  /** The page was asleep, so frames may have been lost without a word. */
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
      // The page may have left before it heard, and come back since.
      if (ws === this.#ws) ws.send(JSON.stringify(this.#options.hello()));
    };
    ws.onmessage = (event) => {
      if (ws !== this.#ws) return;
      const message = parse(String(event.data));
      if (message === undefined || (!this.#synced && message.type !== "hello")) return;
      if (!follows(this.#last, message)) {
        this.#synced = false; // what follows is of no use until the answer
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
    this.#ws = undefined; // so that its close event is not taken for a loss
    this.#synced = false;
    ws?.close();
  }
}
