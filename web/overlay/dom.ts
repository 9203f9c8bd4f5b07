// Makes elements without markup: text from elsewhere can become nothing but a text node.

type Attributes = Readonly<Record<string, string | number | boolean | EventListener>>;

/** Makes an element. A function listens to the event with its name; true sets an empty attribute, false none. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** The drawing of a button that closes something. */
export const CROSS = "M4 4l8 8M12 4l-8 8";

/** A button without text. The key identifies it across redraws. */
export function iconButton(key: string, name: string, path: string, run: () => void): HTMLElement {
  return h("button", { type: "button", title: name, "aria-label": name, "data-key": key, click: run }, icon(path));
}

/** A 16-pixel line drawing in the colour of the text. */
export function icon(path: string): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "path");
  const attributes = {
    viewBox: "0 0 16 16", width: 16, height: 16, fill: "none", stroke: "currentColor",
    "stroke-width": 1.6, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": true,
  };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, String(value));
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages over plain HTTP from another machine have no clipboard object.
    const area = h("textarea", { style: "position:fixed;opacity:0" });
    area.value = text;
    document.documentElement.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
