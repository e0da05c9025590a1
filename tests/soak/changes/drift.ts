import { expect, it } from "vitest";
import { operatorNamespace, stack } from "./support";

/** What was changed by hand. */
export function driftByHand(): void {
  it("puts back what was changed by hand", async () => {
    const boots = await stack.bootIds();
    await stack.kubectl(
      "patch",
      "machinedeployment",
      "lab-workers",
      "--type=merge",
      "--patch",
      '{"spec":{"replicas":2}}',
    );
    await stack.kubectl("delete", "secret", "mariadb-password", ...operatorNamespace);
    // The operator keeps this one as long as it has the host, so there is nothing to put back; nor does it stop the release.
    await stack.kubectl("delete", "secret", "host-1-bmc", "--wait=false");
    await stack.eventually(
      () => stack.hostStates(),
      (states) => !Object.values(states).includes("available"),
    );
    const { drift, text } = await stack.refresh();
    expect(drift).toBe(true);
    expect(text).toMatch(/target-pool-workers/);
    expect(text).toMatch(/target-ironic-secret-\S*mariadb-password/);
    await stack.up("drift put back");
    await stack.eventually(
      () => stack.getOne("machinedeployment", "lab-workers"),
      ({ spec, status }) =>
        (spec as { replicas: number }).replicas === 1 && (status as { replicas: number }).replicas === 1,
    );
    await stack.getOne("secret", "mariadb-password", ...operatorNamespace);
    await stack.eventually(
      () => stack.hostStates(),
      (states) => Object.values(states).sort().join() === "available,provisioned,provisioned",
    );
    // Cluster API may free the older worker's host; whoever has stayed was not rebooted.
    const stayed = Object.entries(await stack.bootIds()).filter(([node]) => node in boots);
    expect(stayed.length).toBeGreaterThan(0);
    for (const [node, bootId] of stayed) expect(bootId, node).toBe(boots[node]);
    await stack.expectSettled("drift put back");
  });

  it("switches a host on again that was switched off by hand", async () => {
    const hosts = await stack.get("baremetalhosts");
    const free = hosts.find(({ spec }) => (spec as { consumerRef?: object }).consumerRef === undefined);
    const name = free?.metadata.name ?? "";
    await stack.kubectl(
      "patch",
      "baremetalhost",
      name,
      "--type=merge",
      "--patch",
      '{"spec":{"online":false}}',
    );
    const { drift, text } = await stack.refresh();
    expect(drift).toBe(true);
    expect(text).toMatch(new RegExp(`hosts-${name}\\b`));
    await stack.up("host put online");
    expect(((await stack.getOne("baremetalhost", name)).spec as { online: boolean }).online).toBe(true);
    await stack.expectSettled("host put online");
  });
}
