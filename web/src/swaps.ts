/** htmx, held short: no evaluation of code, its own Trusted Types policy, plain sentences on failure. */
import htmx from "htmx.org";
import { one, policy, say } from "./dom";
import { focusErrors, release } from "./forms";
import { t } from "./words";

type Maker = { createHTML(text: string): string; createScript(text: string): string };
type Inside = { initSecurity(policy: Maker, sync: unknown, async: unknown): void };

// Answers come from our own server; a script in one would still be stopped by script-src.
const same: Maker = { createHTML: (text) => text, createScript: (text) => text };

/** Stands where htmx would build a function from text. */
class Refused {
  constructor() {
    throw new Error("code in attributes is not run here");
  }
}

htmx.registerExtension("shiyu-safe", {
  init(inside: Inside) {
    inside.initSecurity(policy("htmx", same), Refused, Refused);
  },
});

type Answer = { ctx: { sourceElement?: Element; target?: Element; response?: { status: number } } };

function settled(event: Event): void {
  const { ctx } = (event as CustomEvent<Answer>).detail;
  const target = ctx.target instanceof Element && ctx.target.isConnected ? ctx.target : document;
  if (focusErrors(target)) return;
  // Focus must never fall back to the body after a swap.
  if (document.activeElement && document.activeElement !== document.body) return;
  one<HTMLElement>("[data-focus-after], #case-title, h1", target)?.focus();
}

function wrong(event: Event): void {
  const { ctx } = (event as CustomEvent<Answer>).detail;
  const status = ctx.response?.status;
  if (status === undefined) say(t("没有网络。您写的内容还在，联网后再提交一次。"), true);
  else if (status >= 500) say(t("系统暂时办不了这件事。您写的内容还在，稍后再试。急事请打 12345。"), true);
}

/** A second click while the first is under way does nothing. */
function held(event: Event): void {
  const form = event.target as HTMLFormElement;
  if (!form.matches(".is-busy[hx-post]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** A row that may not be seen any more is not replaced by an error page; it turns grey. */
function answered(event: Event): void {
  const { ctx } = (event as CustomEvent<Answer>).detail;
  if (!(ctx.target instanceof HTMLTableRowElement) || (ctx.response?.status ?? 0) < 400) return;
  event.preventDefault();
  ctx.target.classList.add("row-gone");
}

function started(event: Event): void {
  const { ctx } = (event as CustomEvent<Answer>).detail;
  ctx.sourceElement?.closest("form")?.classList.add("is-busy");
}

function finished(event: Event): void {
  const { ctx } = (event as CustomEvent<Answer>).detail;
  const form = ctx.sourceElement?.closest("form");
  if (form) release(form);
}

export function watchSwaps(): void {
  document.addEventListener("submit", held, true);
  document.addEventListener("htmx:before:request", started);
  document.addEventListener("htmx:before:response", answered);
  document.addEventListener("htmx:after:swap", settled);
  document.addEventListener("htmx:response:error", wrong);
  document.addEventListener("htmx:error", wrong);
  document.addEventListener("htmx:finally:request", finished);
}

/** Fetches a panel into an element of this page. */
export function panel(address: string, target: string, push: boolean): Promise<void> {
  return htmx.ajax("GET", address, { target, swap: "innerHTML", push: push ? address : "false" }) as Promise<void>;
}

/** Fetches one row again and puts it where the old one stands. */
export function replaceRow(address: string, row: HTMLElement): Promise<void> {
  return htmx.ajax("GET", address, { target: row, swap: "outerHTML", push: "false" }) as Promise<void>;
}
