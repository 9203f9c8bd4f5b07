// Joins the parts. Every other module has no effect when it is imported.

import { Dialog } from "./dialog.ts";
import { element } from "./dom.ts";
import { Month } from "./month.ts";
import { watchRevision } from "./live.ts";
import { watchPresence } from "./presence.ts";
import { quickForm } from "./quick.ts";
import { watchProcess } from "./strip.ts";

const month = new Month(element("calendar", HTMLElement), element("notice", HTMLElement));
const dialog = new Dialog(() => month.refresh());

month.onOpen = (entry) => dialog.show(entry);
quickForm(element("quick", HTMLFormElement), element("notice", HTMLElement), () => month.refresh());
watchRevision((revision) => month.follow(revision));
watchPresence(element("presence", HTMLElement));
if (document.getElementById("strip")) void watchProcess();
