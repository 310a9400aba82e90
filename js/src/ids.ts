// Ids a page gives itself.

/** `crypto.randomUUID` exists only in secure contexts; notebooks are also read over plain http. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
