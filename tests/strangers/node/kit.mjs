// What the programs of this folder share: how a flow is tried and told of, in Node and in a page.

export const MODEL = "gpt-realtime-2.1";
export const SUM = "What is seven plus five?"; // the practice server answers: 7 plus 5 is 12.
const LONGEST_MS = 120_000; // one flow; it takes a few seconds on a quiet machine

/** Fail a flow that did not get what it should. */
export function expect(met, what) {
  if (!met) throw new Error(what);
}

/** Try every flow, one after the other; `tell` gets the verdict of each. */
export async function run(client, version, flows, tell) {
  for (const [flow, attempt] of Object.entries(flows)) {
    const began = performance.now();
    let why = "";
    let timer;
    const late = new Promise((_, refuse) => {
      timer = setTimeout(() => refuse(new Error(`not done after ${LONGEST_MS} ms`)), LONGEST_MS);
    });
    try {
      await Promise.race([attempt(), late]);
    } catch (error) {
      why = String(error?.message ?? error) || "failed";
    } finally {
      clearTimeout(timer);
    }
    const seconds = Math.round(performance.now() - began) / 1000;
    await tell({ client, version, flow, why: why.slice(0, 300), seconds });
  }
}

/** What a `RealtimeSession` tells, kept; a complaint of any kind is a failure. */
export class Ears {
  events = [];
  #waiting = [];

  constructor(session) {
    const kinds = [
      "agent_end",
      "agent_handoff",
      "agent_tool_end",
      "audio",
      "audio_interrupted",
      "history_updated",
      "transport_event",
      "error",
    ];
    for (const kind of kinds) session.on(kind, (...told) => this.#hear(kind, told));
  }

  #hear(kind, told) {
    this.events.push({ kind, told });
    for (const look of [...this.#waiting]) look();
  }

  /** Return the first thing that `find` returns of what was told. */
  async #first(find) {
    let found = find();
    while (found === undefined) {
      await new Promise((resolve) => {
        const look = () => {
          this.#waiting = this.#waiting.filter((each) => each !== look);
          resolve();
        };
        this.#waiting.push(look);
      });
      const complaint = this.events.find((event) => event.kind === "error");
      if (complaint) throw new Error(`error: ${JSON.stringify(complaint.told)}`);
      found = find();
    }
    return found;
  }

  until(kind) {
    return this.#first(() => this.events.find((event) => event.kind === kind));
  }

  /** Wait for an event of the wire. */
  wire(type) {
    return this.#first(
      () => this.events.find((e) => e.kind === "transport_event" && e.told[0].type === type)?.told[0],
    );
  }

  /** Wait until somebody has said a word, in the history as the session keeps it. */
  said(word, role = "assistant") {
    return this.#first(() => {
      const history = this.events.findLast((event) => event.kind === "history_updated")?.told[0];
      const words = (history ?? [])
        .filter((item) => item.role === role)
        .flatMap((item) => item.content.map((part) => part.transcript ?? part.text ?? ""))
        .join(" ");
      return words.toLowerCase().includes(word.toLowerCase()) ? words : undefined;
    });
  }
}
