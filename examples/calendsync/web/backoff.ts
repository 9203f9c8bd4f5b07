const first = 100; // ms: a process that is being replaced is back at once
const most = 8000;

/** How long to wait before trying again. */
export class Backoff {
  #wait = first;

  /** In milliseconds; not the same for every tab, lest they come all at once. */
  next(): number {
    const wait = this.#wait;
    this.#wait = Math.min(2 * wait, most);
    return wait * (0.75 + Math.random() / 2);
  }

  reset(): void {
    this.#wait = first;
  }
}
