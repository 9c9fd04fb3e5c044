/** Keys of the desk (looks.md 4.1). Never in a field, never while an input method is composing. */
import { all, make, one } from "./dom";
import { openCommands } from "./commands";
import { current, extend, openNext, openRow, pick, step } from "./list";
import { letIn } from "./live";
import { escape, pressMove, submitMove } from "./moves";
import { t } from "./words";

function inField(event: KeyboardEvent): boolean {
  const target = event.target as Element | null;
  return Boolean(target?.closest("input:not([type=checkbox],[type=radio]),select,textarea,[contenteditable]"));
}

function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

const caseOpen = (): boolean => one("#case-pane #case, .case-page") !== null && !document.activeElement?.closest("[data-list]");

/** From the case, J and K open the neighbour; from the list they only move. */
function go(by: number): void {
  const neighbour = one<HTMLAnchorElement>(by > 0 ? "a[data-next]" : "a[data-previous]");
  if (!one("[data-list]") && neighbour) neighbour.click();
  else if (caseOpen()) openNext(by);
  else step(by);
}

/** To the box of this page, else to the page that has one. */
function search(): void {
  const box = one<HTMLInputElement>("[data-search]");
  if (box) {
    box.focus();
    box.select();
  } else one<HTMLAnchorElement>("[data-search-page]")?.click();
}

let gAt = 0;

const single: Record<string, (event: KeyboardEvent) => void> = {
  j: () => go(1),
  k: () => go(-1),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  J: () => extend(1),
  K: () => extend(-1),
  o: () => void openRow(current()),
  Enter: () => void openRow(current()),
  x: () => pick(current()),
  z: () => one<HTMLElement>("[data-undo]")?.click(),
  r: () => letIn(),
  b: () => one<HTMLElement>("[data-bulk]:not([hidden]) button")?.focus(),
  "/": () => search(),
  "?": () => showKeys(),
  g: () => {
    gAt = Date.now();
  },
};

function mayArrow(event: KeyboardEvent): boolean {
  return Boolean((event.target as Element).closest("[data-list]"));
}

/** A number belongs to the row in hand: its case is opened first if another one is shown. */
async function numbered(key: string): Promise<void> {
  const row = document.activeElement?.closest<HTMLTableRowElement>("[data-list] .row");
  if (row && !row.hasAttribute("aria-current")) await openRow(row);
  pressMove(key);
}

function onSingle(event: KeyboardEvent): void {
  const key = event.key;
  if (Date.now() - gAt < 1500 && key !== "g") {
    gAt = 0;
    const link = one<HTMLAnchorElement>(`[data-go="${CSS.escape(key.toLowerCase())}"]`);
    if (link) {
      event.preventDefault();
      link.click();
      return;
    }
  }
  if (/^[1-9]$/.test(key)) {
    event.preventDefault();
    void numbered(key);
    return;
  }
  if (key.startsWith("Arrow") && !mayArrow(event)) return;
  const onControl = (event.target as Element).closest("a,button,summary");
  if (key === "Enter" && onControl && !onControl.classList.contains("row-open")) return;
  const does = single[key];
  if (!does) return;
  event.preventDefault();
  does(event);
}

function pressed(event: KeyboardEvent): void {
  if (composing(event) || event.defaultPrevented) return;
  if (one("dialog[open]")) return;
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key === "Enter") {
    event.preventDefault();
    submitMove();
  } else if (control && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openCommands();
  } else if (event.key === "Escape") {
    if (inField(event)) (event.target as HTMLElement).blur();
    escape();
  } else if (!control && !event.altKey && !inField(event) && document.body.dataset.keys !== "off") onSingle(event);
}

const KEYS: [string, string][] = [
  ["J / K", "下一件 / 上一件"],
  ["Enter / O", "打开"],
  ["X", "选中"],
  ["Shift+J / K", "连着选"],
  ["1 … 9", "打开这一项办理"],
  ["Ctrl+Enter", "提交"],
  ["Esc", "关闭，回到列表"],
  ["Z", "撤回我的上一步"],
  ["R", "显示新案件"],
  ["/", "搜索"],
  ["Ctrl+K", "命令框"],
  ["B", "到批量办理"],
  ["G D / G M", "去工作台 / 我上报的"],
  ["G F / G S / G E", "去日统计 / 常用筛选 / 导出的文件"],
  ["?", "快捷键"],
];

let back: Element | null = null;

export function showKeys(): void {
  let box = one<HTMLDialogElement>("#keys-box");
  if (!box) {
    const shut = make("button", { type: "button", class: "btn btn-small", text: t("关闭") });
    const list = make("dl", { class: "keys" });
    for (const [key, what] of KEYS) list.append(make("div", {}, make("dt", { text: t(what) }), make("dd", {}, make("kbd", { text: key }))));
    box = make("dialog", { id: "keys-box", "aria-labelledby": "keys-title" });
    box.append(make("div", { class: "dialog-head" }, make("h2", { id: "keys-title", text: t("快捷键") }), shut), list);
    const off = one<HTMLAnchorElement>("[data-keys-setting]");
    if (off) box.append(make("p", { class: "hint" }, make("a", { href: off.href, text: t("关掉或改单键快捷键") })));
    document.body.append(box);
    const dialog = box;
    shut.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => (back as HTMLElement | null)?.focus());
  }
  back = document.activeElement;
  box.showModal();
}

export function watchKeys(): void {
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("[data-show-keys]")) showKeys();
    else if (target.closest("[data-show-commands]")) openCommands();
  });
  for (const element of all("[data-needs-script]")) element.hidden = false;
}
