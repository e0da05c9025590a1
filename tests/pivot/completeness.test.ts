import { describe, expect, it } from "vitest";
import { retireInput } from "../../lifecycle/inputs/retire";
import { requireComplete } from "../../lifecycle/retire/completeness";
import { LifecycleFailure } from "../../lifecycle/shared/failure";
import { KubeClient } from "../../lifecycle/shared/kube/client";
import { back } from "./support/direction";
import { nthOfMove } from "./support/faults";
import type { PivotLab } from "./support/lab";
import { clusterName, namespace } from "./support/objects";
import { labsOfFile } from "./support/pool";

const { inLab } = labsOfFile(2);

/** What `pulumi destroy` of another checkout says before it removes the bootstrap cluster; undefined when it may. */
async function refusal(lab: PivotLab): Promise<LifecycleFailure | undefined> {
  const { signal } = new AbortController();
  const { config } = retireInput.parse({
    stack: back.stack,
    config: { clusterName, namespace, hosts: [], bootstrap: { name: "bootstrap" } },
  });
  const target = KubeClient.fromKubeconfig("target", lab.proxies.target.kubeconfig, signal);
  try {
    await requireComplete(target, config);
    return undefined;
  } catch (error) {
    if (error instanceof LifecycleFailure) return error;
    throw error;
  } finally {
    await target.close();
  }
}

describe.concurrent("a bootstrap cluster that another checkout has built", () => {
  it(
    "may be removed before the objects are moved back, and as long as the cluster itself has all of them",
    inLab(async (lab) => {
      await lab.turnBack();
      expect(await refusal(lab)).toBeUndefined();
      await lab.pivotKilled(nthOfMove(lab, "create", 20));
      expect(await refusal(lab)).toBeUndefined();
    }),
  );

  it(
    "is kept when it may hold the only copy of objects, which are named",
    inLab(async (lab) => {
      await lab.turnBack();
      await lab.pivotKilled(nthOfMove(lab, "delete", 30));
      const { keys } = await lab.inventory(lab.from);
      const lost = lab.expectedKeys.filter((key) => !keys.has(key));
      expect(lost.length).toBeGreaterThan(0);
      const told = await refusal(lab);
      expect(told?.message).toContain("the kind cluster bootstrap may hold objects");
      expect([...(told?.evidence ?? [])].sort()).toEqual(
        lost.map((key) => `not on the cluster itself any more: ${key}`).sort(),
      );
      expect(told?.remedy).toMatch(/^nothing was touched; .* where the move back was begun, at \d{4}-/);
    }),
  );

  it(
    "is kept when all objects have left the cluster",
    inLab(async (lab) => {
      await lab.turnBack();
      expect((await lab.pivot()).exitCode).toBe(0);
      expect((await refusal(lab))?.evidence).toEqual(["the cluster itself holds no objects any more"]);
    }),
  );
});
