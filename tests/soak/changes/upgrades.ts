import { expect, it } from "vitest";
import { versions } from "../../../lab/images/versions";
import { canUpgrade, stack, image, earlierProviders, ops, previewWithoutReplacement } from "./support";

/** Providers and Kubernetes. */
export function upgrade(): void {
  it.runIf(canUpgrade)("upgrades providers, and refuses to go back", async () => {
    const boots = await stack.bootIds();
    stack.configure({ providers: earlierProviders });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "update").filter((name) => name.includes("providers"))).toEqual([
      "target-providers-init",
    ]);
    expect(text).not.toContain("RE-IMAGED");
    await stack.up("providers upgraded");
    const providers = await stack.get("providers.clusterctl.cluster.x-k8s.io", "--all-namespaces");
    const found = providers.map(
      (provider) => provider as unknown as { providerName: string; version: string },
    );
    expect(
      new Set(found.filter(({ providerName }) => providerName !== "metal3").map(({ version }) => version)),
    ).toEqual(new Set([versions.clusterApi]));
    expect(await stack.bootIds()).toEqual(boots);
    await stack.expectSettled("providers upgraded");
    stack.configure({ providers: { ...earlierProviders, clusterApi: versions.earlierClusterApi } });
    const back = await stack.preview();
    expect(back.exitCode).not.toBe(0);
    expect(back.text).toMatch(
      /cluster-api is installed in \S+, and \S+ is wanted: a provider cannot go back/,
    );
    stack.configure({ providers: earlierProviders });
  });

  it.runIf(canUpgrade)("upgrades Kubernetes, the control plane first, with one spare host", async () => {
    stack.configure({ kubernetesVersion: versions.kubernetes, image: image(versions.kubernetes) });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "update")).toEqual(
      expect.arrayContaining(["target-control-plane", "target-control-plane-rollout", "target-pool-workers"]),
    );
    const earlier = versions.earlierKubernetes.replaceAll(".", "\\.");
    expect(text).toMatch(
      new RegExp(`KubeadmControlPlane metal3/lab-control-plane: Kubernetes ${earlier} becomes`),
    );
    expect(text).toMatch(/RE-IMAGED: host-\d \(machine lab-control-plane-/);
    expect(text).toMatch(/RE-IMAGED: host-\d \(machine lab-workers-/);
    const boots = await stack.bootIds();
    await stack.up("Kubernetes upgraded");
    const nodes = await stack.get("nodes");
    expect(
      nodes.map(({ status }) => (status as { nodeInfo: { kubeletVersion: string } }).nodeInfo.kubeletVersion),
    ).toEqual([versions.kubernetes, versions.kubernetes]);
    for (const { metadata } of nodes) expect(Object.keys(boots)).not.toContain(metadata.name);
    await stack.eventually(
      () => stack.hostStates(),
      (states) => Object.values(states).sort().join() === "available,provisioned,provisioned",
    );
    await stack.expectSettled("Kubernetes upgraded");
  });
}
