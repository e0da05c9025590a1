import { expect, it, vi } from "vitest";
import { withReadyPods } from "../../../bench/growth/nodes";
import type { KubeClient } from "../../../lifecycle/shared/kube/client";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

it("withReadyPods goes on when an API server that was stopped has left a request unanswered", async () => {
  const pod: KubeObject = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "ironic", namespace: "metal3" },
  };
  const list = vi.fn().mockRejectedValueOnce(new Error("aborted due to timeout")).mockResolvedValue([pod]);
  let tell: (ref: unknown) => void = () => undefined;
  const made = new Promise<unknown>((resolve) => (tell = resolve));
  const client = {
    create: vi.fn().mockResolvedValue(undefined),
    list,
    json: vi.fn().mockResolvedValue(undefined),
    patch: vi.fn((ref: unknown) => Promise.resolve(tell(ref))),
  };
  const ref = await withReadyPods(client as unknown as KubeClient, () => made);
  expect(ref).toMatchObject({ kind: "Pod", name: "ironic", namespace: "metal3" });
  expect(list.mock.calls.length).toBeGreaterThan(1);
});
