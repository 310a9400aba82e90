export const root: string;
export function workletModule(file: string): Promise<string>;
export const workletPlugin: import("esbuild").Plugin;
