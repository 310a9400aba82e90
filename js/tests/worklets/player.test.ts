import { describe, expect, it } from "vitest";
import { Player, PREBUFFER, PREBUFFER_MAX } from "../../src/worklets/player.js";
import { CHUNK_SAMPLES } from "../../src/worklets/ring.js";

const QUANTUM = 128;
const ramp = (from: number, count: number): Int16Array =>
  Int16Array.from({ length: count }, (_, i) => ((from + i) % 30_000) + 1);
const asFloats = (samples: Int16Array): number[] => Array.from(samples, (s) => s / 32768);

function render(player: Player, quanta: number): number[] {
  const heard: number[] = [];
  for (let i = 0; i < quanta; i++) {
    const out = new Float32Array(QUANTUM).fill(9);
    player.render(out);
    heard.push(...out);
  }
  return heard;
}

describe("Player", () => {
  it("waits for the prebuffer, then plays every sample", () => {
    const player = new Player();
    expect(player.push(1, 0, ramp(0, PREBUFFER - 1))).toBe("started");
    expect(render(player, 3)).toEqual(new Array(3 * QUANTUM).fill(0));
    expect(player.push(1, PREBUFFER - 1, ramp(PREBUFFER - 1, 641))).toBe("queued");
    expect(render(player, 20)).toEqual(asFloats(ramp(0, 20 * QUANTUM)));
    expect(player.progress()).toEqual([{ stream: 1, samples: 20 * QUANTUM }]);
  });

  it("plays a stream shorter than the prebuffer once it has ended, to its last sample", () => {
    const player = new Player();
    player.push(4, 0, ramp(0, 300));
    player.end(4);
    const heard = render(player, 3);
    expect(heard.slice(0, 300)).toEqual(asFloats(ramp(0, 300)));
    expect(heard.slice(300)).toEqual(new Array(84).fill(0));
    expect(player.takeDrained()).toEqual([{ stream: 4, samples: 300 }]);
    expect(player.active).toBe(false);
    expect(player.underruns).toBe(0);
  });

  it("joins two streams without a gap when both are there", () => {
    const player = new Player();
    player.push(1, 0, ramp(0, 2000));
    player.end(1);
    player.push(2, 0, ramp(5000, 2000));
    player.end(2);
    const heard = render(player, 32);
    expect(heard.slice(0, 4000)).toEqual([
      ...asFloats(ramp(0, 2000)),
      ...asFloats(ramp(5000, 2000)),
    ]);
    expect(player.takeDrained()).toEqual([
      { stream: 1, samples: 2000 },
      { stream: 2, samples: 2000 },
    ]);
  });

  it("counts an underrun once, waits for twice the prebuffer, and loses nothing", () => {
    const player = new Player();
    player.push(1, 0, ramp(0, PREBUFFER));
    const first = render(player, 16);
    expect(first.slice(0, PREBUFFER)).toEqual(asFloats(ramp(0, PREBUFFER)));
    expect(player.underruns).toBe(1);
    player.push(1, PREBUFFER, ramp(PREBUFFER, PREBUFFER));
    expect(render(player, 4)).toEqual(new Array(4 * QUANTUM).fill(0));
    player.push(1, 2 * PREBUFFER, ramp(2 * PREBUFFER, PREBUFFER));
    expect(render(player, 30)).toEqual(asFloats(ramp(PREBUFFER, 2 * PREBUFFER)));
    expect(player.underruns).toBe(1);
    expect(player.progress()).toEqual([{ stream: 1, samples: 3 * PREBUFFER }]);
  });

  it("holds back more after each underrun, up to a bound, and slowly less again", () => {
    const player = new Player();
    const dry = (id: number) => {
      player.push(id, 0, ramp(0, player.prebuffer));
      render(player, player.prebuffer / QUANTUM + 1);
      player.end(id);
      render(player, 1);
    };
    const smooth = (id: number, samples: number) => {
      player.push(id, 0, ramp(0, samples));
      player.end(id);
      render(player, Math.ceil(samples / QUANTUM));
    };
    for (let id = 0; id < 4; id++) dry(id);
    expect(player.underruns).toBe(4);
    expect(player.prebuffer).toBe(PREBUFFER_MAX);
    smooth(10, 12_000); // too short to tell
    expect(player.prebuffer).toBe(PREBUFFER_MAX);
    smooth(11, 24_000);
    expect(player.prebuffer).toBe((7 * PREBUFFER_MAX) / 8);
    for (let id = 12; id < 40; id++) smooth(id, 24_000);
    expect(player.prebuffer).toBe(PREBUFFER);
  });

  it("takes what ran out exactly at a quantum's edge for no underrun if more is there in time", () => {
    const player = new Player();
    player.push(1, 0, ramp(0, PREBUFFER));
    render(player, PREBUFFER / QUANTUM);
    expect(player.underruns).toBe(0);
    player.push(1, PREBUFFER, ramp(PREBUFFER, QUANTUM));
    expect(render(player, 1)).toEqual(asFloats(ramp(PREBUFFER, QUANTUM)));
    expect(player.underruns).toBe(0);
  });

  it("is silent from the quantum after clear, and tells each stream's samples", () => {
    const player = new Player();
    player.push(1, 0, ramp(0, 5000));
    player.push(2, 0, ramp(0, 5000));
    render(player, 7);
    expect(player.clear()).toEqual([
      { stream: 1, samples: 7 * QUANTUM },
      { stream: 2, samples: 0 },
    ]);
    expect(player.buffered).toBe(0);
    expect(render(player, 2)).toEqual(new Array(2 * QUANTUM).fill(0));
    expect(player.push(1, 5000, ramp(0, 960))).toBe("late");
    expect(player.push(2, 5000, ramp(0, 960))).toBe("late");
    player.end(1);
    expect(render(player, 20)).toEqual(new Array(20 * QUANTUM).fill(0));
    expect(player.takeDrained()).toEqual([]);
    expect(player.push(3, 0, ramp(0, PREBUFFER))).toBe("started");
    expect(render(player, 1)).toEqual(asFloats(ramp(0, QUANTUM)));
  });

  it("refuses and counts what is above its bound, and the rest of that stream", () => {
    const player = new Player(CHUNK_SAMPLES * 2);
    expect(player.push(1, 0, ramp(0, CHUNK_SAMPLES))).toBe("started");
    expect(player.push(1, CHUNK_SAMPLES, ramp(0, 960))).toBe("refused");
    expect(player.refused).toBe(960);
    render(player, CHUNK_SAMPLES / QUANTUM);
    expect(player.push(1, CHUNK_SAMPLES + 960, ramp(0, 960))).toBe("refused");
    expect(player.refused).toBe(1920);
    player.end(1);
    render(player, 1);
    expect(player.takeDrained()).toEqual([{ stream: 1, samples: CHUNK_SAMPLES }]);
    expect(player.push(2, 0, ramp(0, CHUNK_SAMPLES))).toBe("started");
  });

  it("keeps positions true when frames are lost, repeated, or come in after the start", () => {
    const player = new Player();
    player.push(1, 9600, ramp(9600, 960)); // the page was reloaded in mid-answer
    player.push(1, 9600, ramp(9600, 960)); // repeated
    player.push(1, 11_520, ramp(11_520, 960)); // one frame is missing
    player.end(1);
    const heard = render(player, 23);
    expect(heard.slice(0, 960)).toEqual(asFloats(ramp(9600, 960)));
    expect(heard.slice(960, 1920)).toEqual(new Array(960).fill(0));
    expect(heard.slice(1920, 2880)).toEqual(asFloats(ramp(11_520, 960)));
    expect(player.lost).toBe(960);
    expect(player.takeDrained()).toEqual([{ stream: 1, samples: 12_480 }]);
  });

  it("lets a waiting stream pass one that ran dry for half a second", () => {
    const player = new Player();
    player.push(1, 0, ramp(0, PREBUFFER));
    player.push(2, 0, ramp(7000, PREBUFFER));
    player.end(2);
    const heard = render(player, 15 + 120);
    const tail = heard.slice(PREBUFFER).filter((sample) => sample !== 0);
    expect(tail).toEqual(asFloats(ramp(7000, PREBUFFER)));
    expect(player.takeDrained()).toEqual([{ stream: 2, samples: PREBUFFER }]);
    player.end(1);
    render(player, 1);
    expect(player.takeDrained()).toEqual([{ stream: 1, samples: PREBUFFER }]);
  });

  it("says of a stream that ended without a sample that it is played", () => {
    const player = new Player();
    player.end(6);
    expect(player.takeDrained()).toEqual([{ stream: 6, samples: 0 }]);
  });
});
