// `import source from "worklet:./x.worklet.ts"`: the bundled worklet as text, by scripts/worklet-text.mjs.
declare module "worklet:*" {
  const source: string;
  export default source;
}
