import { expect, it } from "vitest";
import { ironicNodes } from "../rackServices";
import { stack, ops, previewWithoutReplacement, ironicCredentials } from "./support";

/** Ironic's credentials. */
export function rotateCredentials(): void {
  it("rotates Ironic's credentials and certificate", async () => {
    const before = await ironicCredentials();
    const boots = await stack.bootIds();
    const { ironic } = stack.base as { ironic: object };
    stack.configure({ ironic: { ...ironic, credentialsGeneration: 2 } });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "create", "delete")).toEqual([]);
    expect(
      ops(steps, "update").filter((name) => /^bootstrap|^target-pool|^target-control/.test(name)),
    ).toEqual([]);
    expect(text).not.toContain("RE-IMAGED");
    // The Kubernetes API must answer all the time, and Ironic for all but a moment.
    let watching = true;
    let lost: number | undefined;
    let gap = 0;
    let unreachable = 0;
    const watch = (async () => {
      while (watching) {
        if ((await ironicNodes("nobody", "nothing").catch(() => undefined)) === undefined)
          lost ??= Date.now();
        else if (lost !== undefined) {
          gap = Math.max(gap, (Date.now() - lost) / 1000);
          lost = undefined;
        }
        await stack.kubectl("get", "--raw", "/readyz").catch(() => (unreachable += 1));
      }
    })();
    await stack.up("credentials rotated");
    watching = false;
    await watch;
    stack.note("Ironic silent while its credentials rotate", Date.now() - gap * 1000);
    expect(unreachable).toBe(0);
    expect(lost).toBeUndefined();
    expect(gap).toBeLessThan(120);
    const after = await ironicCredentials();
    expect(after.password).not.toBe(before.password);
    expect(after.certificate).not.toBe(before.certificate);
    expect((await ironicNodes(before.user, before.password)).statusCode).toBe(401);
    expect((await ironicNodes(after.user, after.password)).statusCode).toBe(200);
    // The operator knows the new ones: it registers every host anew, and none is rebooted.
    const nodes = await stack.eventually(
      async () => (await ironicNodes(after.user, after.password)).states.sort(),
      (states) => states.filter((state) => state === "active").length === 2 && states.length === 3,
    );
    expect(nodes).toHaveLength(3);
    expect(Object.values(await stack.hostStates()).sort()).toEqual([
      "available",
      "provisioned",
      "provisioned",
    ]);
    expect(await stack.bootIds()).toEqual(boots);
    await stack.expectSettled("credentials rotated");
  });
}
