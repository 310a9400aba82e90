import { afterEach, describe, expect, it, vi } from "vitest";
import { pageFacts } from "../src/page_facts.js";

describe("pageFacts", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("says nothing where there is no page", () => {
    expect(pageFacts()).toEqual({});
  });

  it("says where the page came from, and what it may do", () => {
    vi.stubGlobal("location", { origin: "http://notebook.example" });
    vi.stubGlobal("isSecureContext", false);
    vi.stubGlobal("navigator", {});
    vi.stubGlobal("RTCPeerConnection", class {});
    expect(pageFacts()).toEqual({
      page: {
        origin: "http://notebook.example",
        secure: false,
        microphone: false,
        webrtc: true,
      },
    });
  });
});
