// @vitest-environment jsdom

import { afterEach, describe, expect, it } from "vitest";
import { mayHaveRelay, relayAddress } from "../../src/carrier/server.js";

const ID = "0123456789abcdef0123456789abcdef";

function tell(config: unknown): void {
  const script = document.createElement("script");
  script.id = "jupyter-config-data";
  script.type = "application/json";
  script.textContent = typeof config === "string" ? config : JSON.stringify(config);
  document.body.append(script);
}

afterEach(() => document.body.replaceChildren());

describe("the relay's address", () => {
  it("is of the page's own server, and has no token", () => {
    tell({ baseUrl: "/base/", token: "s3cret" });
    expect(mayHaveRelay()).toBe(true);
    const address = new URL(relayAddress(ID));
    expect(address.protocol).toBe("ws:");
    expect(address.host).toBe(location.host);
    expect(address.pathname).toBe(`/base/realtime-nb/relay/${ID}`);
    expect(address.search).toBe("");
    expect(address.href).not.toContain("s3cret");
  });

  it("is none of another origin, nor of an id that is none", () => {
    tell({ baseUrl: "https://evil.example/", token: "" });
    expect(relayAddress(ID)).toBe("");
    document.body.replaceChildren();
    tell({ baseUrl: "/" });
    expect(relayAddress(ID)).not.toBe("");
    for (const odd of ["", "../secret", `${ID}/x`, ID.toUpperCase()]) {
      expect(relayAddress(odd)).toBe("");
    }
  });

  it("is none where the page does not say", () => {
    expect(mayHaveRelay()).toBe(false);
    tell("{");
    expect(mayHaveRelay()).toBe(false);
    expect(relayAddress(ID)).toBe("");
  });
});
