import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { note, track } from "../../lab/setup/progress";
import { KubeClient } from "../../lifecycle/shared/kube/client";
import { definitionsText, installDefinitions, providers } from "../../tests/pivot/support/definitions";
import { ApiProxy, Writes } from "../../tests/pivot/support/proxy";
import { ApiServer } from "../../tests/plugins/support/apiServer";
import { measureOperation, type Operation } from "../measured";
import { upArguments } from "../program";
import { RequestCounter } from "../requests/counter";
import { devStackValues } from "../stack";
import { ThrowAwayStack } from "../throwAwayStack";
import { bmcCredentials, inventory, inventoryValues } from "./inventory";
import { withReadyPods } from "./nodes";
import { populate, type PopulatedCluster } from "./population";
import { makeStandIns } from "./standIns";

/** Name of the throw-away stack. */
export const growthStack = "bench-growth";

/** One operation, with the count of the API server's own proxy. */
export interface GrowthOperation extends Operation {
  /** Kubernetes API requests that the proxy in front of the API server has seen. */
  readonly proxied: number;
}

/** What the operations of a stack with so many hosts take. */
export interface Growth {
  readonly hosts: number;
  /** Resources of the stack. */
  readonly resources: number;
  /** Size of the stack's state, bytes. */
  readonly stateSize: number;
  readonly bringUp: Operation;
  readonly preview: GrowthOperation;
  readonly refresh: GrowthOperation;
  /** `pulumi up` of a change of one host. */
  readonly change: GrowthOperation;
}

/** No container engine answers: the bootstrap cluster is gone, and none on this machine may be taken for it. */
const withoutDocker = { DOCKER_HOST: "unix:///nowhere.sock", KUBECONFIG: "/nowhere" };

/**
 * Brings the whole program up with so many hosts, without a lab: with a real engine, API server, definitions and plugins, and
 * with stand-ins for what waits for machines (`standIns.ts`). Then measures it.
 *
 * @param log file to which all output of the engine is appended
 */
export async function measureGrowth(hosts: number, log: string, signal: AbortSignal): Promise<Growth> {
  const folder = mkdtempSync(join(tmpdir(), "metal3-growth-"));
  const counter = await RequestCounter.create();
  const server = await track("API server", "starting", () => startServer(folder));
  const [bootstrap, target] = await Promise.all(
    ["bootstrap", "target"].map((side) => ApiProxy.start(side, server.kubeconfig, new Writes())),
  );
  if (!bootstrap || !target) throw new Error("no proxies");
  const client = KubeClient.fromKubeconfig("bench", server.kubeconfig, signal);
  try {
    const files = { hosts: join(folder, "hosts.json"), bmcCredentials: join(folder, "bmc.json") };
    writeFileSync(files.hosts, JSON.stringify(inventory(hosts)));
    writeFileSync(files.bmcCredentials, JSON.stringify(bmcCredentials(hosts)), { mode: 0o600 });
    const values = inventoryValues(devStackValues(), hosts, files);
    const subject = `${hosts} hosts`;
    const options = { subject, log, signal, env: withoutDocker };
    return await ThrowAwayStack.use(growthStack, values, options, async (stack) => {
      const standIns = makeStandIns(folder, { bootstrap: bootstrap.kubeconfig, target: target.kubeconfig });
      const bringUp = await withReadyPods(client, () =>
        measureOperation(stack, counter, upArguments, standIns),
      );
      await populate(client, hosts, clusterOf(values));
      // The bootstrap cluster is gone.
      await bootstrap.stop();
      const state = (await stack.pulumi(["stack", "export"], { quiet: true })).stdout;
      const measure = async (args: readonly string[]): Promise<GrowthOperation> => {
        const before = target.requests;
        const operation = await measureOperation(stack, counter, args);
        const proxied = target.requests - before;
        note(subject, `${args[0]}: ${operation.seconds.toFixed(1)} s, ${proxied} requests`);
        return { ...operation, proxied };
      };
      const preview = await measure(["preview", "--expect-no-changes"]);
      const refresh = await measure(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
      writeFileSync(files.hosts, JSON.stringify(inventory(hosts, "second")));
      const change = await measure(upArguments);
      const { resources } = (JSON.parse(state) as { deployment: { resources: object[] } }).deployment;
      return {
        hosts,
        resources: resources.length,
        stateSize: Buffer.byteLength(state),
        bringUp,
        preview,
        refresh,
        change,
      };
    });
  } finally {
    await client.close();
    await Promise.all([bootstrap.stop(), target.stop()]).catch(() => undefined);
    await server.stop();
    counter.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An API server with everything in it that `clusterctl init` would have brought. */
async function startServer(folder: string): Promise<ApiServer> {
  const server = await ApiServer.start({
    controllers: [
      "garbage-collector-controller",
      "deployment-controller",
      "replicaset-controller",
      "daemonset-controller",
      "endpoints-controller",
    ],
    withoutWebhooks: true,
  });
  const file = join(folder, "admin.kubeconfig");
  writeFileSync(file, server.kubeconfig, { mode: 0o600 });
  await installDefinitions(file, definitionsText(/(-components|baremetal-operator|cert-manager)\.yaml$/));
  const client = KubeClient.fromKubeconfig("bench", server.kubeconfig, new AbortController().signal);
  await client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "metal3" } });
  for (const provider of providers()) {
    await client.create(provider as { metadata: { name: string } });
  }
  await client.close();
  return server;
}

const populated = z.object({
  "metal3:namespace": z.string().default("metal3"),
  "metal3:clusterName": z.string(),
  "metal3:kubernetesVersion": z.string(),
});

function clusterOf(values: Readonly<Record<string, unknown>>): PopulatedCluster {
  const known = populated.parse(values);
  return {
    namespace: known["metal3:namespace"],
    clusterName: known["metal3:clusterName"],
    kubernetesVersion: known["metal3:kubernetesVersion"],
  };
}
