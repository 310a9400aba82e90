import { describe, expect, it } from "vitest";
import vectors from "../../../tests/vectors/packets.json" with { type: "json" };
import { packPacket, unpackPacket } from "../../src/carrier/packet.js";

const toBytes = (hex: string) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).buffer;
const toHex = (bytes: ArrayBuffer | DataView) => {
  const view = bytes instanceof DataView ? bytes : new DataView(bytes);
  let hex = "";
  for (let at = 0; at < view.byteLength; at++) {
    hex += view.getUint8(at).toString(16).padStart(2, "0");
  }
  return hex;
};

describe("packets", () => {
  it.each(vectors)("are the bytes that the kernel knows: $name", (vector) => {
    const { n, got, message, buffers, bytes } = vector;
    expect(toHex(packPacket(n, got, message, buffers.map(toBytes)))).toBe(bytes);
    const read = unpackPacket(toBytes(bytes));
    expect(read).toMatchObject({ n, got, message });
    expect(read?.buffers.map(toHex)).toEqual(buffers);
  });

  it("are not read from bytes that are none", () => {
    const good = packPacket(1, 0, { kind: "audio" }, [toBytes("616263")]);
    for (let length = 0; length < good.byteLength; length++) {
      expect(unpackPacket(good.slice(0, length))).toBeNull();
    }
    const spoilt = good.slice(0);
    new Uint8Array(spoilt)[20] = 0x78;
    expect(unpackPacket(spoilt)).toBeNull();
  });
});
