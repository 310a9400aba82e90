// Runs in Chromium, driven by tests/browser/test_worklets.py: the shipped worklets on
// OfflineAudioContext, where each sample can be compared.
//
// A message to a worklet races with rendering, so every step is taken while the context is
// suspended, and goes on only when the worklet has answered.

import { capture as captureSource, playback as playbackSource } from "/bundle.js";

const RATE = 24_000;

async function addWorklet(context, source) {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  await context.audioWorklet.addModule(url);
}

/** A playback node and everything it reported. */
async function playbackNode(context) {
  await addWorklet(context, playbackSource);
  const node = new AudioWorkletNode(context, "realtime-nb-playback", {
    numberOfInputs: 0,
    numberOfOutputs: 1,
    outputChannelCount: [1],
  });
  const reports = [];
  const waiting = [];
  node.port.onmessage = ({ data }) => {
    reports.push(data);
    for (const check of waiting.splice(0)) check();
  };
  const report = (matches) =>
    new Promise((resolve) => {
      const check = () => {
        const found = reports.find(matches);
        if (found === undefined) waiting.push(check);
        else resolve(found);
      };
      check();
    });
  node.connect(context.destination);
  return { node, reports, report };
}

/**
 * Render `seconds` of playback. `steps` are [time, commands]; at each time the context stands
 * still until the worklet has handled all of them. Returns the output as 16 bit samples.
 */
async function render(seconds, steps) {
  const context = new OfflineAudioContext(1, seconds * RATE, RATE);
  const { node, reports, report } = await playbackNode(context);
  for (const [time, commands] of steps) {
    void context.suspend(time).then(async () => {
      for (const command of commands) {
        const samples = command.samples && Int16Array.from(command.samples);
        node.port.postMessage(samples ? { ...command, samples } : command);
      }
      // Messages are handled in order, so the answer to the last one is the answer to all.
      const id = 1_000_000 + Math.round(time * RATE);
      if (commands.some(({ kind }) => kind === "clear")) {
        await report((one) => one.kind === "cleared");
      } else {
        node.port.postMessage({ kind: "push", stream: id, offset: 0, samples: new Int16Array(1) });
        await report((one) => one.kind === "started" && one.stream === id);
      }
      await context.resume();
    });
  }
  const rendered = (await context.startRendering()).getChannelData(0);
  // What was reported last may still be on its way.
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { output: Array.from(rendered, (sample) => sample * 32768), reports };
}

/** Capture `channels` (each a list of floats) at `rate`; returns frames as the page gets them. */
async function capture(rate, channels) {
  const length = channels[0].length;
  const context = new OfflineAudioContext(1, length, rate);
  await addWorklet(context, captureSource);
  const buffer = context.createBuffer(channels.length, length, rate);
  channels.forEach((samples, index) => {
    buffer.copyToChannel(Float32Array.from(samples), index);
  });
  const source = new AudioBufferSourceNode(context, { buffer });
  const node = new AudioWorkletNode(context, "realtime-nb-capture", {
    numberOfInputs: 1,
    numberOfOutputs: 1,
    outputChannelCount: [1],
  });
  const frames = [];
  node.port.onmessage = ({ data }) => {
    frames.push({ samples: Array.from(data.samples), time: data.time, rms: data.rms });
    node.port.postMessage({ kind: "recycle", samples: data.samples }, [data.samples.buffer]);
  };
  source.connect(node).connect(context.destination);
  source.start();
  const silence = (await context.startRendering()).getChannelData(0);
  const expected = Math.floor((length / rate) * (RATE / 960)) - 1;
  while (frames.length < expected) await new Promise((resolve) => setTimeout(resolve, 10));
  return { frames, leaked: silence.some((sample) => sample !== 0) };
}

globalThis.worklets = { render, capture };
