// Runs in Chromium, driven by tests/browser/test_engine.py: the whole widget on a page of its own,
// with a stand-in for anywidget's model and every microphone track it opens on record.

import widget from "/bundle.js";
import { FakeModel } from "/fake_model.js";

const tracks = [];
const devices = navigator.mediaDevices; // none on a page of plain http
const getUserMedia = devices?.getUserMedia.bind(devices);
if (devices) {
  devices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    for (const track of stream.getTracks()) tracks.push({ track, constraints });
    return stream;
  };
}

const model = new FakeModel();
model.traits._audio_constraints = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
};
const life = new AbortController();
const definition = widget();
definition.initialize({ model, signal: life.signal });

/** Draw one more view; returns how to close it. */
function view() {
  const closing = new AbortController();
  const el = document.createElement("div");
  document.body.append(el);
  definition.render({ model, el, signal: AbortSignal.any([life.signal, closing.signal]) });
  return closing;
}

function frameOf(stream, offset, samples) {
  const bytes = new DataView(new ArrayBuffer(24 + 2 * samples.length));
  bytes.setUint8(0, 1);
  bytes.setUint8(1, 2);
  bytes.setUint32(4, stream, true);
  bytes.setUint32(12, offset, true);
  samples.forEach((sample, index) => {
    bytes.setInt16(24 + 2 * index, sample, true);
  });
  return bytes;
}

/** Give the page `count` frames of 40 ms of an answer, and its end. */
function answer(stream, count) {
  const to = model.client;
  for (let frame = 0; frame < count; frame++) {
    const samples = new Array(960).fill(100);
    model.tell({ kind: "audio", to, stream }, [frameOf(stream, 960 * frame, samples)]);
  }
  model.tell({ kind: "end", to, stream });
}

/** What reached the kernel from the microphone: header fields and samples of each frame. */
function heard() {
  return model.sent
    .filter(({ content }) => content.kind === "audio")
    .map(({ buffers }) => {
      const bytes = new DataView(buffers[0]);
      return {
        kind: bytes.getUint8(1),
        stream: bytes.getUint32(4, true),
        seq: bytes.getUint32(8, true),
        offset: bytes.getUint32(12, true),
        tMs: bytes.getFloat64(16, true),
        samples: Array.from(new Int16Array(buffers[0], 24)),
      };
    });
}

// ?unasked: an answer comes before anybody touched the page. The driver's own look at a page counts
// as a touch, so what was to be seen without one is noted here.
let unasked = null;
if (location.search === "?unasked") {
  setTimeout(() => {
    model.welcome();
    answer(1, 10);
  }, 0);
  setTimeout(() => {
    const hear = document.querySelector(".rnb-hear");
    console.log("noted");
    unasked = { asked: hear !== null && !hear.hidden, drained: model.of("drained").length };
  }, 1500);
}

globalThis.engine = {
  unasked: () => unasked,
  model,
  tracks,
  life,
  view,
  views: [view()],
  answer,
  heard,
  live: () => tracks.filter(({ track }) => track.readyState === "live").length,
  constraints: () => tracks.map(({ constraints }) => constraints.audio),
};
