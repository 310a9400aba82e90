// One binary frame of sound on its way between page and kernel, as the kernel's bridge also reads
// it. Both sides are held to tests/vectors/frames.json.
//
//   byte   0  u8   version = 1
//          1  u8   kind: 1 microphone, 2 answer
//          2  u16  zero
//          4  u32  stream
//          8  u32  seq, frames since the stream's start
//         12  u32  offset of the first sample, in samples since the stream's start
//         16  f64  t_ms: page epoch milliseconds when the first sample was captured; answers: 0
//         24       samples: signed 16 bit, mono, 24 kHz
//
// Little endian throughout.

export const FRAME_VERSION = 1;
export const HEADER_BYTES = 24;

/** Samples per second of everything that crosses the comm. */
export const RATE = 24_000;

export const FrameKind = { microphone: 1, answer: 2 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export interface Frame {
  readonly kind: FrameKind;
  readonly stream: number;
  readonly seq: number;
  readonly offset: number;
  readonly tMs: number;
  readonly samples: Int16Array<ArrayBuffer>;
}

/** Bytes that are no frame; the message says what is wrong with them. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Lay out one frame in a buffer of its own: a comm may send the whole buffer behind a view. */
export function encodeFrame(frame: Frame): ArrayBuffer {
  const buffer = new ArrayBuffer(HEADER_BYTES + frame.samples.length * 2);
  const view = new DataView(buffer);
  view.setUint8(0, FRAME_VERSION);
  view.setUint8(1, frame.kind);
  view.setUint32(4, frame.stream, true);
  view.setUint32(8, frame.seq, true);
  view.setUint32(12, frame.offset, true);
  view.setFloat64(16, frame.tMs, true);
  let at = HEADER_BYTES;
  for (const sample of frame.samples) {
    view.setInt16(at, sample, true);
    at += 2;
  }
  return buffer;
}

/** Read one frame; its samples are a copy, whatever the alignment of the bytes given. */
export function decodeFrame(view: DataView): Frame {
  if (view.byteLength < HEADER_BYTES) {
    throw new FrameError(`a frame has ${HEADER_BYTES} bytes of header, got ${view.byteLength}`);
  }
  const version = view.getUint8(0);
  if (version !== FRAME_VERSION) {
    throw new FrameError(`frame version ${version}, this page reads ${FRAME_VERSION}`);
  }
  const kind = view.getUint8(1);
  if (kind !== FrameKind.microphone && kind !== FrameKind.answer) {
    throw new FrameError(`frame kind ${kind} is neither microphone (1) nor answer (2)`);
  }
  const bytes = view.byteLength - HEADER_BYTES;
  if (bytes % 2 !== 0) {
    throw new FrameError(`16 bit samples need an even number of bytes, got ${bytes}`);
  }
  const samples = new Int16Array(bytes / 2);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = view.getInt16(HEADER_BYTES + 2 * i, true);
  }
  return {
    kind,
    stream: view.getUint32(4, true),
    seq: view.getUint32(8, true),
    offset: view.getUint32(12, true),
    tMs: view.getFloat64(16, true),
    samples,
  };
}
