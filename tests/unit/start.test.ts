import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectRoot } from "../../lab/setup/paths";

let root: string;
const cache = () => join(root, "node_modules", ".cache", "compiled", "tool", "main");
const compiledFiles = () => readdirSync(cache()).filter((name) => name.endsWith(".cjs"));

const word = (text: string) =>
  writeFileSync(join(root, "tool", "word.ts"), `export const word: string = "${text}";\n`);

async function start(...args: string[]): Promise<string> {
  const { stdout } = await execa("node", ["start.mjs", "tool/main.ts", ...args], { cwd: root });
  return stdout;
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "start-"));
  mkdirSync(join(root, "tool"));
  mkdirSync(join(root, "node_modules"));
  for (const name of ["esbuild", "tsx"]) {
    symlinkSync(join(projectRoot, "node_modules", name), join(root, "node_modules", name));
  }
  copyFileSync(join(projectRoot, "start.mjs"), join(root, "start.mjs"));
  writeFileSync(join(root, "package-lock.json"), "{}");
  writeFileSync(
    join(root, "tool", "main.ts"),
    'const say = async () => console.log((await import("./word")).word, ...process.argv.slice(2));\nvoid say();\n',
  );
  word("one");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a program that is started compiled", () => {
  it("gets its arguments, and is compiled once for the same sources", async () => {
    expect(await start("a", "b c")).toBe("one a b c");
    const first = compiledFiles();
    expect(first).toHaveLength(1);
    expect(await start()).toBe("one");
    expect(compiledFiles()).toEqual(first);
  });

  it("is of the sources as they are, also when their times are older", async () => {
    expect(await start()).toBe("one");
    word("two");
    await execa("touch", ["--date=2020-01-01", join(root, "tool", "word.ts")]);
    expect(await start()).toBe("two");
  });

  it("is compiled anew for other packages", async () => {
    await start();
    writeFileSync(join(cache(), compiledFiles()[0] ?? ""), 'console.log("stale");');
    expect(await start()).toBe("stale");
    writeFileSync(join(root, "package-lock.json"), '{"changed": true}');
    expect(await start()).toBe("one");
  });

  it("runs from its sources where nothing can be kept", async () => {
    mkdirSync(join(root, "node_modules", ".cache"));
    writeFileSync(join(root, "node_modules", ".cache", "compiled"), "in the way");
    expect(await start("x")).toBe("one x");
  });

  it("runs whole for each of many that start at once", async () => {
    const said = await Promise.all(Array.from({ length: 4 }, () => start()));
    expect(said).toEqual(["one", "one", "one", "one"]);
    expect(readdirSync(cache()).sort()).toEqual([...compiledFiles(), "index.json"].sort());
  });

  it("fails as the program does", async () => {
    writeFileSync(join(root, "tool", "main.ts"), "process.exitCode = 3;\n");
    await expect(start()).rejects.toMatchObject({ exitCode: 3 });
  });
});
