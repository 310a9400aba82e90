// Mirror whatever reaches a page's loudspeaker into a recorder, with no hook in the product:
// every AudioNode that is connected to an AudioContext's destination is connected to a tap too.
// Runs before the page's own scripts. tests/browser/harness_ears.py reads the result.
(() => {
  if (window.__ears || typeof AudioContext === "undefined") return;

  // On the audio thread: collects quanta into chunks, each with the frame it begins at and the
  // page's clock then. While nothing is connected there is no input and nothing is kept.
  const worklet = `
    registerProcessor("ears", class extends AudioWorkletProcessor {
      constructor() {
        super();
        this.chunk = new Float32Array(1280);
        this.fill = 0;
        this.next = 0;
        this.skipped = 0;
        this.port.onmessage = ({ data }) => { this.flush(); this.port.postMessage({ flushed: data }); };
      }
      flush() {
        if (this.fill === 0) return;
        const samples = this.chunk.slice(0, this.fill);
        const { frame, epochMs, skipped } = this;
        this.port.postMessage({ frame, epochMs, skipped, samples }, [samples.buffer]);
        this.fill = 0;
      }
      process([input]) {
        if (this.next > 0) this.skipped += currentFrame - this.next;
        this.next = currentFrame + 128;
        const heard = input[0];
        if (!heard) { this.flush(); return true; }
        const full = this.fill + heard.length > this.chunk.length;
        if (full || currentFrame !== this.frame + this.fill) this.flush();
        if (this.fill === 0) { this.frame = currentFrame; this.epochMs = Date.now(); }
        this.chunk.set(heard, this.fill);
        this.fill += heard.length;
        return true;
      }
    });`;
  const { connect, disconnect } = AudioNode.prototype;
  const taps = new Map();

  function tapOf(context) {
    let tap = taps.get(context);
    if (tap) return tap;
    const gain = new GainNode(context, { channelCount: 1, channelCountMode: "explicit" });
    tap = { context, gain, chunks: [], waiting: new Map(), node: null, failed: null };
    taps.set(context, tap);
    const url = URL.createObjectURL(new Blob([worklet], { type: "text/javascript" }));
    context.audioWorklet.addModule(url).then(() => {
      tap.node = new AudioWorkletNode(context, "ears", { outputChannelCount: [1] });
      tap.node.port.onmessage = ({ data }) => {
        if (data.flushed === undefined) tap.chunks.push(data);
        else tap.waiting.get(data.flushed)?.();
      };
      connect.call(gain, tap.node);
      connect.call(tap.node, context.destination); // its output is silence; this keeps it running
    }).catch((error) => { tap.failed = String(error); });
    return tap;
  }

  const audible = (node, target) =>
    target instanceof AudioDestinationNode && node.context instanceof AudioContext;

  AudioNode.prototype.connect = function (target, ...rest) {
    const result = connect.call(this, target, ...rest);
    if (audible(this, target)) connect.call(this, tapOf(this.context).gain, rest[0] ?? 0);
    return result;
  };
  AudioNode.prototype.disconnect = function (...rest) {
    if (audible(this, rest[0])) {
      const tap = tapOf(this.context);
      rest.length > 1 ? disconnect.call(this, tap.gain, rest[1]) : disconnect.call(this, tap.gain);
    }
    return disconnect.apply(this, rest);
  };
  // The tap's worklet is asked for before the page's own, so that it hears the first sound.
  window.AudioContext = class AudioContext extends window.AudioContext {
    constructor(...options) {
      super(...options);
      if (this.audioWorklet) tapOf(this);
    }
  };

  let asked = 0;
  function flushed(tap) {
    if (!tap.node || tap.context.state === "closed") return null;
    const id = ++asked;
    return new Promise((resolve) => {
      tap.waiting.set(id, resolve);
      tap.node.port.postMessage(id);
      setTimeout(resolve, 500); // a suspended context may not answer
    }).finally(() => tap.waiting.delete(id));
  }

  function base64(chunks) {
    const bytes = new Uint8Array(chunks.reduce((sum, { samples }) => sum + samples.byteLength, 0));
    let at = 0;
    for (const { samples } of chunks) {
      bytes.set(new Uint8Array(samples.buffer), at);
      at += samples.byteLength;
    }
    let text = "";
    for (let i = 0; i < bytes.length; i += 0x8000) {
      text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    }
    return btoa(text);
  }

  window.__ears = {
    async collect() {
      const all = [...taps.values()];
      await Promise.all(all.map(flushed));
      return all.map((tap) => ({
        rate: tap.context.sampleRate,
        state: tap.context.state,
        failed: tap.failed,
        outputLatencyMs: (tap.context.outputLatency || 0) * 1000,
        skipped: tap.chunks.length ? tap.chunks.at(-1).skipped - tap.chunks[0].skipped : 0,
        chunks: tap.chunks.map(({ frame, epochMs, samples }) => [frame, epochMs, samples.length]),
        samples: base64(tap.chunks),
      }));
    },
    forget() {
      for (const tap of taps.values()) tap.chunks.length = 0;
    },
    /** The next test is to hear nothing of what still plays. */
    async reset() {
      const contexts = [...taps.keys()];
      taps.clear();
      await Promise.all(contexts.map((context) => context.close?.().catch(() => {})));
    },
  };
})();
