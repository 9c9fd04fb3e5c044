/** Residents' pages: everything here only helps; each page works without it. */
import "./css/portal.css";
import "./css/report.css";
import { all, one } from "./dom";
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

const LOOK_EVERY_MS = 45_000;

/** A report's page asks now and then whether it moved on, and says so; it never changes by itself. */
function lookForNews(): void {
  const line = one("[data-news]");
  if (!line) return;
  const ask = async (): Promise<void> => {
    if (document.hidden || !line.hidden) return;
    const answer = await fetch(line.dataset.news ?? "", { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    const told = (await answer.json()) as { version: number };
    if (told.version > Number(line.dataset.version)) line.hidden = false;
  };
  window.setInterval(() => void ask(), LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => void ask());
}

document.documentElement.classList.add("js");
retry();
lookForNews();
watchPhotos();
watchPlaces();
keepDrafts();
watchForms();
watchMaps();
offerSpeech();
offerReceipt();
tickLights();
