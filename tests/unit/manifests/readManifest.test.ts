import { describe, expect, it } from "vitest";
import { ManifestError, parseManifest, readManifest } from "../../../manifests/readManifest";

const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";

describe("a manifest", () => {
  it("gives its objects in order, empty documents and lists resolved", () => {
    const list =
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: b}}\n";
    const objects = parseManifest(`---\n# nothing\n---\n${namespace}---\n${list}`, "m.yaml");
    expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      "Namespace/a",
      "Service/b",
    ]);
  });

  it("has the variables replaced that are given, and no others", () => {
    const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: '${POD_CIDR} ${HOME}'}\n";
    expect(parseManifest(text, "m.yaml", { POD_CIDR: "10.244.0.0/16" })[0]?.data).toEqual({
      a: "10.244.0.0/16 ${HOME}",
    });
  });

  it.each([
    ["not YAML", `${namespace}---\nkey: [`, 2],
    ["not an object", "- a\n- b\n", 1],
    ["without a kind", `${namespace}---\napiVersion: v1\nmetadata: {name: a}\n`, 2],
    ["without a name", "apiVersion: v1\nkind: Namespace\n", 1],
    ["a number", "7", 1],
  ])("that is %s is refused with its place", (_name, text, document) => {
    expect(() => parseManifest(text, "m.yaml")).toThrow(ManifestError);
    expect(() => parseManifest(text, "m.yaml")).toThrow(`manifest m.yaml, document ${document}: `);
  });

  it("that does not exist is refused with its path", () => {
    expect(() => readManifest("no/such.yaml")).toThrow("manifest no/such.yaml: cannot be read (ENOENT)");
  });
});
