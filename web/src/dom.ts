/** Small ways of making and finding elements; none of them writes HTML. */

type Made = { class?: string; text?: string; [attribute: string]: string | undefined };

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  made: Made = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(made)) {
    if (value === undefined) continue;
    if (name === "text") element.textContent = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export function all<E extends Element = HTMLElement>(selector: string, inside: ParentNode = document): E[] {
  return [...inside.querySelectorAll<E>(selector)];
}

export function one<E extends Element = HTMLElement>(selector: string, inside: ParentNode = document): E | null {
  return inside.querySelector<E>(selector);
}

/** An icon from the symbols that the page carries. */
export function icon(name: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("viewBox", "0 0 24 24");
  const source = document.getElementById(`i-${name}`);
  for (const child of source?.children ?? []) svg.append(child.cloneNode(true));
  return svg;
}

type Policies = { createPolicy<R extends object>(name: string, rules: R): R };

/** A Trusted Types policy, where the browser has them. Two exist: "htmx" (swaps.ts) and "default" (map.ts). */
export function policy<R extends object>(name: string, rules: R): R {
  const policies = (window as { trustedTypes?: Policies }).trustedTypes;
  return policies ? policies.createPolicy(name, rules) : rules;
}

let lastSaid = 0;
let waiting: number | undefined;

/** One line for screen readers and eyes: `soon` skips the rule of one message in 30 seconds. */
export function say(sentence: string, soon = false): void {
  const line = one("#live-line");
  if (!line) return;
  clearTimeout(waiting);
  const pause = soon ? 0 : Math.max(0, lastSaid + 30_000 - Date.now());
  waiting = window.setTimeout(() => {
    lastSaid = Date.now();
    line.textContent = sentence;
  }, pause);
}
