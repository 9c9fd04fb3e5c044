/** The desk: keys, list, case pane, live facts. Each page works without it. */
import "./css/desk.css";
import "./css/people.css";
import { watchForms } from "./forms";
import { keepDrafts } from "./keep";
import { watchKeys } from "./keys";
import { tickLights } from "./lights";
import { watchList } from "./list";
import { listen } from "./live";
import { watchMoves } from "./moves";
import { watchPasskeys } from "./passkey";
import { watchPhotos } from "./photos";
import { watchMaps, watchPlaces } from "./place";
import { watchSwaps } from "./swaps";

/** What a page brings along, and what a swapped panel brings anew. */
function wake(): void {
  watchPhotos();
  watchPlaces();
  watchMaps();
  keepDrafts();
}

document.documentElement.classList.add("js");
watchSwaps();
watchList();
watchMoves();
watchKeys();
watchForms();
watchPasskeys();
wake();
document.addEventListener("htmx:after:swap", wake);
tickLights();
listen();
