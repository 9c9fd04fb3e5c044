/** Lights tick by the server's clock; only while working time runs. */
import { all, one } from "./dom";
import { t } from "./words";

const loaded = Date.now();
const MINUTE = 60_000;

/** Time of the server now, from the page's own stamp. */
export function now(): number {
  const stamp = Date.parse(document.body.dataset.now ?? "");
  return Number.isNaN(stamp) ? Date.now() : stamp + (Date.now() - loaded);
}

/** 「2时10分」: the short form of tables. */
export function span(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return t("{n}分", { n: rest });
  if (hours >= 72) return t("{n}天", { n: Math.floor(hours / 24) });
  if (hours >= 10 || rest === 0) return t("{n}时", { n: hours });
  return t("{h}时{m}分", { h: hours, m: rest });
}

function spoken(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return t("{n} 分钟", { n: rest });
  if (hours >= 72) return t("{d} 天 {h} 小时", { d: Math.floor(hours / 24), h: hours % 24 });
  if (rest === 0) return t("{n} 小时", { n: hours });
  return t("{h} 小时 {m} 分钟", { h: hours, m: rest });
}

function colour(left: number, warn: number, was: string): string {
  if (left < 0) return "red";
  if (left <= warn) return "yellow";
  return was;
}

/** Copies the mark's drawing from the page's symbols. */
function redraw(light: HTMLElement, next: string): void {
  const mark = one<SVGElement>(".mark", light);
  const source = document.getElementById(`m-${next}`);
  if (!mark || !source) return;
  mark.setAttribute("class", `mark mark-${next}`);
  mark.replaceChildren(...[...source.children].map((child) => child.cloneNode(true)));
}

function tick(light: HTMLElement): number {
  const data = light.dataset;
  const first = Number(data.left);
  const stamped = Date.parse(data.at ?? "");
  const until = data.until ? Date.parse(data.until) : Infinity;
  const gone = Math.floor((Math.min(now(), until) - stamped) / MINUTE);
  const left = first - Math.max(0, gone);
  const warn = data.warn ? Number(data.warn) : -1;
  const was = data.light ?? "green";
  const next = colour(left, warn, was);
  if (next !== was) {
    light.classList.replace(`light-${was}`, `light-${next}`);
    data.light = next;
    redraw(light, next);
  }
  const time = one(".light-time", light);
  const word = one(".light-word", light);
  const name = one(".light-name", light);
  const words: Record<string, string> = { green: t("正常"), yellow: t("临期"), red: t("超期") };
  const label = words[next] ?? "";
  // Beside the word 超期 the time alone: it need not be said twice.
  const over = word ? span(-left) : t("超 {time}", { time: span(-left) });
  if (time) time.textContent = left < 0 ? over : t("剩 {time}", { time: span(left) });
  if (word) word.textContent = label;
  if (name)
    name.textContent =
      (left < 0
        ? t("{light}，超出 {time}", { light: label, time: spoken(-left) })
        : t("{light}，剩余 {time}", { light: label, time: spoken(left) })) + (data.by ?? "");
  return left;
}

/** Each minute, and each ten seconds where something has less than ten minutes. */
export function tickLights(): void {
  let soonest = Infinity;
  for (const light of all('.light[data-left][data-runs="1"]')) soonest = Math.min(soonest, Math.abs(tick(light)));
  window.setTimeout(tickLights, soonest <= 10 ? 10_000 : MINUTE);
}
