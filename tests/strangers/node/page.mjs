// @openai/agents-realtime in a page: its `RealtimeSession` over WebRTC, with an ephemeral key.

import {
  OpenAIRealtimeWebRTC,
  RealtimeAgent,
  RealtimeSession,
  tool,
} from "./node_modules/@openai/agents-realtime/dist/bundle/openai-realtime-agents.mjs";
import { Ears, expect, MODEL, run, SUM } from "./kit.mjs";

const CLIENT = "@openai/agents-realtime (Chromium, WebRTC)";
const LOUD = 0.02; // of 1; the voice reaches 0.3

/** A microphone that says what it is told to. */
class Mouth {
  #context = new AudioContext({ sampleRate: 24_000 });
  #out = this.#context.createMediaStreamDestination();

  get stream() {
    return this.#out.stream;
  }

  async say(name) {
    await this.#context.resume();
    const wav = await (await fetch(`/sound/${name}.wav`)).arrayBuffer();
    const source = this.#context.createBufferSource();
    source.buffer = await this.#context.decodeAudioData(wav);
    source.connect(this.#out);
    source.start();
  }
}

/** Wait until something is heard of an audio element's stream. */
async function heard(element) {
  while (!element.srcObject) await new Promise((done) => setTimeout(done, 20));
  const context = new AudioContext();
  await context.resume();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(element.srcObject).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  do {
    await new Promise((done) => setTimeout(done, 20));
    analyser.getFloatTimeDomainData(samples);
  } while (Math.max(...samples.map(Math.abs)) < LOUD);
  await context.close();
}

function flowsOf(url, mint) {
  /** Talk with a microphone of the page's own, or with the browser's when `mouth` is null. */
  async function talking(options, attempt, mouth = new Mouth()) {
    const agent = new RealtimeAgent({ name: "Assistant", instructions: "Be brief.", ...options });
    const element = document.createElement("audio");
    element.autoplay = true;
    const transport = new OpenAIRealtimeWebRTC({
      baseUrl: `${url}/realtime/calls`,
      audioElement: element,
      ...(mouth && { mediaStream: mouth.stream }),
    });
    const session = new RealtimeSession(agent, { transport, model: MODEL });
    const ears = new Ears(session);
    await session.connect({ apiKey: await mint() });
    try {
      expect(transport.callId?.startsWith("rtc_"), `call id ${transport.callId}`);
      await attempt({ session, ears, element, mouth });
      const complaint = ears.events.find((event) => event.kind === "error");
      expect(!complaint, `error: ${JSON.stringify(complaint?.told)}`);
    } finally {
      session.close();
    }
  }

  return {
    text: () =>
      talking({}, async ({ session, ears, element }) => {
        session.sendMessage(SUM);
        await Promise.all([ears.said("12"), heard(element)]);
        await ears.wire("output_audio_buffer.stopped");
      }),

    audio: () =>
      talking(
        {},
        async ({ ears, element }) => {
          await Promise.all([ears.said("it is"), heard(element)]);
          await ears.said("time", "user");
        },
        null,
      ),

    tool: async () => {
      const called = [];
      const weather = tool({
        name: "get_weather",
        description: "Tells the weather of a city.",
        parameters: {
          type: "object",
          properties: { city: { type: "string" } },
          required: ["city"],
          additionalProperties: false,
        },
        strict: false,
        execute: ({ city }) => {
          called.push(city);
          return "The sky is purple.";
        },
      });
      await talking({ tools: [weather] }, async ({ session, ears }) => {
        session.sendMessage("What is the weather in Paris?");
        await ears.said("purple");
        expect(called.join() === "Paris", called.join());
      });
    },

    interruption: () =>
      talking({}, async ({ session, ears, element, mouth }) => {
        session.sendMessage("Tell me a story.");
        await ears.wire("output_audio_buffer.started");
        await heard(element);
        await mouth.say("stop");
        await ears.wire("output_audio_buffer.cleared");
        await ears.wire("conversation.item.truncated");
        await ears.said("okay");
      }),
  };
}

/** Try the flows; `window.mint` and `window.tell` are the driver's. */
window.strangers = async (url, chosen) => {
  const manifest = await (
    await fetch("node_modules/@openai/agents-realtime/package.json")
  ).json();
  const all = Object.entries(flowsOf(url, window.mint));
  const flows = all.filter(([name]) => !chosen.length || chosen.includes(name));
  await run(CLIENT, manifest.version, Object.fromEntries(flows), window.tell);
};
