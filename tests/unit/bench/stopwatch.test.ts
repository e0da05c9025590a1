import { execa } from "execa";
import { expect, it } from "vitest";
import { Stopwatch } from "../../../bench/stopwatch";

it("measures wall clock", async () => {
  const watch = new Stopwatch();
  await new Promise((done) => setTimeout(done, 300));
  const { seconds, heldSeconds } = watch.stop();
  expect(seconds).toBeGreaterThan(0.29);
  expect(heldSeconds).toBe(0);
});

it("leaves out the time in which its process was stopped", async () => {
  const script = `
    const { Stopwatch } = require("./bench/stopwatch.ts");
    const watch = new Stopwatch();
    process.stdout.write("ready\\n");
    process.on("SIGUSR2", () => { console.log(JSON.stringify(watch.stop())); process.exit(); });
    setInterval(() => undefined, 1000);
  `;
  const child = execa("node", ["--import", "tsx", "-e", script]);
  await new Promise((ready) => child.stdout.once("data", ready));
  const begin = Date.now();
  child.kill("SIGSTOP");
  await new Promise((done) => setTimeout(done, 2000));
  child.kill("SIGCONT");
  await new Promise((done) => setTimeout(done, 300));
  child.kill("SIGUSR2");
  const { stdout } = await child;
  const { seconds, heldSeconds } = JSON.parse(stdout.split("\n").at(-1) ?? "") as {
    seconds: number;
    heldSeconds: number;
  };
  const whole = (Date.now() - begin) / 1000;
  expect(heldSeconds).toBeGreaterThan(1.7);
  expect(seconds).toBeLessThan(whole - 1.5);
}, 60_000);
