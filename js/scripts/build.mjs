// Builds what anywidget ships: an ES module for each widget and one style sheet, committed beside the Python
// widget. Their first line carries a digest of the sources, so that a stale bundle shows without
// Node: tests/widget/test_bundle.py computes the same digest in plain Python.
//
//   node scripts/build.mjs [--out DIR]

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { root, workletPlugin } from "./worklet-text.mjs";

/** Besides src/, whatever else decides the bytes of the bundle (package.json pins esbuild). */
const BUILD_INPUTS = [
  "package.json",
  "scripts/build.mjs",
  "scripts/worklet-text.mjs",
  "tsconfig.json",
];

/** Hash path and text of every input, in path order, with LF line ends: same on each system. */
async function digest() {
  const entries = await readdir(path.join(root, "src"), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.(ts|css)$/.test(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .map((name) => name.split(path.sep).join("/"));
  const hash = createHash("sha256");
  for (const name of [...files, ...BUILD_INPUTS].sort()) {
    const text = await readFile(path.join(root, name), "utf8");
    hash.update(`${name}\0${text.replaceAll("\r\n", "\n")}\0`);
  }
  return hash.digest("hex");
}

async function main() {
  const { values } = parseArgs({ options: { out: { type: "string" } } });
  const out = values.out ?? path.join(root, "..", "realtime_nb", "widget", "static");
  const line = `realtime_nb widget, built from js/ by "npm run build"; sources sha256:${await digest()}`;
  const result = await build({
    absWorkingDir: root,
    entryPoints: {
      widget: "src/index.ts",
      secret: "src/secret.ts",
      events: "src/events.ts",
      timeline: "src/timeline.ts",
      stream_player: "src/stream_player.ts",
      recorder: "src/recorder.ts",
      phone: "src/phone.ts",
      style: "src/ui/style.css",
    },
    outdir: "out",
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    plugins: [workletPlugin],
    logLevel: "warning",
  });
  await mkdir(out, { recursive: true });
  for (const file of result.outputFiles) {
    const script = file.path.endsWith(".js");
    const first = script ? `// ${line}\n` : `/* ${line} */\n`;
    await writeFile(
      path.join(out, script ? path.basename(file.path) : "widget.css"),
      first + file.text,
    );
  }
}

await main();
