import { describe, expect, it } from "vitest";
import { findingsAfter, line, node, one, type World } from "./world";

describe("the gate and addresses of the source", () => {
  const machineTemplate = (world: World) =>
    one(world.objects, "Metal3MachineTemplate", "lab-workers-m") as unknown as {
      spec: { template: { spec: { image: { url: string } } } };
    };

  it.each([
    [
      "a node's address",
      "http://10.10.0.250:8080/host.raw",
      /^error: .* names 10.10.0.250 at spec.template.spec.image.url: a node of the source/,
    ],
    [
      "a node's name",
      "http://metal3-bootstrap-control-plane/host.raw",
      /^error: .* names metal3-bootstrap-control-plane at/,
    ],
    [
      "the local registry",
      "http://localhost:5001/host.raw",
      /^error: .* (names localhost:5001 at .*: the source's local registry|names localhost at .* another machine)/,
    ],
    [
      "a loopback address",
      "http://127.0.0.1/host.raw",
      /^error: .* names 127.0.0.1 at .* which is another machine after the move/,
    ],
    [
      "the API server",
      "https://127.0.0.1:36443/host.raw",
      /^error: .* (names 127.0.0.1:36443 at|names 127.0.0.1 at)/,
    ],
  ])("are found in an image: %s", (_name, url, expected) => {
    const found = findingsAfter((world) => {
      world.source.localRegistry = "localhost:5001";
      machineTemplate(world).spec.template.spec.image = { url };
    }).map(line);
    expect(found.filter((text) => expected.test(text)).length, found.join("\n")).toBeGreaterThan(0);
    expect(found.filter((text) => !expected.test(text))).toEqual([]);
  });

  it("are found in secrets, whose content is not shown", () => {
    const found = findingsAfter((world) => {
      one(world.objects, "Secret", "lab-workers-x-m1").data = {
        value: Buffer.from("password=hunter2; mirror=10.10.0.250:5000").toString("base64"),
      };
    }).map(line);
    expect(found).toEqual([
      "warning: Secret metal3/lab-workers-x-m1 names 10.10.0.250 at data.value: a node of the source, which does not come along",
    ]);
  });

  it("are whole addresses, not parts of others", () => {
    const found = findingsAfter((world) => {
      machineTemplate(world).spec.template.spec.image = {
        url: "http://110.10.0.250.example.com/10.10.0.2501",
      };
      world.source.nodes[0] = node("kind", "10.10.0.25");
    });
    expect(found.map(line)).toEqual([]);
  });

  it("do not count when they move with the cluster", () => {
    const found = findingsAfter((world) => {
      const { source, target: other } = world;
      world.source = { ...other!, pods: source.pods };
      world.target = { ...source, pods: other!.pods };
      world.scope.nodesOn = "source";
      one(world.objects, "Secret", "lab-workers-x-m1").data = {
        value: Buffer.from("10.10.0.20 10.10.0.10:6443").toString("base64"),
      };
    });
    expect(found.map(line)).toEqual([]);
  });
});
