/** Residents' pages: everything here only helps; each page works without it. */
import "./css/portal.css";
import "./css/report.css";
import { all } from "./dom";
import { watchForms } from "./forms";
import { keepDrafts } from "./keep";
import { tickLights } from "./lights";
import { watchPhotos } from "./photos";
import { watchMaps, watchPlaces } from "./place";
import { offerReceipt } from "./receipt";
import { offerSpeech } from "./speak";

/** The page that says the database is gone asks again by itself, and comes back when it may. */
function retry(): void {
  const seconds = Number(document.body.dataset.retry ?? 0);
  if (!seconds) return;
  for (const line of all("[data-needs-script]")) line.hidden = false;
  window.setInterval(async () => {
    const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    if (answer && answer.status !== 503) location.reload();
  }, seconds * 1000);
}

document.documentElement.classList.add("js");
retry();
watchPhotos();
watchPlaces();
keepDrafts();
watchForms();
watchMaps();
offerSpeech();
offerReceipt();
tickLights();
