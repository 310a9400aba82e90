import { vi } from "vitest";

export class FakeTrack {
  enabled = true;
  stopped = false;
  readonly clones: FakeTrack[] = [];
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  stop(): void {
    this.stopped = true;
  }
  clone(): FakeTrack {
    const clone = new FakeTrack(`${this.name} copy`);
    this.clones.push(clone);
    return clone;
  }
}

export class FakeChannel extends EventTarget {
  readonly label: string;
  readonly sent: string[] = [];
  readyState = "connecting";
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor(label: string) {
    super();
    this.label = label;
  }
  send(text: string): void {
    this.sent.push(text);
  }
  open(): void {
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }
  close(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.onclose?.();
  }
}

/** A connection that a test brings up, or down. */
export class FakeConnection extends EventTarget {
  static made: FakeConnection[] = [];
  static refusesSdp = false;
  connectionState = "new";
  iceConnectionState = "new";
  iceGatheringState = "complete";
  localDescription: { sdp: string } | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: unknown) => void) | null = null;
  sending: FakeTrack | null = null;
  channel: FakeChannel | null = null;
  closed = false;
  constructor() {
    super();
    FakeConnection.made.push(this);
  }
  createDataChannel(label: string): FakeChannel {
    this.channel = new FakeChannel(label);
    return this.channel;
  }
  addTransceiver(track: FakeTrack): { sender: { replaceTrack(track: FakeTrack): Promise<void> } } {
    this.sending = track;
    const replaceTrack = async (next: FakeTrack) => {
      this.sending = next;
    };
    return { sender: { replaceTrack } };
  }
  async setLocalDescription(): Promise<void> {
    this.localDescription = { sdp: "v=0 offer" };
  }
  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    if (FakeConnection.refusesSdp) throw new DOMException(`no SDP: ${sdp}`, "OperationError");
  }
  become(connection: string, ice = connection): void {
    this.connectionState = connection;
    this.iceConnectionState = ice;
    this.onconnectionstatechange?.();
    this.dispatchEvent(new Event("connectionstatechange"));
  }
  close(): void {
    this.closed = true;
    this.connectionState = "closed";
  }
  up(): void {
    this.become("connected");
    this.channel?.open();
  }
}

export class FakeGain {
  readonly gain = { value: 1 };
  connect<T>(next: T): T {
    return next;
  }
  disconnect(): void {}
}

class FakeWorklet {
  static made: FakeWorklet[] = [];
  readonly port: { onmessage: ((event: unknown) => void) | null; postMessage: () => void } = {
    onmessage: null,
    postMessage: () => undefined,
  };
  constructor() {
    FakeWorklet.made.push(this);
  }
  connect<T>(next: T): T {
    return next;
  }
  disconnect(): void {}
}

/** What the page has: a context, a connection, an audio element. */
export function room() {
  FakeConnection.made = [];
  FakeConnection.refusesSdp = false;
  FakeWorklet.made = [];
  vi.stubGlobal("RTCPeerConnection", FakeConnection);
  vi.stubGlobal("AudioWorkletNode", FakeWorklet);
  vi.stubGlobal("document", { createElement: () => ({ play: async () => undefined }) });
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:");
  vi.spyOn(URL, "revokeObjectURL").mockReturnValue(undefined);
  const silence = new FakeTrack("silence");
  const gain = new FakeGain();
  const context = {
    destination: {},
    audioWorklet: { addModule: async () => undefined },
    createMediaStreamDestination: () => ({ stream: { getAudioTracks: () => [silence] } }),
    createMediaStreamSource: () => new FakeGain(),
    createGain: () => gain,
  };
  const held: string[] = [];
  const shared = {
    running: true,
    get: () => context,
    start: async (holder: string) => {
      held.push(holder);
      return shared.running;
    },
    rest: (holder: string) => void held.splice(held.indexOf(holder), 1),
  };
  /** A frame of what the service says, at one level. */
  const hear = (rms: number) => {
    const samples = new Int16Array(960).fill(Math.round(rms * 32768));
    FakeWorklet.made[0]?.port.onmessage?.({ data: { samples, time: 0, rms } });
  };
  return { shared, silence, gain, held, hear };
}
