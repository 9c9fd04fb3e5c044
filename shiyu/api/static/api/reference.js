// Try a call on the reference page. The key lives in its field and nowhere else.
const at = (id) => document.getElementById(id);
const box = at("try");
const route = at("try-route");
const chosen = () => route.selectedOptions[0];

function show() {
  const { method, path, body } = chosen().dataset;
  at("try-path").value = path;
  at("try-body").value = body;
  at("try-body-box").hidden = method === "GET";
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function told(lines) {
  const answer = at("try-answer");
  answer.replaceChildren();
  const shown = document.createElement("pre");
  shown.tabIndex = 0;
  shown.textContent = lines;
  answer.append(shown);
}

async function send() {
  const { method } = chosen().dataset;
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  const key = at("try-key").value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  const asked = { method, headers, credentials: "omit", cache: "no-store" };
  if (method !== "GET") {
    headers["Idempotency-Key"] = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
    headers["Content-Type"] = "application/json";
    asked.body = at("try-body").value;
  }
  told(at("try-answer").dataset.wait);
  try {
    const path = at("try-path").value;
    if (!path.startsWith("/api/v1/")) throw new Error(path);
    const answer = await fetch(path, asked);
    const named = ["ratelimit", "etag", "link", "x-request-id"];
    const head = named.filter((n) => answer.headers.has(n)).map((n) => `${n}: ${answer.headers.get(n)}`);
    told([`HTTP ${answer.status}`, ...head, "", pretty(await answer.text())].join("\n"));
  } catch (error) {
    told(`${at("try-answer").dataset.failed} (${error.message})`);
  }
}

route.addEventListener("change", show);
at("try-send").addEventListener("click", send);
box.hidden = false;
show();
const named = location.hash && document.querySelector(location.hash.replace(/[^#\w-]/g, ""));
if (named instanceof HTMLDetailsElement) named.open = true;
