// Worklets reach the page as text: anywidget loads one module from a Blob URL, so nothing in it
// can import a second file. `import source from "worklet:./x.worklet.ts"` gives a worklet's whole
// bundled source as a string.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** A module whose default export is the bundled source of one worklet. */
export async function workletModule(file) {
  const result = await build({
    // Relative, so that no comment in the output can carry the checkout's absolute path.
    absWorkingDir: root,
    entryPoints: [path.relative(root, file)],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    logLevel: "warning",
  });
  // A template literal keeps the lines apart: the committed bundle can be read and compared.
  const text = result.outputFiles[0].text.replace(/[\\`]|\$\{/g, "\\$&");
  return `export default \`${text}\`;`;
}

/** esbuild plugin: resolves `worklet:` imports to the text of the bundled worklet. */
export const workletPlugin = {
  name: "worklet-text",
  setup(context) {
    context.onResolve({ filter: /^worklet:/ }, (args) => {
      const file = path.resolve(args.resolveDir, args.path.slice("worklet:".length));
      const name = path.relative(root, file).split(path.sep).join("/");
      return { path: name, namespace: "worklet" };
    });
    context.onLoad({ filter: /.*/, namespace: "worklet" }, async (args) => {
      return { contents: await workletModule(path.resolve(root, args.path)), loader: "js" };
    });
  },
};
