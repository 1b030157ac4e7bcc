// What pages do beyond links and forms. Everything here is an addition: without it each page still works.
import { keepTimeZone } from "./zone.js";
import { closeMenus } from "./menus.js";
import { tickRows } from "./selection.js";
import { loadOlder } from "./older.js";
import { compose } from "./compose.js";
import { findKind } from "./finder.js";
import { listenToKeys } from "./keyboard.js";
import { followMail } from "./live.js";
import { followOutgoing } from "./outgoing.js";

document.documentElement.classList.add("scripted");
keepTimeZone();
closeMenus();
tickRows();
loadOlder();
compose();
findKind();
listenToKeys();
followOutgoing();
followMail();
document.querySelector(".rowlink[aria-current]")?.scrollIntoView({ block: "nearest" });
