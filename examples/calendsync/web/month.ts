// The grid: opens entries, moves them by dragging, and is drawn again, by the
// server's own template, when the entries change.

import { move, reason, type Entry } from "./api.ts";
import { element, say } from "./dom.ts";

export class Month {
  /** Called when somebody opens an entry, or a day for a new one. */
  onOpen: (entry: Entry) => void = () => {};

  readonly #place: HTMLElement;
  readonly #notice: HTMLElement;
  #dragged: HTMLElement | undefined;
  #refreshing = false;
  #stale = false; // somebody asked while it could not be done

  constructor(place: HTMLElement, notice: HTMLElement) {
    this.#place = place;
    this.#notice = notice;
    place.addEventListener("click", (event) => this.#click(event));
    place.addEventListener("dragstart", (event) => this.#dragStart(event));
    place.addEventListener("dragover", (event) => this.#dragOver(event));
    place.addEventListener("drop", (event) => this.#drop(event));
    place.addEventListener("dragend", () => this.#dragEnd());
  }

  /** Sees to it that the grid shows this revision. */
  follow(revision: string): void {
    if (revision !== element("month", HTMLElement).dataset["revision"]) this.refresh();
  }

  /** Draws the grid again, at once or as soon as that disturbs nobody. */
  refresh(): void {
    this.#stale = true;
    if (!this.#refreshing && !this.#dragged) void this.#redraw();
  }

  async #redraw(): Promise<void> {
    this.#refreshing = true;
    try {
      while (this.#stale && !this.#dragged) {
        this.#stale = false;
        const answer = await fetch(`/month/${element("month", HTMLElement).dataset["month"]}/grid`);
        if (!answer.ok) throw new Error(`The calendar answered ${answer.status}.`);
        this.#show(await answer.text());
      }
    } catch {
      // The stream of revisions has ended, too; it tells the current one when
      // it is back.
    } finally {
      this.#refreshing = false;
    }
  }

  #show(html: string): void {
    if (this.#dragged) {
      this.#stale = true;
      return;
    }
    const focused = this.#place.contains(document.activeElement) ? document.activeElement?.id : undefined;
    const grid = new DOMParser().parseFromString(html, "text/html").getElementById("month");
    if (!grid) return;
    this.#place.replaceChildren(grid);
    element("summary", HTMLElement).textContent = grid.dataset["summary"] ?? "";
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  #click(event: MouseEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab, please
    const target = event.target instanceof Element ? event.target : undefined;
    const link = target?.closest<HTMLElement>(".entry");
    const date = target?.closest<HTMLElement>(".day")?.dataset["date"];
    if (link) this.onOpen(entryOf(link));
    else if (date) this.onOpen({ id: "", title: "", date, time: "", kind: "" });
    else return;
    event.preventDefault();
  }

  #dragStart(event: DragEvent): void {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>(".entry") : undefined;
    if (!link || !event.dataTransfer) return;
    this.#dragged = link;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", link.dataset["title"] ?? "");
    link.classList.add("dragged");
  }

  #dragOver(event: DragEvent): void {
    if (!this.#dragged) return;
    this.#mark(dayAt(event));
    if (dayAt(event)) event.preventDefault(); // may be dropped here
  }

  #drop(event: DragEvent): void {
    const link = this.#dragged;
    const date = dayAt(event)?.dataset["date"];
    if (!link || !date) return;
    event.preventDefault();
    const { id, date: from } = entryOf(link);
    if (date !== from) void this.#move(id, date);
  }

  #dragEnd(): void {
    this.#dragged?.classList.remove("dragged");
    this.#dragged = undefined;
    this.#mark(undefined);
    if (this.#stale) this.refresh();
  }

  async #move(id: string, date: string): Promise<void> {
    try {
      await move(id, date);
      say(this.#notice, "");
    } catch (thrown) {
      say(this.#notice, reason(thrown));
    }
    this.refresh();
  }

  /** Marks the day that a dragged entry is over. */
  #mark(day: HTMLElement | undefined): void {
    for (const marked of this.#place.querySelectorAll(".over")) {
      if (marked !== day) marked.classList.remove("over");
    }
    day?.classList.add("over");
  }
}

function dayAt(event: DragEvent): HTMLElement | undefined {
  return (event.target instanceof Element && event.target.closest<HTMLElement>(".day")) || undefined;
}

function entryOf({ dataset }: HTMLElement): Entry {
  const { id = "", title = "", date = "", time = "", kind = "" } = dataset;
  return { id, title, date, time, kind };
}
