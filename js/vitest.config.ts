import path from "node:path";
import { defineConfig } from "vitest/config";
import { workletModule } from "./scripts/worklet-text.mjs";

const PREFIX = "worklet:";

export default defineConfig({
  plugins: [
    {
      name: "worklet-text",
      enforce: "pre",
      resolveId(id, importer) {
        if (!id.startsWith(PREFIX) || importer === undefined) return null;
        return `\0${PREFIX}${path.resolve(path.dirname(importer), id.slice(PREFIX.length))}`;
      },
      load(id) {
        return id.startsWith(`\0${PREFIX}`) ? workletModule(id.slice(PREFIX.length + 1)) : null;
      },
    },
  ],
  // Some tests compute for seconds on a machine that has other work.
  test: { include: ["tests/**/*.test.ts"], environment: "node", testTimeout: 60_000 },
});
