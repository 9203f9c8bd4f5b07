// The dialog for one entry. What it shows is in the URL as well, so that a
// reload opens it again.

import { reason, remove, save, type Entry } from "./api.ts";
import { element, field, say } from "./dom.ts";

export class Dialog {
  readonly #dialog = element("dialog", HTMLDialogElement);
  readonly #form = element("entry", HTMLFormElement);
  readonly #problem = element("problem", HTMLElement);
  readonly #changed: () => void;

  /** Tells of each entry it has saved or deleted. */
  constructor(changed: () => void) {
    this.#changed = changed;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit(event.submitter?.id === "delete");
    });
    element("cancel", HTMLElement).addEventListener("click", (event) => {
      event.preventDefault();
      this.#dialog.close();
    });
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close(); // beside the form
    });
    this.#dialog.addEventListener("close", () => history.replaceState(null, "", location.pathname));
    if (this.#dialog.open) this.#openModal(); // the server opened it
  }

  show(entry: Entry): void {
    const known = entry.id !== "";
    this.#form.dataset["id"] = entry.id;
    this.#form.action = known ? `/entries/${entry.id}` : "/entries";
    element("dialog-name", HTMLElement).textContent = known ? "Change the entry" : "New entry";
    element("entry-title", HTMLInputElement).value = entry.title;
    element("entry-date", HTMLInputElement).value = entry.date;
    element("entry-time", HTMLInputElement).value = entry.time;
    const kind = element("entry-kind", HTMLSelectElement);
    kind.value = entry.kind;
    if (kind.selectedIndex < 0) kind.selectedIndex = 0;
    element("delete", HTMLElement).hidden = !known;
    say(this.#problem, "");
    history.replaceState(null, "", known ? `?entry=${entry.id}` : `?day=${entry.date}`);
    this.#openModal();
  }

  #openModal(): void {
    this.#dialog.removeAttribute("open"); // not close(), which is heard
    this.#dialog.showModal();
    element("entry-title", HTMLInputElement).focus();
  }

  async #submit(deletes: boolean): Promise<void> {
    const id = this.#form.dataset["id"] ?? "";
    const [title, date, time, kind] = ["title", "date", "time", "kind"].map((name) => field(this.#form, name));
    try {
      if (deletes) await remove(id);
      else await save({ id, title: title ?? "", date: date ?? "", time: time ?? "", kind: kind ?? "" });
      this.#dialog.close();
      this.#changed();
    } catch (thrown) {
      say(this.#problem, reason(thrown));
    }
  }
}
