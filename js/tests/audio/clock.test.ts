import { describe, expect, it } from "vitest";
import { Clock } from "../../src/audio/clock.js";

describe("Clock", () => {
  it("knows nothing before it was shown anything", () => {
    expect(new Clock().pageTime(5)).toBeNaN();
  });

  it("trusts the message that came through fastest", () => {
    const clock = new Clock();
    for (const delay of [30, 12, 2, 80, 7]) clock.observe(100 * delay, 1e6 + 100 * delay + delay);
    expect(clock.pageTime(5000)).toBe(1e6 + 5000 + 2);
  });

  it("follows a context whose clock drifts or stood still", () => {
    const clock = new Clock();
    clock.observe(0, 1000);
    for (let i = 1; i <= 200; i++) clock.observe(40 * i, 6000 + 40 * i); // slept five seconds
    expect(clock.pageTime(8000)).toBe(14_000);
  });
});
