import { describe, expect, it } from "vitest";
import { parseClusterConfig } from "../../../../config/parse";
import { countsByKind } from "../../../../lifecycle/inventory/graph";
import { movePreview, movePreviewText } from "../../../../manifests/movePreview";
import { minimalConfig } from "../../config/userConfig";
import { factsOf, healthyWorld } from "./world";

describe("the preview of the pivot", () => {
  it("foretells from the configuration what the gate finds in a cluster of that size", () => {
    const preview = movePreview(parseClusterConfig({ ...minimalConfig(), workers: 1 }));
    const { moving } = factsOf(healthyWorld()).source.inventory;
    expect(preview.byKind).toEqual(countsByKind(moving));
    expect(preview.total).toBe(45);
    expect(preview.declared).toBe(16);
  });

  it("grows with the pools", () => {
    const config = parseClusterConfig({ ...minimalConfig(), workers: 2 });
    expect(movePreview(config).byKind).toMatchObject({ Machine: 3, Secret: 17, IPAddress: 3, MachineSet: 1 });
  });

  it("leaves out what there is none of", () => {
    const { byKind } = movePreview(
      parseClusterConfig({
        ...minimalConfig(),
        workers: 0,
        controlPlane: { endpoint: { host: "10.10.0.10" }, schedulable: true },
      }),
    );
    expect(byKind).not.toHaveProperty("MachineSet");
    expect(byKind).not.toHaveProperty("MachineDeployment");
    expect(byKind.Machine).toBe(1);
  });

  it("draws the graph", () => {
    const text = movePreviewText(movePreview(parseClusterConfig({ ...minimalConfig(), workers: 1 })));
    expect(text).toContain("The pivot will move 45 objects");
    expect(text).toContain("├─ KubeadmControlPlane edge-control-plane");
    expect(text).toContain("└─ MachineDeployment edge-workers");
    expect(text).toContain("3 BareMetalHost (1 spare), each with HardwareData");
  });
});
