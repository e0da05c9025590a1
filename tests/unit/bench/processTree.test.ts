import { describe, expect, it } from "vitest";
import { descendants, nameOf, parsePss, parseStat, TreeMemory } from "../../../bench/processTree";

describe("parseStat", () => {
  it("is not misled by the name of a program", () =>
    expect(parseStat("42 (a) b) S 9 1 1 0 -1\n")).toEqual({ pid: 42, parent: 9 }));
  it("knows that a process is gone", () => expect(parseStat("")).toBeUndefined());
});

it("descendants are a process and everything below it", () => {
  const entries = [
    { pid: 2, parent: 1 },
    { pid: 3, parent: 2 },
    { pid: 4, parent: 1 },
    { pid: 5, parent: 9 },
  ];
  expect(descendants(1, entries).sort()).toEqual([1, 2, 3, 4]);
  expect(descendants(5, entries)).toEqual([5]);
});

describe("nameOf", () => {
  it.each([
    ["/usr/bin/pulumi up", "bin/pulumi"],
    ["node start.mjs lifecycle/main.ts preflight", "lifecycle/main.ts"],
    ["node --import file:///p/tsx/dist/loader.mjs /p/providers/kind/main.ts", "kind/main.ts"],
    ["node --import tsx /p/@pulumi/pulumi/cmd/run/index.js .", "run/index.js"],
  ])("of %s is %s", (commandLine, name) => expect(nameOf(commandLine.split(" "))).toBe(name));
});

it("parsePss reads kibibytes", () => {
  expect(parsePss("5500-7ffd [rollup]\nRss:  200 kB\nPss:   100 kB\nPss_Anon: 1 kB\n")).toBe(102_400);
  expect(parsePss("")).toBe(0);
});

it("TreeMemory sees the memory of this very process", async () => {
  const memory = new TreeMemory(process.pid);
  await new Promise((done) => setTimeout(done, 200));
  const { peak, parts } = await memory.stop();
  expect(peak).toBeGreaterThan(10 * 1024 ** 2);
  expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(peak);
});
