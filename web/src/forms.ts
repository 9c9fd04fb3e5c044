/** Forms: the error summary takes the focus, a second submit is ignored, the pressed control shows it. */
import { all, one } from "./dom";
import { t } from "./words";

export function focusErrors(inside: ParentNode = document): boolean {
  const summary = one<HTMLElement>("[data-focus]", inside);
  summary?.focus();
  return summary !== null;
}

/** A link of the summary leads to the control itself, not to its box. */
function toField(event: MouseEvent): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>(".error-summary a[href^='#']");
  if (!link) return;
  const field = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  const box = field.closest<HTMLElement>(".field");
  box?.scrollIntoView({ block: "nearest" });
  (field.matches("input,select,textarea,button") ? field : one("input,select,textarea", field))?.focus();
}

const sent = new WeakSet<HTMLFormElement>();

function once(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (!form.matches("[data-once]") || event.defaultPrevented) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  form.classList.add("is-busy");
  const button = event.submitter as HTMLButtonElement | null;
  button?.setAttribute("aria-disabled", "true");
  window.setTimeout(() => {
    if (button && !button.dataset.word) {
      button.dataset.word = button.textContent ?? "";
      button.textContent = t("正在提交…");
    }
  }, 1000);
}

function back(event: PageTransitionEvent): void {
  if (!event.persisted) return;
  for (const form of all<HTMLFormElement>("form[data-once]")) release(form);
}

/** Lets a form be sent again, after an answer or after coming back to the page. */
export function release(form: HTMLFormElement): void {
  sent.delete(form);
  form.classList.remove("is-busy");
  for (const button of all("[aria-disabled]", form)) {
    button.removeAttribute("aria-disabled");
    if (button.dataset.word) button.textContent = button.dataset.word;
    delete button.dataset.word;
  }
}

export function watchForms(): void {
  document.addEventListener("click", toField);
  document.addEventListener("submit", once);
  window.addEventListener("pageshow", back);
  focusErrors();
}
