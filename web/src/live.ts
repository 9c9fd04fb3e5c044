/** The live feed carries small facts; the page lets them in when the person says so. */
import { all, make, one, say } from "./dom";
import { now } from "./lights";
import { watchLooking } from "./looking";
import { changedCase } from "./meanwhile";
import { replaceRow } from "./swaps";
import { t } from "./words";

type Fact = { topic: string; id: number | string; version: number };

const fresh = new Set<string>();
const changed = new Set<string>();
const unknown = new Set<string>();
const ASK_AFTER_MS = 1500;
const ASKED_MOST = 60;
let lastData = Date.now();
let lost: number | undefined;
let asking: number | undefined;
let telling: number | undefined;
const TELL_AFTER_MS = 300; // one move may write several lines

function row(id: string | number): HTMLTableRowElement | null {
  return document.getElementById(`case-${id}`) as HTMLTableRowElement | null;
}

/** The bar at the foot of the list, where it pushes no row away: what is new waits there until asked for; no row moves by itself. */
function bar(): void {
  const place = one("[data-let-in]");
  if (!place) return;
  const [n, m] = [fresh.size, changed.size];
  place.hidden = n + m === 0;
  if (place.hidden) return;
  let words = t("有 {n} 件新案件，按 R 显示", { n });
  if (n && m) words = t("有 {n} 件新案件、{m} 件有变化，按 R 显示", { n, m });
  else if (m) words = t("有 {m} 件有变化，按 R 重新排列", { m });
  let button = one<HTMLButtonElement>("#let-in", place);
  if (!button) {
    button = make("button", { type: "button", id: "let-in", class: "let-in" });
    button.addEventListener("click", letIn);
    place.replaceChildren(button);
  }
  button.textContent = words;
  if (n) say(t("新增 {n} 件", { n }));
}

/** Of the cases not shown here, which belong to this list: the server knows, the feed does not. */
async function askForNews(): Promise<void> {
  const address = one("[data-list]")?.dataset.newsUrl;
  const ids = [...unknown].slice(0, ASKED_MOST);
  unknown.clear();
  if (!address || !ids.length) return;
  const answer = await fetch(`${address}&ids=${ids.join(",")}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const told = (await answer.json()) as { here: number[] };
  for (const id of told.here) if (!row(id)) fresh.add(String(id));
  bar();
}

export function letIn(): void {
  if (!(fresh.size + changed.size)) return;
  const list = one("[data-list]")?.dataset.listUrl; // a case open beside it has put its own address there
  if (list && list !== location.pathname + location.search) location.assign(list);
  else location.reload();
}

/** A changed row is fetched alone and swapped where it stands, unless someone is in it. */
async function refresh(line: HTMLTableRowElement, fact: Fact): Promise<void> {
  line.dataset.version = String(fact.version);
  const address = line.closest<HTMLElement>("[data-list]")?.dataset.rowUrl?.replace("{id}", String(fact.id));
  if (!address || line.contains(document.activeElement)) {
    line.classList.add("is-changed");
    return;
  }
  const open = line.hasAttribute("aria-current");
  await replaceRow(address, line);
  const next = row(fact.id);
  next?.classList.add("is-changed");
  if (open) next?.setAttribute("aria-current", "true");
}

function heard(fact: Fact): void {
  if (fact.topic !== "case" && fact.topic !== one("[data-list]")?.dataset.topic) return;
  const line = row(fact.id);
  if (line) {
    if (Number(line.dataset.version ?? 0) < fact.version) {
      changed.add(String(fact.id));
      void refresh(line, fact).then(bar);
    }
  } else if (one("[data-list]")?.dataset.newsUrl) {
    unknown.add(String(fact.id));
    clearTimeout(asking);
    asking = window.setTimeout(() => void askForNews(), ASK_AFTER_MS);
  }
  const open = one("#case");
  if (open?.dataset.caseId === String(fact.id) && Number(open.dataset.version ?? 0) < fact.version) {
    clearTimeout(telling);
    telling = window.setTimeout(() => void changedCase(open), TELL_AFTER_MS);
  }
}

function silent(): void {
  const at = new Date(now() - (Date.now() - lastData));
  const clock = `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
  const line = one("[data-feed-line]");
  if (line) line.textContent = t("数据停在 {time}，正在重连。可以继续办理。", { time: clock });
}

function connected(): void {
  clearTimeout(lost);
  lost = undefined;
  lastData = Date.now();
  for (const line of all("[data-feed-line]")) line.textContent = "";
}

export function listen(): void {
  const { liveUrl, liveTopics = "desk" } = document.body.dataset;
  if (!liveUrl || !("EventSource" in window)) return;
  const feed = new EventSource(`${liveUrl}/feed?topics=${encodeURIComponent(liveTopics)}`, { withCredentials: true });
  watchLooking(feed);
  feed.onopen = connected;
  feed.onmessage = (event) => {
    connected();
    try {
      heard(JSON.parse(event.data as string) as Fact);
    } catch {
      // a line that is no fact is passed over
    }
  };
  feed.onerror = () => {
    lost ??= window.setTimeout(silent, 10_000);
  };
  window.addEventListener("pagehide", () => feed.close());
}
