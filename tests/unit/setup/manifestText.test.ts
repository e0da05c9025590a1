import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  configureFlannel,
  labelDefinitions,
  pullIfNotPresent,
  retag,
  splitDocuments,
} from "../../../lab/setup/manifestText";

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: manager
spec:
  template:
    spec:
      containers:
      - name: manager
        image: example.com/staging/manager:main
        imagePullPolicy: Always
      initContainers:
      - image: example.com/staging/manager-helper:main
`;

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: hosts.example.com
spec:
  description: |-
    imagePullPolicy: Always
`;

describe("retag", () => {
  it("replaces the whole reference, and no other image that begins alike", () => {
    const text = retag(deployment, "example.com/staging/manager", "example.com/manager:v1");
    expect(text).toContain("        image: example.com/manager:v1\n");
    expect(text).toContain("image: example.com/staging/manager-helper:main");
  });

  it("takes an image without a tag", () => {
    expect(retag("  image: a/b\n", "a/b", "a/b:v1")).toBe("  image: a/b:v1\n");
  });

  it("fails when upstream names the image otherwise", () => {
    expect(() => retag(deployment, "example.com/other", "x:v1")).toThrow(/nothing like/);
  });
});

describe("pullIfNotPresent", () => {
  it("changes containers and no schemas", () => {
    const text = pullIfNotPresent(`${deployment}---\n${definition}`);
    expect(text).toContain("        imagePullPolicy: IfNotPresent");
    expect(text).toContain("    imagePullPolicy: Always");
  });
});

describe("labelDefinitions", () => {
  it("adds labels to the named definition and leaves the rest alone", () => {
    const text = labelDefinitions(`${deployment}---\n${definition}`, { "hosts.example.com": { move: "" } });
    const documents = parseAllDocuments(text).map((document) => document.toJS() as { metadata: unknown });
    expect(documents[1]?.metadata).toEqual({ name: "hosts.example.com", labels: { move: "" } });
    expect(splitDocuments(text)[0]).toBe(deployment.trim());
  });

  it("fails when the definition is not there", () => {
    expect(() => labelDefinitions(deployment, { "hosts.example.com": {} })).toThrow(/hosts\.example\.com/);
  });
});

describe("configureFlannel", () => {
  const manifest = `"cniVersion": "1.0.0"\n"Network": "10.244.0.0/16",\n"Backend": {\n        "Type": "vxlan"\n}\n`;

  it("sets network, backend and CNI version, and may be repeated", () => {
    const text = configureFlannel(manifest);
    expect(text).toContain('"Network": "${POD_CIDR}"');
    expect(text).toMatch(/"Backend": \{\s*"Type": "host-gw"/);
    expect(text).toContain('"cniVersion": "0.3.1"');
    expect(configureFlannel(text)).toBe(text);
  });

  it("fails when the manifest has changed its shape", () => {
    expect(() => configureFlannel("{}")).toThrow(/nothing like/);
  });
});
