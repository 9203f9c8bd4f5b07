import { add, reason } from "./api.ts";
import { element, field, say } from "./dom.ts";

/** Adds entries without leaving the page; the day stays for the next one. */
export function quickForm(form: HTMLFormElement, notice: HTMLElement, added: () => void): void {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const title = element("quick-title", HTMLInputElement);
    try {
      await add(title.value, field(form, "date"));
      title.value = "";
      say(notice, "");
      added();
    } catch (thrown) {
      say(notice, reason(thrown));
    }
  });
}
