// What this page can do, as the kernel tells people who ask which ways of sound work here.

export interface PageFacts {
  /** Where the page came from; `null` for a file or a frame without an origin. */
  readonly origin: string;
  /** Browsers give a microphone to such pages only. */
  readonly secure: boolean;
  readonly microphone: boolean;
  readonly webrtc: boolean;
}

/** What to add to a hello; nothing where there is no page. */
export function pageFacts(): { readonly page?: PageFacts } {
  if (globalThis.location === undefined) return {};
  const page = {
    origin: location.origin,
    secure: globalThis.isSecureContext === true,
    microphone: typeof navigator.mediaDevices?.getUserMedia === "function",
    webrtc: typeof globalThis.RTCPeerConnection === "function",
  };
  return { page };
}
