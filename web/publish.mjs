// Puts what was built where it is served, under a server that goes on serving: parts first, then
// the files that load them, each in one step. A page that was drawn before, or by a server of the
// version before, still finds its parts for a week.
//   node publish.mjs [FROM TO]
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const KEEP_MS = 7 * 24 * 3600 * 1000;
const here = dirname(fileURLToPath(import.meta.url));
const from = process.argv[2] ?? join(here, "dist");
const to = process.argv[3] ?? join(here, "../shiyu/site/static/built");

const list = (folder) => readdirSync(folder, { withFileTypes: true }).filter((f) => f.isFile()).map((f) => f.name);

function put(name) {
  const now = new Date();
  utimesSync(join(from, name), now, now);
  try {
    renameSync(join(from, name), join(to, name));
  } catch {
    // Another disk: beside it first, so that nobody is served half a file.
    cpSync(join(from, name), join(to, `${name}.new`));
    renameSync(join(to, `${name}.new`), join(to, name));
  }
}

mkdirSync(join(to, "parts"), { recursive: true });
const parts = list(join(from, "parts")).map((name) => join("parts", name));
const entries = list(from);
const built = new Set([...parts, ...entries]);
for (const name of [...parts, ...entries]) put(name);
const old = (name) => !built.has(name) && Date.now() - statSync(join(to, name)).mtimeMs > KEEP_MS;
for (const name of [...list(to), ...list(join(to, "parts")).map((n) => join("parts", n))]) {
  if (old(name)) rmSync(join(to, name));
}
rmSync(from, { recursive: true });
