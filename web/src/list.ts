/** The list: one row is current, rows are picked, a case opens beside it. Rows never move by themselves. */
import { all, one, say } from "./dom";
import { panel } from "./swaps";
import { t } from "./words";

const wide = window.matchMedia("(min-width: 1200px)");

export function rows(): HTMLTableRowElement[] {
  return all<HTMLTableRowElement>("[data-list] .row:not(.row-gone)");
}

function link(row: Element | null | undefined): HTMLAnchorElement | null {
  return row ? one<HTMLAnchorElement>(".row-open", row) : null;
}

/** The row under the focus, else the open one. */
export function current(): HTMLTableRowElement | null {
  const focused = document.activeElement?.closest<HTMLTableRowElement>("[data-list] .row");
  return focused ?? one<HTMLTableRowElement>("[data-list] .row[aria-current]");
}

export function step(by: number): HTMLTableRowElement | null {
  const list = rows();
  const here = current();
  const at = here ? list.indexOf(here) : -1;
  const next = list[Math.min(list.length - 1, Math.max(0, at + by))];
  if (!next) return null;
  link(next)?.focus();
  next.scrollIntoView({ block: "nearest" });
  return next;
}

/** Opens the row's case: in the pane where there is room, else as its own page. */
export async function openRow(row: HTMLTableRowElement | null): Promise<void> {
  const address = link(row)?.href;
  if (!row || !address) return;
  if (!wide.matches || !one("#case-pane")) {
    location.assign(address);
    return;
  }
  for (const other of rows()) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  await panel(address, "#case-pane", true);
  const pane = one("#case-pane");
  if (!pane) return;
  pane.scrollTop = 0;
  one<HTMLElement>("#case-title", pane)?.focus({ preventScroll: true });
}

export function openNext(by: number): void {
  void openRow(step(by));
}

let lastPicked: HTMLTableRowElement | null = null;

export function pick(row: HTMLTableRowElement | null, on?: boolean): void {
  const box = row ? one<HTMLInputElement>("[data-pick]", row) : null;
  if (!row || !box) return;
  box.checked = on ?? !box.checked;
  lastPicked = row;
  showPicked();
}

/** Shift with J or K takes the next row into the choice. */
export function extend(by: number): void {
  const from = current();
  pick(from, true);
  pick(step(by), true);
}

function showPicked(): void {
  const boxes = all<HTMLInputElement>("[data-list] [data-pick]");
  for (const box of boxes) box.closest(".row")?.classList.toggle("is-picked", box.checked);
  const picked = boxes.filter((box) => box.checked);
  const bar = one("[data-bulk]");
  if (!bar) return;
  bar.hidden = picked.length === 0 && !one<HTMLInputElement>("#bulk-all")?.checked;
  const numbers = picked.slice(0, 3).map((box) => link(box.closest(".row"))?.textContent?.trim() ?? "");
  const count = one("[data-bulk-count]", bar);
  if (count)
    count.textContent =
      picked.length > 3
        ? t("已选 {n} 件：{numbers} 等", { n: picked.length, numbers: numbers.join("、") })
        : t("已选 {n} 件：{numbers}", { n: picked.length, numbers: numbers.join("、") });
}

/** Shift with a click takes all rows from the last one picked to this one. */
function spanned(event: MouseEvent): void {
  const box = (event.target as Element).closest<HTMLInputElement>("[data-pick]");
  const row = box?.closest<HTMLTableRowElement>(".row");
  if (!event.shiftKey || !box || !row || !lastPicked || lastPicked === row) return;
  const list = rows();
  const [from, to] = [list.indexOf(lastPicked), list.indexOf(row)].sort((a, b) => a - b);
  if (from === undefined || to === undefined || from < 0) return;
  for (const each of list.slice(from, to + 1)) pickQuietly(each, box.checked);
  showPicked();
}

function pickQuietly(row: HTMLTableRowElement, on: boolean): void {
  const box = one<HTMLInputElement>("[data-pick]", row);
  if (box) box.checked = on;
}

function clicked(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const target = event.target as Element;
  const row = target.closest<HTMLTableRowElement>("[data-list] .row");
  if (!row || row.classList.contains("row-gone") || target.closest(".pick, button, label")) return;
  const other = target.closest("a");
  if (other && !other.classList.contains("row-open")) return;
  if (getSelection()?.toString()) return; // somebody is copying a text
  event.preventDefault();
  void openRow(row);
}

/** After a move: the row turns grey where it stands, the sentence is said. */
function moved(event: Event): void {
  const { id, text } = (event as CustomEvent<{ id: string | number; text: string }>).detail;
  const row = document.getElementById(`case-${id}`);
  row?.classList.add("row-gone");
  row?.removeAttribute("aria-current");
  const here = one("#case")?.dataset.caseId;
  if (here) document.getElementById(`case-${here}`)?.setAttribute("aria-current", "true");
  if (text) say(text, true);
}

export function watchList(): void {
  document.addEventListener("click", clicked);
  document.addEventListener("moved", moved);
  document.addEventListener("click", spanned);
  document.addEventListener("change", (event) => {
    const target = event.target as Element;
    if (target.matches("[data-pick]")) {
      lastPicked = target.closest("tr");
      showPicked();
    }
    if (target.matches("#bulk-all")) showPicked();
    if (target.matches("[data-pick-all]")) {
      for (const box of all<HTMLInputElement>("[data-list] [data-pick]")) box.checked = (target as HTMLInputElement).checked;
      showPicked();
    }
  });
  showPicked();
}

export function lastRow(): HTMLTableRowElement | null {
  return lastPicked;
}
