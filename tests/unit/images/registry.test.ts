import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Image } from "../../../lab/images/image";
import {
  addFile,
  addImage,
  blobPath,
  fullName,
  mediaTypes,
  mergeImages,
  readImage,
} from "../../../lab/images/oci";
import { mirrorName, publishImages } from "../../../lab/images/registry";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "images-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function image(
  name: string,
  content: string,
  layout = join(folder, name.replace(/\W/g, "-")),
): Promise<Image> {
  mkdirSync(layout, { recursive: true });
  const file = join(layout, "layer");
  writeFileSync(file, content);
  const layer = await addFile(layout, file, mediaTypes.layer);
  addImage(layout, name, [layer], { Cmd: ["/x"] });
  return { name, key: "k", layout };
}

const storedBlobs = (storage: string): string[] => {
  const root = join(storage, "docker/registry/v2/blobs/sha256");
  return readdirSync(root).flatMap((prefix) => readdirSync(join(root, prefix)));
};

describe("image names", () => {
  it("are completed as containerd does", () => {
    expect(fullName("x:1")).toBe("docker.io/library/x:1");
    expect(fullName("kindest/node:v1")).toBe("docker.io/kindest/node:v1");
    expect(fullName("quay.io/a/b:1")).toBe("quay.io/a/b:1");
    expect(fullName("localhost/a:1")).toBe("localhost/a:1");
  });

  it("lose their registry in the mirror, and nothing else", () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), part, (path, tag) => {
        expect(mirrorName(`registry.example:5000/${path.join("/")}:${tag}`)).toEqual({
          repository: path.join("/"),
          tag,
        });
      }),
    );
  });

  it("need a tag", () => {
    expect(() => mirrorName("registry.example:5000/a/b")).toThrow(/no tag/);
  });
});

describe("an image layout", () => {
  it("names blobs by their content and lists every image once it was added", async () => {
    const layout = join(folder, "set");
    const one = await image("quay.io/a/one:1", "content", layout);
    const two = await image("quay.io/a/two:1", "content", layout);
    const [first, second] = [readImage(layout, one.name), readImage(layout, two.name)];
    expect(first.manifest.layers).toEqual(second.manifest.layers);
    const [layer] = first.manifest.layers;
    expect(layer?.digest).toBe(`sha256:${createHash("sha256").update("content").digest("hex")}`);
    expect(readFileSync(blobPath(layout, layer?.digest ?? ""), "utf8")).toBe("content");
    expect(() => readImage(layout, "quay.io/a/three:1")).toThrow(/holds no image/);
  });

  it("can be merged with others", async () => {
    const images = [await image("quay.io/a/one:1", "1"), await image("quay.io/a/two:1", "2")];
    const merged = join(folder, "merged");
    mkdirSync(merged);
    mergeImages(merged, images);
    for (const { name, layout } of images) expect(readImage(merged, name)).toEqual(readImage(layout, name));
  });
});

describe("the registry's storage", () => {
  it("has blobs as hard links, and links for manifest, layers and tag", async () => {
    const storage = join(folder, "storage");
    const one = await image("quay.io/a/one:1", "1");
    expect(publishImages(storage, [one])).toBe(1);
    const { descriptor, manifest } = readImage(one.layout, one.name);
    const repository = join(storage, "docker/registry/v2/repositories/a/one");
    expect(readFileSync(join(repository, "_manifests/tags/1/current/link"), "utf8")).toBe(descriptor.digest);
    for (const { digest } of [manifest.config, ...manifest.layers]) {
      expect(existsSync(join(repository, "_layers", ...digest.split(":"), "link"))).toBe(true);
    }
    expect(storedBlobs(storage)).toHaveLength(3);
    expect(statSync(blobPath(one.layout, descriptor.digest)).nlink).toBe(2);
  });

  it("does nothing for what is published, replaces what changed, drops what is gone, keeps what others pushed", async () => {
    const storage = join(folder, "storage");
    const one = await image("quay.io/a/one:1", "1");
    const two = await image("quay.io/a/two:1", "2");
    expect(publishImages(storage, [one, two])).toBe(2);
    expect(publishImages(storage, [one, two])).toBe(0);
    const foreign = join(storage, "docker/registry/v2/repositories/mine/_layers/sha256/abc");
    mkdirSync(foreign, { recursive: true });
    writeFileSync(join(foreign, "link"), readImage(two.layout, two.name).manifest.layers[0]?.digest ?? "");
    const changed = await image("quay.io/a/one:1", "new", join(folder, "changed"));
    expect(publishImages(storage, [changed])).toBe(2);
    const kept = [
      ...[readImage(changed.layout, changed.name)].flatMap(({ descriptor, manifest }) => [
        descriptor.digest,
        manifest.config.digest,
        ...manifest.layers.map((layer) => layer.digest),
      ]),
      readImage(two.layout, two.name).manifest.layers[0]?.digest ?? "",
    ].map((digest) => digest.slice("sha256:".length));
    expect(storedBlobs(storage).sort()).toEqual(kept.sort());
    expect(existsSync(join(storage, "docker/registry/v2/repositories/a/two"))).toBe(false);
  });

  it("serves several tags of one repository", async () => {
    const storage = join(folder, "storage");
    publishImages(storage, [
      await image("r.example/pause:3.10", "p"),
      await image("r.example/pause:3.10.1", "p"),
    ]);
    expect(
      readdirSync(join(storage, "docker/registry/v2/repositories/pause/_manifests/tags")).sort(),
    ).toEqual(["3.10", "3.10.1"]);
  });
});
