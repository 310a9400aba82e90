// Packets of the fast path: a message and its buffers in one stretch of bytes, as the kernel's
// bridge also reads them. Both sides are held to tests/vectors/packets.json.
//
//   byte   0  u32  n: number of the message in its direction, from 1; 0 is a control
//          4  u32  got: the newest message of the other direction that was delivered
//          8  u32  length of the message, in bytes
//         12  u32  how many buffers
//         16  u32  length of each buffer, in bytes
//             ...  the message as JSON, then the buffers
//
// Little endian throughout.

const HEADER_BYTES = 16;
const WORD = 4;

export interface Packet {
  readonly n: number;
  readonly got: number;
  readonly message: unknown;
  readonly buffers: readonly DataView[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function packPacket(
  n: number,
  got: number,
  message: object,
  buffers: readonly ArrayBuffer[],
): ArrayBuffer {
  const text = encoder.encode(JSON.stringify(message));
  const sizes = buffers.map((buffer) => buffer.byteLength);
  const head = HEADER_BYTES + WORD * sizes.length;
  const total = sizes.reduce((sum, size) => sum + size, head + text.length);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  [n, got, text.length, sizes.length, ...sizes].forEach((word, index) => {
    view.setUint32(WORD * index, word, true);
  });
  bytes.set(text, head);
  let at = head + text.length;
  for (const buffer of buffers) {
    bytes.set(new Uint8Array(buffer), at);
    at += buffer.byteLength;
  }
  return bytes.buffer;
}

/** Read one packet; null for bytes that are none. Its buffers are views of the bytes given. */
export function unpackPacket(bytes: ArrayBuffer): Packet | null {
  if (bytes.byteLength < HEADER_BYTES) return null;
  const view = new DataView(bytes);
  const word = (index: number) => view.getUint32(WORD * index, true);
  const [length, count] = [word(2), word(3)];
  let at = HEADER_BYTES + WORD * count;
  if (bytes.byteLength < at) return null;
  const sizes = Array.from({ length: count }, (_, index) => word(HEADER_BYTES / WORD + index));
  if (bytes.byteLength !== sizes.reduce((sum, size) => sum + size, at + length)) return null;
  let message: unknown;
  try {
    message = JSON.parse(decoder.decode(new Uint8Array(bytes, at, length)));
  } catch {
    return null;
  }
  at += length;
  const buffers = sizes.map((size) => {
    at += size;
    return new DataView(bytes, at - size, size);
  });
  return { n: word(0), got: word(1), message, buffers };
}
