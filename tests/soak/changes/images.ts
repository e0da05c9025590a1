import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { versions } from "../../../lab/images/versions";
import { digestOf } from "../rackServices";
import { canUpgrade, earlierProviders, stack, folder, ops, previewWithoutReplacement } from "./support";

/** Images and manifests. */
export function changeImages(): void {
  it("takes other images of Ironic and of managers, and further manifests", async () => {
    const boots = await stack.bootIds();
    const addon = join(folder, "addon.yaml");
    writeFileSync(
      addon,
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: addon}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: addon}\ndata: {colour: blue}\n",
    );
    const [metal3, operator, keepalived] = await Promise.all([
      digestOf("metal3-io/cluster-api-provider-metal3", versions.metal3),
      digestOf("metal3-io/baremetal-operator", versions.baremetalOperator),
      digestOf("metal3-io/keepalived", "release-39.0"),
    ]);
    const { ironic } = stack.base as { ironic: object };
    const providers = {
      ...earlierProviders,
      ...(canUpgrade ? { clusterApi: versions.earlierClusterApi } : {}),
    };
    stack.configure({
      addons: [addon],
      ironic: { ...ironic, credentialsGeneration: 2, images: { keepalived } },
      providers: { ...providers, images: { metal3, baremetalOperator: operator } },
    });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "create")).toEqual(
      expect.arrayContaining(["addons-configmap-addon-extra", "addons-namespace-addon"]),
    );
    expect(ops(steps, "update")).toEqual(expect.arrayContaining(["target-providers-init"]));
    expect(text).not.toContain("RE-IMAGED");
    await stack.up("images and addon");
    const imageOf = async (name: string, namespace: string, container: string) => {
      const { spec } = await stack.getOne("deployment", name, "--namespace", namespace);
      const { containers } = (
        spec as { template: { spec: { containers: { name: string; image: string }[] } } }
      ).template.spec;
      return containers.find((one) => one.name === container)?.image;
    };
    expect(await imageOf("capm3-controller-manager", "capm3-system", "manager")).toBe(metal3);
    const operatorName = "baremetal-operator-controller-manager";
    expect(await imageOf(operatorName, "baremetal-operator-system", "manager")).toBe(operator);
    expect(await imageOf("ironic", "baremetal-operator-system", "ironic-endpoint-keepalived")).toBe(
      keepalived,
    );
    expect((await stack.getOne("configmap", "extra", "--namespace", "addon")).data).toEqual({
      colour: "blue",
    });
    await stack.eventually(
      () => stack.hostStates(),
      (states) => Object.values(states).sort().join() === "available,provisioned,provisioned",
    );
    expect(await stack.bootIds()).toEqual(boots);
    await stack.expectSettled("images and addon");
  });
}
