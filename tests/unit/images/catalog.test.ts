import { describe, expect, it } from "vitest";
import { catalog, imagesFor } from "../../../lab/images/catalog";
import { controllers } from "../../../lab/images/controllers";
import { artifactName, type Image } from "../../../lab/images/image";

const image = (name: string): Image => ({ name, key: "k", layout: "/l" });

describe("the catalogue of images", () => {
  it("makes what is built upon before what builds upon it", () => {
    const names = catalog.map((group) => group.name);
    expect(new Set(names).size).toBe(names.length);
    for (const [before, after] of [
      ["base", "rack"],
      ["base", "ironic"],
      ["kubernetes", "node"],
      ["ironic", "node"],
    ] as const) {
      expect(names.indexOf(before)).toBeLessThan(names.indexOf(after));
    }
  });

  it("sorts images by where they are wanted, those made so far alone", () => {
    const made = new Map([
      ["base", [image("metal3-lab/base:1")]],
      ["kubernetes", [image("registry.k8s.io/pause:3.10")]],
    ]);
    expect(imagesFor("engine", made).map(({ name }) => name)).toEqual(["metal3-lab/base:1"]);
    expect(imagesFor("host", made).map(({ name }) => name)).toEqual(["registry.k8s.io/pause:3.10"]);
  });

  it("keeps the Ironic stack off the hosts' disks: nodes pull it from the registry", () => {
    expect(catalog.find((group) => group.name === "ironic")?.destinations).toEqual(["registry", "node"]);
  });
});

describe("controllers", () => {
  it("have a name, a program and a path of their own", () => {
    expect(controllers).toHaveLength(9);
    expect(new Set(controllers.map((one) => one.name)).size).toBe(9);
    expect(new Set(controllers.map((one) => one.tool)).size).toBe(9);
    for (const one of controllers) expect(one.path).toMatch(/^\/[a-z/-]+$/);
  });
});

describe("names of artifacts", () => {
  it("are fit for the cache", () => {
    for (const name of [
      "quay.io/metal3-io/ironic:release-39.0",
      "kindest/node:v1.34.4",
      "metal3-lab/host:latest",
    ]) {
      expect(artifactName(name)).toMatch(/^[a-z0-9][a-z0-9.-]*$/);
    }
    expect(artifactName("quay.io/a/x:1")).not.toBe(artifactName("quay.io/a/x:2"));
  });
});
