/** Ctrl+K: what can be done here, found by Chinese name or pinyin; each shows its own key. */
import { all, make, one } from "./dom";
import { t } from "./words";

type Command = { name: string; words: string; key: string; run: () => void };

function gathered(): Command[] {
  const found: Command[] = [];
  for (const control of all<HTMLElement>(".move, .duty, [data-go], [data-command], [data-undo]")) {
    if (control.offsetParent === null) continue;
    const copy = control.cloneNode(true) as HTMLElement;
    for (const extra of all("kbd,.num,.sr,svg", copy)) extra.remove();
    const name = control.dataset.command || (copy.textContent ?? "").replace(/\s+/g, " ").trim();
    if (!name || found.some((command) => command.name === name)) continue;
    const go = control.dataset.go ? `G ${control.dataset.go.toUpperCase()}` : "";
    const key = control.dataset.key ?? (control.hasAttribute("data-undo") ? "Z" : go);
    found.push({ name, words: (control.dataset.words ?? "").toLowerCase(), key, run: () => control.click() });
  }
  return found;
}

function matches(command: Command, asked: string): boolean {
  const wanted = asked.trim().toLowerCase();
  if (!wanted) return true;
  return command.name.toLowerCase().includes(wanted) || command.words.split(/\s+/).some((word) => word.startsWith(wanted));
}

function build(): HTMLDialogElement {
  const box = make("dialog", { id: "command-box", "aria-label": t("命令框") });
  const field = make("input", {
    type: "text",
    id: "command-field",
    role: "combobox",
    autocomplete: "off",
    "aria-label": t("要做什么"),
    "aria-controls": "command-list",
    "aria-expanded": "true",
    "aria-autocomplete": "list",
  });
  const list = make("ul", { class: "commands", id: "command-list", role: "listbox", "aria-label": t("可以做的事") });
  box.append(field, list);
  document.body.append(box);
  return box;
}

let back: Element | null = null;

export function openCommands(): void {
  back = document.activeElement;
  const commands = gathered();
  const box = one<HTMLDialogElement>("#command-box") ?? build();
  const field = one<HTMLInputElement>("#command-field", box);
  const list = one("#command-list", box);
  if (!field || !list) return;
  let shown: Command[] = [];
  let at = 0;
  const mark = (): void => {
    all("li", list).forEach((line, n) => line.setAttribute("aria-selected", String(n === at)));
    const line = list.children[at];
    line?.scrollIntoView({ block: "nearest" });
    if (line) field.setAttribute("aria-activedescendant", line.id);
    else field.removeAttribute("aria-activedescendant");
  };
  const run = (command: Command | undefined): void => {
    box.close();
    command?.run();
  };
  const show = (): void => {
    shown = commands.filter((command) => matches(command, field.value));
    at = 0;
    const lines = shown.map((command, n) => {
      const line = make("li", { role: "option", id: `command-${n}` }, make("span", { text: command.name }));
      if (command.key) line.append(make("kbd", { text: command.key }));
      line.addEventListener("click", () => run(command));
      return line;
    });
    list.replaceChildren(...lines);
    mark();
  };
  field.value = "";
  field.oninput = show;
  field.onkeydown = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = Math.min(shown.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)));
      mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(shown[at]);
    }
  };
  box.onclose = () => {
    if (!document.activeElement || document.activeElement === document.body) (back as HTMLElement | null)?.focus();
  };
  show();
  box.showModal();
  field.focus();
}
