import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  artifact,
  ArtifactError,
  artifactDir,
  artifactKey,
  hashFiles,
  hashOf,
  run,
} from "../../../lab/setup/cache";

// Read when the module under test is loaded: the tests must not write into the checkout's own folder.
const toolchain = vi.hoisted(() => {
  const dir = `${process.env["TMPDIR"] ?? "/tmp"}/cache-test-toolchain-${process.pid}`;
  process.env["METAL3_TOOLCHAIN_DIR"] = dir;
  return dir;
});

let scratch: string;
const saved = { ...process.env };

afterAll(() => rmSync(toolchain, { recursive: true, force: true }));

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "cache-test-"));
  process.env["XDG_CACHE_HOME"] = join(scratch, "cache");
  delete process.env["TOOLCHAIN_CACHE"];
});

afterEach(() => {
  process.env = { ...saved };
  rmSync(scratch, { recursive: true, force: true });
});

const text = (content: string) => ({
  name: "unit-test",
  inputs: [content],
  produce: (dir: string) => Promise.resolve(writeFileSync(join(dir, "content"), content)),
});

describe("hashOf", () => {
  it("differs whenever the list differs", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
        expect(hashOf(a) === hashOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it("does not confuse where one part ends", () => {
    expect(hashOf(["ab", "c"])).not.toBe(hashOf(["a", "bc"]));
    expect(hashOf(["1:a"])).not.toBe(hashOf(["", "a"]));
  });
});

describe("hashFiles", () => {
  const tree = (files: Record<string, string>) => {
    const root = mkdtempSync(join(scratch, "tree-"));
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(root, name, ".."), { recursive: true });
      writeFileSync(join(root, name), content);
    }
    return root;
  };

  it("depends on names and contents, not on where the tree lies", () => {
    const files = { "a/b.txt": "one", "c.txt": "two" };
    expect(hashFiles([tree(files)])).toBe(hashFiles([tree(files)]));
    expect(hashFiles([tree({ ...files, "c.txt": "three" })])).not.toBe(hashFiles([tree(files)]));
    expect(hashFiles([tree({ "a/b2.txt": "one", "c.txt": "two" })])).not.toBe(hashFiles([tree(files)]));
  });

  it("ignores byte code that a test run leaves behind", () => {
    expect(hashFiles([tree({ "a.py": "x", "__pycache__/a.pyc": "y" })])).toBe(
      hashFiles([tree({ "a.py": "x" })]),
    );
  });

  it("refuses a path that does not exist", () => {
    expect(() => hashFiles([join(scratch, "missing")])).toThrow(/missing/);
  });
});

describe("artifact", () => {
  it("makes it once and finds it again", async () => {
    let made = 0;
    const spec = {
      ...text("x"),
      produce: (dir: string) => Promise.resolve(writeFileSync(join(dir, "n"), `${++made}`)),
    };
    const first = await artifact(spec);
    const second = await artifact(spec);
    expect(second).toBe(first);
    expect(first).toBe(artifactDir(spec));
    expect(readFileSync(join(first, "n"), "utf8")).toBe("1");
  });

  it("is made once for many who ask at the same time", async () => {
    let made = 0;
    const spec = {
      ...text("x"),
      produce: async (dir: string, log: string) => {
        made++;
        await run(log, "sh", ["-c", "echo content > content"], { cwd: dir });
      },
    };
    const dirs = await Promise.all([artifact(spec), artifact(spec), artifact(spec)]);
    expect(new Set(dirs).size).toBe(1);
    expect(made).toBe(1);
  });

  it("leaves nothing of a failure and names artifact, cause and log", async () => {
    const spec = {
      ...text("x"),
      produce: async (dir: string, log: string) => {
        writeFileSync(join(dir, "half"), "");
        await run(log, "sh", ["-c", "echo the reason >&2; exit 3"]);
      },
    };
    const error = await artifact(spec).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ArtifactError);
    expect((error as Error).message).toMatch(
      /^unit-test: .*exit code 3[^]*log: .*unit-test\.log[^]*the reason/,
    );
    expect(existsSync(artifactDir(spec))).toBe(false);
    expect(readdirSync(join(scratch, "cache", "metal3-cluster", "tmp"))).toEqual([]);
    expect(readFileSync(join(await artifact(text("x")), "content"), "utf8")).toBe("x");
  });

  it("is copied from the seed cache instead of being made", async () => {
    const spec = text("seeded");
    const seed = join(scratch, "seed");
    mkdirSync(join(seed, spec.name, artifactKey(spec)), { recursive: true });
    writeFileSync(join(seed, spec.name, artifactKey(spec), "content"), "from the seed");
    process.env["TOOLCHAIN_CACHE"] = seed;
    const dir = await artifact({ ...spec, produce: () => Promise.reject(new Error("must not be made")) });
    expect(readFileSync(join(dir, "content"), "utf8")).toBe("from the seed");
  });

  it("has another key when an input changes", () => {
    expect(artifactKey(text("a"))).not.toBe(artifactKey(text("b")));
    expect(artifactKey({ ...text("a"), name: "other" })).not.toBe(artifactKey(text("a")));
  });
});
