import { expect, it } from "vitest";
import { hosts as rackHosts } from "../../../lab/control/addresses";
import { readSystem } from "../../../lab/control/redfish";
import { hostCount, stack, inventory, ops, previewWithoutReplacement, nodeOfPool } from "./support";

/** Pools, their nodes and the hosts under them. */
export function changePools(): void {
  it("labels and taints a pool's nodes where they run", async () => {
    const before = await stack.bootIds();
    stack.configure({
      workerPools: [
        {
          name: "workers",
          nodeLabels: { "example.com/tier": "a", "node-role.kubernetes.io/worker": "" },
          taints: [{ key: "example.com/busy", value: "yes", effect: "PreferNoSchedule" }],
        },
      ],
    });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "update")).toEqual(expect.arrayContaining(["target-pool-workers"]));
    expect(ops(steps, "create", "delete")).toEqual([]);
    expect(text).not.toContain("RE-IMAGED");
    await stack.up("labels and taints");
    const node = await nodeOfPool("workers");
    expect(node.metadata.labels).toMatchObject({
      "example.com/tier": "a",
      "node-role.kubernetes.io/worker": "",
    });
    expect((node.spec as { taints: object[] }).taints).toContainEqual(
      expect.objectContaining({ key: "example.com/busy", value: "yes", effect: "PreferNoSchedule" }),
    );
    expect(await stack.bootIds()).toEqual(before);
    await stack.expectSettled("labels and taints");
  });

  it("takes labels and taints back", async () => {
    stack.configure({ workerPools: undefined });
    await stack.up("no labels and taints");
    const node = await stack.eventually(
      () => nodeOfPool("workers"),
      ({ metadata }) => metadata.labels?.["example.com/tier"] === undefined,
    );
    expect(JSON.stringify((node.spec as { taints?: object[] }).taints ?? [])).not.toContain(
      "example.com/busy",
    );
    await stack.expectSettled("no labels and taints");
  });

  it("takes another host into the inventory, and a second pool onto it", async () => {
    const before = await stack.bootIds();
    stack.configure({
      hosts: inventory(4).map((host, index) => (index === 3 ? { ...host, labels: { role: "edge" } } : host)),
      workerPools: [
        { name: "workers" },
        {
          name: "edge",
          replicas: 1,
          hostSelector: { role: "edge" },
          nodeLabels: { "example.com/pool": "edge" },
          taints: [{ key: "example.com/edge", effect: "NoSchedule" }],
        },
      ],
    });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "create")).toEqual(expect.arrayContaining(["hosts-host-3", "target-pool-edge"]));
    expect(ops(steps, "delete")).toEqual([]);
    expect(text).toMatch(/Host host-3 is new/);
    expect(text).toMatch(/lab-edge grows from 0 to 1: .*host-3/);
    await stack.up("host and pool added");
    const { "host-3": edge, ...others } = await stack.hostStates();
    expect(edge).toBe("provisioned");
    expect(Object.values(others).sort()).toEqual(["available", "provisioned", "provisioned"]);
    const node = await nodeOfPool("edge");
    expect(node.metadata.labels).toMatchObject({ "example.com/pool": "edge" });
    expect((node.spec as { taints: object[] }).taints).toContainEqual(
      expect.objectContaining({ key: "example.com/edge", effect: "NoSchedule" }),
    );
    expect(await stack.bootIds()).toMatchObject(before);
    await stack.expectSettled("host and pool added");
  });

  it("refuses to lose a host that runs a machine, before anything is changed", async () => {
    const all = inventory(4).map((host, index) =>
      index === 3 ? { ...host, labels: { role: "edge" } } : host,
    );
    stack.configure({ hosts: inventory(3), workerPools: [{ name: "workers" }] });
    const preview = await stack.preview();
    const up = await stack.tryUp("host in use removed");
    for (const { exitCode, text } of [preview, { exitCode: up.exitCode, text: up.output }]) {
      expect(exitCode).not.toBe(0);
      expect(text).toMatch(/hosts = "host-3"\n\s+is missing and in use: the host runs machine lab-edge-/);
    }
    expect((await stack.hostStates())["host-3"]).toBe("provisioned");
    stack.configure({ hosts: all });
  });

  it("gives a pool up, and its host, which ends switched off", async () => {
    const { text } = await previewWithoutReplacement();
    expect(text).toMatch(/lab-edge is given up: .*host-3 \(machine lab-edge-/);
    await stack.up("pool given up");
    expect((await stack.hostStates())["host-3"]).toBe("available");
    await stack.expectSettled("pool given up");
    stack.configure({ hosts: inventory(3), workerPools: undefined });
    await stack.up("host removed");
    expect(Object.keys(await stack.hostStates())).toEqual(["host-0", "host-1", "host-2"]);
    const removed = rackHosts(hostCount)[3];
    if (!removed) throw new Error("the rack has too few hosts");
    expect((await readSystem(removed)).powerState).toBe("Off");
    await stack.expectSettled("host removed");
  });
}
