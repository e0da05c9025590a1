import { expect, describe, it } from "vitest";
import { types } from "../../lifecycle/shared/kube/types";
import { forward } from "./support/direction";
import type { PivotLab, Run } from "./support/lab";
import { clusterName, namespace } from "./support/objects";
import { labsOfFile } from "./support/pool";
import { runProgram } from "./support/program";

const { inLab } = labsOfFile(2);

/** The same kubeconfig with a port at which nobody answers. */
const dead = (kubeconfig: string) => kubeconfig.replace(/(server: \S+):\d+/, "$1:1");

/** What `pulumi destroy` asks first. It must write nothing, whatever it says. */
async function guard(
  lab: PivotLab,
  { folder = lab.folder, lost = [] }: { folder?: string; lost?: readonly ("source" | "target")[] } = {},
): Promise<Run> {
  const written = lab.writes.done.length;
  const kubeconfigOf = (side: "source" | "target") => {
    const { kubeconfig } = lab.proxies[side];
    return lost.includes(side) ? dead(kubeconfig) : kubeconfig;
  };
  const run = await runProgram({
    verb: "retire-check",
    folder,
    input: {
      stack: forward.stack,
      config: { clusterName, namespace, hosts: [], bootstrap: { name: "no-such-kind-cluster" } },
    },
    secrets: {
      SOURCE_KUBECONFIG: kubeconfigOf("source"),
      TARGET_KUBECONFIG: kubeconfigOf("target"),
      BMC_CREDENTIALS: "{}",
      // Nobody's, so that there is no consent to be found.
      PULUMI_HOME: `${folder}/home`,
      PULUMI_BACKEND_URL: `file://${folder}`,
    },
  });
  expect(lab.writes.done.slice(written)).toEqual([]);
  return run;
}

/** Pauses a host, as its user does; `null` takes the pause away. */
async function pause(lab: PivotLab, side: "source" | "target", value: string | null): Promise<void> {
  const host = { ...types.bareMetalHost, namespace, name: "host-2" };
  await lab[side].patch(host, "merge", {
    metadata: { annotations: { "baremetalhost.metal3.io/paused": value } },
  });
}

const paused = /1 of their objects is paused or detached[^]*BareMetalHost metal3\/host-2 has the annotation/;

describe.concurrent("the guard of a release", () => {
  it(
    "passes before the pivot, when nothing was registered yet and afterwards, and not with a host paused by its user",
    inLab(async (lab) => {
      await lab.reset();
      // As before the first machine is up.
      await lab.source.delete({ ...types.secret, namespace, name: `${clusterName}-kubeconfig` });
      const lost = ["target"] as const;
      expect(await guard(lab, { lost })).toMatchObject({ exitCode: 0 });
      await pause(lab, "source", "maintenance");
      const refused = await guard(lab, { lost });
      expect(refused.exitCode).toBe(1);
      expect(refused.output).toMatch(paused);
      await lab.newBootstrap();
      expect(await guard(lab, { lost })).toMatchObject({ exitCode: 0 });
    }),
  );

  it(
    "finds the objects on the cluster itself, also from a checkout that knows nothing of the pivot",
    inLab(async (lab) => {
      await lab.reset();
      expect((await lab.pivot()).exitCode).toBe(0);
      const lost = ["source"] as const;
      const folders = [lab.folder, await lab.checkout()];
      for (const folder of folders) expect(await guard(lab, { folder, lost })).toMatchObject({ exitCode: 0 });
      await pause(lab, "target", "maintenance");
      for (const folder of folders) {
        const refused = await guard(lab, { folder, lost });
        expect(refused.exitCode).toBe(1);
        expect(refused.output).toMatch(paused);
      }
    }),
  );

  it(
    "asks for consent when no cluster that had the objects answers",
    inLab(async (lab) => {
      await lab.reset();
      expect((await lab.pivot()).exitCode).toBe(0);
      for (const proxy of [lab.proxies.source, lab.proxies.target]) proxy.refuse(true);
      const refused = await guard(lab);
      expect(refused.exitCode).toBe(1);
      expect(refused.output).toContain("the cluster manages itself, and its API server does not answer");
      expect(refused.output).toContain("pulumi config set releaseUnreachable true");
    }),
  );
});
