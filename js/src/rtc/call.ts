// One WebRTC call: the connection, its data channel, and the sound both ways.

import type { SharedContext } from "../audio/context.js";
import { Remote, type RemoteHandlers } from "./remote.js";
import { Speaking } from "./speaking.js";
import { atStage, CallTrouble, stalled } from "./trouble.js";

/** The service's own way is in its answer; ours are a help that is not waited for. */
export const GATHER_MS = 100;
/** From the answer until sound and data channel are up. */
export const CONNECT_MS = 12_000;
/** A connection that is shaken may come back by itself; a browser gives up before this. */
const SHAKEN_MS = 30_000;
const REFUSAL_MAX = 200;
const LOST =
  "the WebRTC call was lost, no way to the service is left: run the cell again to call anew";

export interface CallHandlers extends RemoteHandlers {
  /** An event of the data channel. */
  message(text: string): void;
  /** A call that was up is over, and not because of us. */
  closed(why: string): void;
}

export class RtcCall {
  readonly number: number;
  readonly speaking: Speaking;
  readonly remote: Remote;
  readonly #handlers: CallHandlers;
  readonly #connection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  #up = false;
  #over = false;
  #shaken: ReturnType<typeof setTimeout> | undefined;

  /** Throws `CallTrouble` where this page can make no call. */
  constructor(shared: SharedContext, number: number, handlers: CallHandlers) {
    if (typeof RTCPeerConnection !== "function") {
      throw new CallTrouble("page", "this browser has no WebRTC");
    }
    this.number = number;
    this.#handlers = handlers;
    this.speaking = new Speaking(shared);
    this.remote = new Remote(shared, handlers);
    this.#connection = new RTCPeerConnection();
    this.#connection.ontrack = ({ track, streams: [stream] }) => {
      void this.remote.play(stream ?? new MediaStream([track]), number);
    };
    this.#connection.onconnectionstatechange = () => this.#changed();
    this.#channel = this.#connection.createDataChannel("oai-events");
    this.#channel.onmessage = ({ data }) => {
      if (typeof data === "string") handlers.message(data);
    };
    this.#channel.onclose = () => this.#ended("the service ended the WebRTC call");
    this.speaking.join(this.#connection);
  }

  /** Make the offer, without the microphone. */
  async offer(): Promise<string> {
    return await atStage("SDP", async () => {
      await this.#connection.setLocalDescription();
      await gathered(this.#connection);
      return this.#connection.localDescription?.sdp ?? "";
    });
  }

  /** Take the service's answer; resolves when sound and data channel are up. */
  async answer(sdp: string): Promise<void> {
    await atStage("SDP", () => this.#connection.setRemoteDescription({ type: "answer", sdp }));
    await this.#connected();
  }

  /** Call by ourselves with an ephemeral key; resolves to the call's id, where it can be read. */
  async direct(url: string, key: string): Promise<string | null> {
    const body = await this.offer();
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/sdp" };
    const request = { method: "POST", body, headers, redirect: "error" } as const;
    const answer = await atStage("HTTP", async () => {
      const response = await fetch(url, request);
      if (!response.ok) throw await refusal(response);
      return response;
    });
    await this.answer(await atStage("HTTP", () => answer.text()));
    return answer.headers.get("location")?.split("/").pop() || null;
  }

  send(text: string): void {
    if (this.#channel.readyState === "open") this.#channel.send(text);
  }

  close(): void {
    this.#over = true;
    clearTimeout(this.#shaken);
    this.speaking.close();
    this.remote.close();
    this.#channel.close();
    this.#connection.close();
  }

  /** Wait until everything is up. */
  #connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const connection = this.#connection;
      const look = () => {
        if (this.#over) return finish(new CallTrouble("page", "the call was given up"));
        if (connection.connectionState === "failed") return finish(stalled(connection));
        if (connection.connectionState !== "connected") return;
        if (this.#channel.readyState === "open") finish(null);
      };
      const timer = setTimeout(() => finish(stalled(connection)), CONNECT_MS);
      const finish = (trouble: CallTrouble | null) => {
        clearTimeout(timer);
        connection.removeEventListener("connectionstatechange", look);
        this.#channel.removeEventListener("open", look);
        this.#up = trouble === null;
        if (trouble === null) resolve();
        else reject(trouble);
      };
      connection.addEventListener("connectionstatechange", look);
      this.#channel.addEventListener("open", look);
      look();
    });
  }

  #changed(): void {
    clearTimeout(this.#shaken);
    const state = this.#connection.connectionState;
    const lost = () => this.#ended(LOST);
    if (state === "failed") lost();
    else if (state === "disconnected") this.#shaken = setTimeout(lost, SHAKEN_MS);
    else if (state === "closed") this.#ended("the service ended the WebRTC call");
  }

  #ended(why: string): void {
    if (this.#over || !this.#up) return;
    this.close();
    this.#handlers.closed(why);
  }
}

/** Why the service took no offer, in its own words where it has any. */
async function refusal(response: Response): Promise<CallTrouble> {
  let said = "";
  try {
    const body = (await response.json()) as { error?: { message?: unknown } } | null;
    const message = body?.error?.message;
    if (typeof message === "string") said = `: ${message.slice(0, REFUSAL_MAX)}`;
  } catch {
    // The status says enough.
  }
  return new CallTrouble("HTTP", `status ${response.status}${said}`);
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}
