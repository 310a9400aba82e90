import { describe, expect, it } from "vitest";
import { onKernelEnd } from "../src/kernel_end.js";

type Slot = (sender: unknown, status: unknown) => void;

function setUp() {
  const slots = new Set<Slot>();
  const statusChanged = {
    connect: (slot: Slot) => void slots.add(slot),
    disconnect: (slot: Slot) => void slots.delete(slot),
  };
  const life = new AbortController();
  const ends: string[] = [];
  const model = { widget_manager: { kernel: { statusChanged } } };
  onKernelEnd(model, () => void ends.push("ended"), life.signal);
  const tell = (status: string) => {
    for (const slot of slots) slot({}, status);
  };
  return { ends, life, slots, tell };
}

describe("onKernelEnd", () => {
  it("tells of a kernel that died, whoever starts it again", () => {
    const { ends, tell } = setUp();
    for (const status of ["idle", "busy", "starting", "unknown"]) tell(status);
    expect(ends).toEqual([]);
    for (const status of ["autorestarting", "restarting", "dead"]) tell(status);
    expect(ends).toEqual(["ended", "ended", "ended"]);
  });

  it("listens no longer than the page shows it", () => {
    const { life, slots } = setUp();
    expect(slots.size).toBe(1);
    life.abort();
    expect(slots.size).toBe(0);
  });

  it("asks nothing of other notebooks", () => {
    const life = new AbortController();
    const gone = {
      get kernel(): never {
        throw new Error("disposed");
      },
    };
    for (const model of [{}, { widget_manager: {} }, { widget_manager: gone }]) {
      expect(() => onKernelEnd(model, () => undefined, life.signal)).not.toThrow();
    }
  });
});
