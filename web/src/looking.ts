/** Who else looks at this case: the page says what it shows, the feed says who else does. */
import { all, one, say } from "./dom";
import { t } from "./words";

type Told = { id: number; names: string[]; count: number };

const STILL_EVERY_MS = 8_000;
let stream = "";
let shown = "0";
let told: Told | undefined;

function caseHere(): string {
  return one("#case")?.dataset.caseId ?? "0";
}

/** Says which case is shown; a page that nobody sees says nothing, and is let go of. */
async function tell(again: boolean): Promise<void> {
  const { liveUrl } = document.body.dataset;
  const here = caseHere();
  if (!liveUrl || !stream || document.hidden || (here === shown && (!again || here === "0"))) return;
  shown = here;
  const body = `${stream} ${here}`;
  await fetch(`${liveUrl}/feed/at`, { method: "POST", credentials: "include", body }).catch(() => null);
}

function draw(): void {
  const line = one("[data-looking]");
  if (!line) return;
  const here = told && String(told.id) === caseHere() ? told : undefined;
  line.hidden = !here?.count;
  const words = one("[data-looking-words]", line) ?? line;
  if (!here?.count) {
    words.textContent = "";
    return;
  }
  const names = here.names.join(t("、"));
  const sentence =
    here.count > here.names.length
      ? t("{names} 等 {n} 人正在查看", { names, n: here.count })
      : t("{names} 正在查看", { names });
  if (words.textContent !== sentence) say(sentence);
  words.textContent = sentence;
}

function swapped(): void {
  draw();
  void tell(false);
}

/** Listens on the page's own feed. */
export function watchLooking(feed: EventSource): void {
  feed.addEventListener("hello", (event) => {
    stream = (JSON.parse((event as MessageEvent<string>).data) as { stream: string }).stream;
    shown = "0";
    void tell(false);
  });
  feed.addEventListener("looking", (event) => {
    told = JSON.parse((event as MessageEvent<string>).data) as Told;
    draw();
  });
  feed.addEventListener("error", () => {
    stream = "";
    told = undefined; // who is there now, nobody knows
    for (const line of all("[data-looking]")) line.hidden = true;
  });
  document.addEventListener("htmx:after:swap", swapped);
  document.addEventListener("visibilitychange", () => void tell(true));
  window.setInterval(() => void tell(true), STILL_EVERY_MS);
}
