// @openai/agents-realtime in Node: its `RealtimeSession` over WebSocket.

import { readFileSync } from "node:fs";
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { z } from "zod";
import { Ears, expect, MODEL, run, SUM } from "./kit.mjs";
import { phoneCall } from "./phone.mjs";

const { STRANGERS_URL: url, STRANGERS_KEY: key, STRANGERS_SOUND: sounds } = process.env;
const { version } = JSON.parse(
  readFileSync(new URL("node_modules/@openai/agents-realtime/package.json", import.meta.url)),
);

async function talking(options, attempt) {
  const agent = new RealtimeAgent({ name: "Assistant", instructions: "Be brief.", ...options });
  const transport = new OpenAIRealtimeWebSocket({ url: `${url.replace("http", "ws")}/realtime?model=${MODEL}` });
  const session = new RealtimeSession(agent, { transport, model: MODEL, tracingDisabled: true });
  const ears = new Ears(session);
  await session.connect({ apiKey: key });
  try {
    await attempt(session, ears);
    const complaint = ears.events.find((event) => event.kind === "error");
    expect(!complaint, `error: ${JSON.stringify(complaint?.told)}`);
  } finally {
    session.close();
  }
}

function speak(session, name) {
  const pcm = Buffer.concat([readFileSync(`${sounds}/${name}.pcm`), Buffer.alloc(48 * 700)]);
  for (let first = 0; first < pcm.length; first += 4800) {
    const chunk = pcm.subarray(first, first + 4800);
    session.sendAudio(chunk.buffer.slice(chunk.byteOffset, chunk.byteOffset + chunk.length));
  }
}

const flows = {
  text: () =>
    talking({}, async (session, ears) => {
      session.sendMessage(SUM);
      await ears.said("12");
    }),

  audio: () =>
    talking({}, async (session, ears) => {
      speak(session, "time");
      await ears.said("it is");
      await ears.said("time", "user");
      const sound = await ears.until("audio");
      expect(sound.told[0].data.byteLength > 0, "no sound");
    }),

  tool: async () => {
    const called = [];
    const weather = tool({
      name: "get_weather",
      description: "Tells the weather of a city.",
      parameters: z.object({ city: z.string() }),
      execute: ({ city }) => {
        called.push(city);
        return "The sky is purple.";
      },
    });
    await talking({ tools: [weather] }, async (session, ears) => {
      session.sendMessage("What is the weather in Paris?");
      await ears.said("purple");
      expect(called.join() === "Paris", called.join());
    });
  },

  interruption: () =>
    talking({}, async (session, ears) => {
      session.sendMessage("Tell me a story.");
      await ears.until("audio");
      speak(session, "stop");
      await ears.until("audio_interrupted");
      await ears.wire("conversation.item.truncated");
      await ears.said("okay");
    }),

  handoff: () => {
    const clerk = new RealtimeAgent({
      name: "Clerk",
      handoffDescription: "Knows about refunds.",
      instructions: "Your name is Bob.",
    });
    return talking({ handoffs: [clerk] }, async (session, ears) => {
      session.sendMessage("Please transfer me to the clerk.");
      await ears.until("agent_handoff");
      session.sendMessage("What is your name?");
      await ears.said("Bob");
    });
  },

  "phone call": phoneCall,
};

const chosen = process.argv.slice(2);
const tried = Object.entries(flows).filter(([name]) => !chosen.length || chosen.includes(name));
await run("@openai/agents-realtime (Node)", version, Object.fromEntries(tried), (verdict) =>
  console.log(JSON.stringify(verdict)),
);
process.exit(0);
