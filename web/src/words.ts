/** Sentences of the scripts. The Chinese is the key; another language comes in <meta name="words">. */
const meta = document.querySelector<HTMLMetaElement>('meta[name="words"]');
const translated: Record<string, string> = meta?.content ? JSON.parse(meta.content) : {};

/** The sentence in the page's language, with {names} filled in. */
export function t(chinese: string, values: Record<string, string | number> = {}): string {
  const sentence = translated[chinese] || chinese;
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
