import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Stopwatch } from "../../../bench/stopwatch";

describe("Stopwatch", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** The clock goes on, and no timer is heard of. */
  const standStill = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
  const hearTimer = () => vi.advanceTimersToNextTimer();
  const hearSignal = () => process.emit("SIGCONT");

  it("measures wall clock", () => {
    const watch = new Stopwatch();
    vi.advanceTimersByTime(3100);
    expect(watch.stop()).toEqual({ seconds: 3.1, heldSeconds: 0 });
  });

  it("takes a gap for work when the process was not stopped", () => {
    const watch = new Stopwatch();
    standStill(5000);
    vi.advanceTimersByTime(1000);
    expect(watch.stop()).toEqual({ seconds: 6, heldSeconds: 0 });
  });

  it.each([
    ["after", [hearTimer, hearSignal]],
    ["before", [hearSignal, hearTimer]],
  ])("leaves out the time of standing still, heard of %s the timer", (_, inOrder) => {
    const begin = Date.now();
    const watch = new Stopwatch();
    vi.advanceTimersByTime(1000);
    standStill(60_000);
    inOrder.forEach((hear) => hear());
    vi.advanceTimersByTime(1000);
    const whole = (Date.now() - begin) / 1000;
    const { seconds, heldSeconds } = watch.stop();
    expect(heldSeconds).toBeGreaterThanOrEqual(60);
    expect(heldSeconds).toBeLessThanOrEqual(60.2);
    expect(seconds + heldSeconds).toBeCloseTo(whole, 6);
  });

  it("counts no time twice", () => {
    const watch = new Stopwatch();
    standStill(60_000);
    [hearTimer, hearSignal, hearSignal].forEach((hear) => hear());
    const { heldSeconds } = watch.stop();
    expect(heldSeconds).toBeGreaterThanOrEqual(60);
    expect(heldSeconds).toBeLessThanOrEqual(60.2);
  });
});

it("leaves out the time in which its process was stopped", async () => {
  const script = `
    const { Stopwatch } = require("./bench/stopwatch.ts");
    const watch = new Stopwatch();
    process.on("SIGCONT", () => setTimeout(() => {
      console.log(JSON.stringify(watch.stop()));
      process.exit();
    }, 300));
    process.stdout.write("ready\\n");
  `;
  const child = execa("node", ["--import", "tsx", "-e", script]);
  await new Promise((ready) => child.stdout.once("data", ready));
  child.kill("SIGSTOP");
  while (!readFileSync(`/proc/${child.pid}/stat`, "utf8").includes(") T ")) await pause(10);
  await pause(1500);
  child.kill("SIGCONT");
  const { stdout } = await child;
  const { seconds, heldSeconds } = JSON.parse(stdout.split("\n").at(-1) ?? "") as {
    seconds: number;
    heldSeconds: number;
  };
  expect(seconds).toBeGreaterThan(0);
  // A timer may be a millisecond early.
  expect(heldSeconds).toBeGreaterThan(1.49);
}, 60_000);
