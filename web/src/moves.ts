/** Numbered moves of a case: one form open at a time, focus in its first field. */
import { all, one } from "./dom";
import { current } from "./list";

function close(): void {
  for (const form of all(".move-form.is-open")) form.classList.remove("is-open");
  for (const button of all(".move[aria-expanded]")) button.setAttribute("aria-expanded", "false");
}

function open(button: HTMLAnchorElement): void {
  const form = document.getElementById(button.hash.slice(1));
  if (!form) return;
  const was = form.classList.contains("is-open");
  close();
  if (was) return button.focus();
  form.classList.add("is-open");
  button.setAttribute("aria-expanded", "true");
  one<HTMLElement>("input:not([type=hidden]),select,textarea,button", form)?.focus({ preventScroll: true });
  const bar = form.closest(".moves");
  // At the foot of the window it is in view already: nothing moves under the hand.
  if (!bar || getComputedStyle(bar).position !== "sticky") form.scrollIntoView({ block: "nearest" });
}

/** The key 1 to 9: opens that move. */
export function pressMove(key: string): boolean {
  const button = one<HTMLAnchorElement>(`.move[data-key="${key}"]`);
  if (!button) return false;
  if (button.hash && document.getElementById(button.hash.slice(1))) open(button);
  else button.click();
  return true;
}

export function submitMove(): void {
  const form = document.activeElement?.closest("form") ?? one<HTMLFormElement>(".move-form.is-open, form[data-check]");
  if (form instanceof HTMLFormElement && form.method === "post") form.requestSubmit();
}

/** Closes what is open: the form, else the case (back to its row). */
export function escape(): void {
  const open = one(".move-form.is-open");
  if (open) {
    const button = one<HTMLElement>(`.move[href="#${open.id}"]`);
    close();
    button?.focus();
    return;
  }
  const row = current() ?? one<HTMLTableRowElement>("[data-list] .row");
  const link = row ? one<HTMLElement>(".row-open", row) : null;
  if (link && link.offsetParent !== null) link.focus();
  else one<HTMLAnchorElement>("[data-back]")?.click();
}

export function showMoves(inside: ParentNode = document): void {
  for (const button of all<HTMLAnchorElement>(".move", inside)) {
    const form = button.hash ? document.getElementById(button.hash.slice(1)) : null;
    if (form) button.setAttribute("aria-expanded", String(form.classList.contains("is-open")));
  }
}

export function watchMoves(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const button = target.closest<HTMLAnchorElement>(".move");
    if (button?.hash && document.getElementById(button.hash.slice(1))) {
      event.preventDefault();
      open(button);
    } else if (target.closest("[data-close]")) {
      event.preventDefault();
      escape();
    }
  });
  const asked = all<HTMLAnchorElement>(".move").find((button) => button.hash && button.hash === location.hash);
  if (asked) open(asked);
  showMoves();
  document.addEventListener("htmx:after:swap", () => showMoves());
}
