// @openai/agents-realtime at a telephone call: the openai package checks the webhook and accepts
// with the config that the agent makes, `OpenAIRealtimeSIP` joins.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { OpenAIRealtimeSIP, RealtimeAgent, RealtimeSession } from "@openai/agents-realtime";
import OpenAI from "openai";
import { Ears, expect, MODEL } from "./kit.mjs";

const { STRANGERS_URL: url, STRANGERS_KEY: key, STRANGERS_SOUND: sounds } = process.env;

/** Ring at a webhook on this computer; resolve with the event that the package believes. */
async function rung(client, secret) {
  let believe;
  let doubt;
  const event = new Promise((resolve, reject) => {
    [believe, doubt] = [resolve, reject];
  });
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    response.end();
    client.webhooks.unwrap(body, request.headers, secret).then(believe, doubt);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const [program, ...given] = JSON.parse(process.env.STRANGERS_PHONE);
  const to = `http://127.0.0.1:${server.address().port}/`;
  const call = [`${sounds}/time.wav`, "--to", to, "--server", url, "--quiet", "30"];
  const phone = spawn(program, [...given, ...call], {
    env: { ...process.env, OPENAI_WEBHOOK_SECRET: secret, REALTIME_NB_TOKEN: key },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = "";
  phone.stdout.on("data", (piece) => {
    told += piece;
  });
  const ended = once(phone, "close").then(() => told);
  try {
    return { event: await event, ended };
  } finally {
    server.close();
  }
}

export async function phoneCall() {
  const client = new OpenAI({ baseURL: url, apiKey: key });
  const secret = `whsec_${Buffer.alloc(24).toString("base64")}`;
  const { event, ended } = await rung(client, secret);
  expect(event.type === "realtime.call.incoming", event.type);
  const callId = event.data.call_id;
  const agent = new RealtimeAgent({ name: "Assistant", instructions: "Be brief." });
  const config = await OpenAIRealtimeSIP.buildInitialConfig(agent, { model: MODEL });
  await client.realtime.calls.accept(callId, config);
  const session = new RealtimeSession(agent, {
    transport: new OpenAIRealtimeSIP(),
    model: MODEL,
    tracingDisabled: true,
  });
  const ears = new Ears(session);
  // The URL goes here: with a call's id the transport looks at no other.
  const sideband = `${url.replace("http", "ws")}/realtime?call_id=${callId}`;
  await session.connect({ apiKey: key, callId, url: sideband });
  await ears.wire("response.output_audio_transcript.done");
  await ears.wire("output_audio_buffer.stopped");
  await client.realtime.calls.hangup(callId);
  session.close();
  const told = await ended;
  expect(told.includes("hung up"), told);
}
