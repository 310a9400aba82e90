// The address of the Jupyter Server that this page came from. JupyterLab and Notebook say it in
// the page; other front ends (VS Code, Colab) do not, and stay on the comm. The server knows the page
// by its cookie, as it does for kernels' WebSockets: its token has no place in an address.

/** The WebSocket address of a chat's relay; empty where the page has no such server. */
export function relayAddress(id: string): string {
  const config = readConfig();
  if (config === null || !/^[0-9a-f]{32}$/.test(id)) return "";
  const url = new URL(`${config.base}realtime-nb/relay/${id}`, location.href);
  // Never another origin than the page's own, whatever the page says.
  if (url.origin !== location.origin) return "";
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** Whether there may be a relay at all. */
export function mayHaveRelay(): boolean {
  return typeof WebSocket === "function" && readConfig() !== null;
}

function readConfig(): { base: string } | null {
  const text = globalThis.document?.getElementById("jupyter-config-data")?.textContent;
  if (!text || !/^https?:$/.test(location.protocol)) return null;
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config !== "object" || config === null) return null;
    const { baseUrl } = config as Record<string, unknown>;
    if (typeof baseUrl !== "string" || baseUrl === "") return null;
    const base = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;
    return { base };
  } catch {
    return null;
  }
}
