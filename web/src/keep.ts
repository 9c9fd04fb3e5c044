/** A draft stays on this phone until it has been sent; never phone numbers, passwords or files. */
import { all, make } from "./dom";
import { t } from "./words";

type Kept = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
const DAY = 24 * 3600_000;

function fields(form: HTMLFormElement): Kept[] {
  return ([...form.elements] as Kept[]).filter(
    (field) =>
      field.name &&
      field.matches("input,select,textarea") &&
      !["password", "tel", "file", "submit", "button"].includes(field.type) &&
      field.name !== "csrfmiddlewaretoken" &&
      !field.hasAttribute("data-no-keep") &&
      !field.closest("[data-no-keep]") &&
      (field.type !== "hidden" || field.hasAttribute("data-keep-hidden")),
  );
}

function read(form: HTMLFormElement): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const field of fields(form)) {
    const list = (values[field.name] ??= []);
    if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) {
      if (field.checked) list.push(field.value);
    } else if (field.value) list.push(field.value);
  }
  return values;
}

function fill(form: HTMLFormElement, values: Record<string, string[]>): boolean {
  let filled = false;
  for (const field of fields(form)) {
    const kept = values[field.name];
    if (!kept?.length) continue;
    if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) {
      const before = field.checked;
      field.checked = kept.includes(field.value);
      filled ||= field.checked !== before;
    } else if (!field.value && kept[0]) {
      field.value = kept[0];
      filled = true;
    }
  }
  return filled;
}

function store(key: string, values: Record<string, string[]> | null): void {
  try {
    if (values === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
  } catch {
    // A full or forbidden storage costs the draft, not the report.
  }
}

function stored(key: string): Record<string, string[]> | null {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null") as { at: number; values: Record<string, string[]> } | null;
    return kept && Date.now() - kept.at < DAY ? kept.values : null;
  } catch {
    return null;
  }
}

function keep(form: HTMLFormElement): void {
  const key = `draft:${form.dataset.keep}`;
  const before = stored(key);
  const line = make("p", { class: "kept-say", role: "status" });
  form.append(line);
  if (before && fill(form, before)) {
    form.dispatchEvent(new Event("kept-filled"));
    const drop = make("button", { type: "button", class: "link-button", text: t("清空") });
    drop.addEventListener("click", () => {
      store(key, null);
      form.reset();
      line.textContent = "";
    });
    line.append(t("上次没写完的内容还在。"), " ", drop);
  }
  let later: number | undefined;
  form.addEventListener("input", () => {
    clearTimeout(later);
    later = window.setTimeout(() => store(key, read(form)), 400);
  });
  form.addEventListener("submit", (event) => {
    store(key, read(form));
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    line.textContent = t("没有网络。已保存在手机，联网后再按一次提交。");
  });
}

export function keepDrafts(): void {
  for (const form of all<HTMLFormElement>("form[data-keep]:not([data-ready])")) {
    form.dataset.ready = "1";
    keep(form);
  }
  // The receipt page says which draft has arrived.
  const sent = document.querySelector<HTMLElement>("[data-kept]")?.dataset.kept;
  for (const name of sent?.split(" ") ?? []) store(`draft:${name}`, null);
}
