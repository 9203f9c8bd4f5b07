/** The element of that id, which the templates promise to be of that class. */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} with the id ${id}`);
}

/** Shows a text for people, or hides its place. */
export function say(place: HTMLElement, text: string): void {
  place.textContent = text;
  place.hidden = text === "";
}

/** A field of a form as text. */
export function field(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value : "";
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
