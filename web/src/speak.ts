/** Elder mode: one button reads the page aloud; a second press stops. */
import { all, one } from "./dom";
import { t } from "./words";

function sentences(): string[] {
  const main = one("main");
  if (!main) return [];
  const parts = all("h1,h2,h3,legend,p,li,label,dt,dd,figcaption,button,.btn,.door", main)
    .filter((part) => part.offsetParent !== null && !part.closest("[data-speak]") && !part.querySelector("p,li,label,dt,dd"))
    .map((part) => (part.innerText || "").replace(/\s+/g, " ").trim());
  return parts.filter((part, n) => part && part !== parts[n - 1]);
}

export function offerSpeech(): void {
  if (!("speechSynthesis" in window)) return;
  for (const button of all<HTMLButtonElement>("[data-speak]")) {
    button.hidden = false;
    const word = one("[data-speak-word]", button);
    const rest = (): void => {
      button.setAttribute("aria-pressed", "false");
      if (word) word.textContent = t("听");
    };
    button.addEventListener("click", () => {
      const speaking = button.getAttribute("aria-pressed") === "true";
      speechSynthesis.cancel();
      if (speaking) return rest();
      const parts = sentences();
      parts.forEach((part, n) => {
        const speech = new SpeechSynthesisUtterance(part);
        speech.lang = document.documentElement.lang.startsWith("en") ? "en" : "zh-CN";
        speech.rate = 0.9;
        if (n === parts.length - 1) speech.onend = rest;
        speechSynthesis.speak(speech);
      });
      button.setAttribute("aria-pressed", "true");
      if (word) word.textContent = t("停");
    });
  }
}
