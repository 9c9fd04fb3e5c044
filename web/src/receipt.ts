/** The receipt: save it as a picture, print it, copy its code. */
import { icon, make, one } from "./dom";
import { t } from "./words";

const WIDTH = 720;
const HEIGHT = 560;

function painted(lines: [text: string, size: number, weight: number][]): HTMLCanvasElement {
  const canvas = make("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const ink = canvas.getContext("2d");
  if (!ink) return canvas;
  ink.fillStyle = "#ffffff";
  ink.fillRect(0, 0, WIDTH, HEIGHT);
  ink.fillStyle = "#0b57b8";
  ink.fillRect(0, 0, WIDTH, 10);
  ink.fillStyle = "#1b222c";
  const family = getComputedStyle(document.body).fontFamily;
  let y = 40;
  for (const [text, size, weight] of lines) {
    y += size * 1.5;
    ink.font = `${weight} ${size}px ${family}`;
    ink.fillText(text, 48, y, WIDTH - 96);
  }
  return canvas;
}

function save(number: string, code: string): void {
  const place = one(".brand span")?.textContent ?? "";
  const picture = painted([
    [place, 28, 600],
    [t("编号"), 26, 400],
    [number, 44, 600],
    [t("回执码"), 26, 400],
    [code, 56, 700],
    [t("凭回执码查进度、评价"), 24, 400],
    [`${location.origin}/r/`, 24, 400],
  ]);
  picture.toBlob((blob) => {
    if (!blob) return;
    const link = make("a", { download: `${number}.png` });
    link.href = URL.createObjectURL(blob);
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}

function button(id: string, drawing: string, words: string, act: (self: HTMLButtonElement) => void): HTMLButtonElement {
  const made = make("button", { type: "button", class: "btn", id }, icon(drawing), words);
  made.addEventListener("click", () => act(made));
  return made;
}

export function offerReceipt(): void {
  const tools = one("[data-receipt-tools]");
  const number = one("[data-receipt-number]")?.textContent?.trim();
  const code = one("[data-receipt-code]")?.textContent?.trim();
  if (!tools || !number || !code) return;
  tools.append(
    button("receipt-save", "photo", t("存成图片"), () => save(number, code)),
    button("receipt-print", "printer", t("打印"), () => window.print()),
  );
  tools.hidden = false;
}
