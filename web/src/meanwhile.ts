/** The open case moved under somebody's hand: nothing is replaced; a line says who did what. */
import { all, make, one } from "./dom";
import { replaceRow } from "./swaps";
import { t } from "./words";

type Meanwhile = { lines: string[]; stage: string; moves: string[] };
type Typed = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const FIELDS = ".move-form :is(textarea, select, input:not([type=hidden],[type=file],[type=radio],[type=checkbox]))";
const SHOWN_MOST = 3;

const defaultOf = (field: Typed): string =>
  field instanceof HTMLSelectElement
    ? ([...field.options].find((option) => option.defaultSelected)?.value ?? field.options[0]?.value ?? "")
    : field.defaultValue;

/** The fields in which something else stands than the page brought. */
function written(): Typed[] {
  return all<Typed>(FIELDS).filter((field) => field.value !== defaultOf(field));
}

/** What happened since this page was made: the server knows, the feed does not. */
export async function changedCase(open: HTMLElement): Promise<void> {
  const address = open.dataset.meanwhile;
  const answer = address ? await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null) : null;
  if (!open.isConnected) return;
  if (answer?.ok) show(open, sentences((await answer.json()) as Meanwhile));
  else if (answer?.status === 404) show(open, [t("这件案件已转到别处，您看不到它的新情况了。")]);
  else show(open, [t("这件案件刚刚有变化。"), ...kept()]);
}

function sentences(now: Meanwhile): string[] {
  const shown = now.lines.slice(-SHOWN_MOST);
  const said = [shown.length ? t("{did}，现在{stage}。", { did: shown.join(t("；")), stage: now.stage }) : t("这件案件刚刚有变化。")];
  const form = one(".move-form.is-open");
  const name = form?.id.replace("move-", "") ?? "";
  if (form && !now.moves.includes(name)) {
    const title = form.getAttribute("aria-label") ?? "";
    return [...said, t("“{title}”现在办不了了；您写的可以作为批注保存。", { title })];
  }
  return [...said, ...kept()];
}

function kept(): string[] {
  return written().length ? [t("您写的内容还在。")] : [];
}

function show(open: HTMLElement, said: string[]): void {
  const words = make("span", { text: said.join("") });
  const before = one(".case-changed", open);
  if (before) {
    one("span", before)?.replaceWith(words);
    return;
  }
  const again = make("a", { href: location.href, id: "case-again", class: "btn btn-small", text: t("看最新的") });
  again.addEventListener("click", (event) => {
    event.preventDefault();
    void renew();
  });
  const line = make("p", { class: "note case-changed", role: "status" }, words, again);
  open.prepend(make("div", { class: "case-news" }, line)); // lies over the head: nothing is pushed down
}

/** The case as it is now, with what was typed put back into the same fields, or into a remark. */
async function renew(): Promise<void> {
  const open = one("#case");
  if (!open) return;
  const typed = new Map(written().map((field) => [field.id, field.value]));
  const form = one(".move-form.is-open")?.id;
  const words = form ? one<HTMLTextAreaElement>("textarea[name=reason]", document.getElementById(form) as HTMLElement)?.value : "";
  const address = new URL(location.href);
  if (open.classList.contains("case-page")) address.searchParams.set("whole", "1"); // stands alone, without a pane
  await replaceRow(address.pathname + address.search, open);
  for (const [id, value] of typed) {
    const field = document.getElementById(id) as Typed | null;
    if (field) field.value = value;
  }
  const still = form ? document.getElementById(form) : null;
  const remark = one("#move-remark");
  const box = remark ? one<HTMLTextAreaElement>("textarea", remark) : null;
  if (still) still.classList.add("is-open");
  else if (words && remark && box) {
    box.value = words;
    remark.classList.add("is-open");
  }
  for (const button of all<HTMLAnchorElement>(".move[aria-expanded]"))
    button.setAttribute("aria-expanded", String(one(button.hash)?.classList.contains("is-open") ?? false));
  one<HTMLElement>("#case-title")?.focus({ preventScroll: true });
}
