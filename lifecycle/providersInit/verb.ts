import fs from "node:fs/promises";
import path from "node:path";
import { providersInitInput, type ProvidersInitResult } from "../inputs/providersInit";
import { type Context, secret, timed } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { withTemporaryFolder } from "../shared/stateFolder";
import { runTool } from "../shared/tools";
import { defineVerb } from "../shared/verb";
import { ensureWatchedNamespace, waitForManagers } from "./managers";
import { planInit, type WantedProvider, wantedProviders } from "./plan";
import { writeRepository } from "./repository";

/** `providers-init`: `clusterctl init` in pinned versions, until every manager and webhook answers. */
export const verb = defineVerb({
  input: providersInitInput,
  secrets: ["KUBECONFIG_CONTENT"],
  async run(input, context): Promise<ProvidersInitResult> {
    const kubeconfig = secret(context, "KUBECONFIG_CONTENT");
    const client = KubeClient.fromKubeconfig(input.cluster, kubeconfig, context.signal);
    const wanted = wantedProviders(input.versions);
    const labels = wanted.map(({ label }) => label);
    const plan = planInit(await client.list(types.provider), wanted);
    if (plan.conflicts.length > 0) {
      throw new LifecycleFailure(`${input.cluster} has providers in other versions`, {
        evidence: plan.conflicts,
        remedy:
          "init does not change versions; use `clusterctl upgrade apply`, or set the versions that are installed",
      });
    }
    const init = await timed(async () => {
      if (plan.missing.length === 0) {
        context.progress(`all providers are installed on ${input.cluster}`);
        return;
      }
      await withTemporaryFolder(input.stack, async (folder) => {
        const config = await writeRepository({
          folder,
          providers: wanted,
          namespace: input.namespace,
          repository: input.versions.repository && path.resolve(input.versions.repository),
          certManager: { version: input.versions.certManager },
          signal: context.signal,
        });
        await clusterctlInit(context, folder, config, kubeconfig, plan.missing);
      });
    });
    const managers = await timed(async () => {
      await ensureWatchedNamespace(context, client, labels, input.namespace);
      await waitForManagers(context, client, {
        labels,
        namespace: input.namespace,
        limitSeconds: input.limitSeconds,
      });
    });
    await client.close();
    context.progress(`providers on ${input.cluster} are available and their webhooks answer`);
    return {
      installed: plan.missing.length > 0,
      providers: Object.fromEntries(wanted.map(({ label, version }) => [label, version])),
      seconds: { init: init.seconds, managers: managers.seconds },
    };
  },
});

async function clusterctlInit(
  context: Context,
  folder: string,
  config: string,
  kubeconfig: string,
  providers: readonly WantedProvider[],
): Promise<void> {
  const kubeconfigFile = path.join(folder, "kubeconfig");
  await fs.writeFile(kubeconfigFile, kubeconfig, { mode: 0o600 });
  context.activity = "running clusterctl init";
  await runTool(
    context,
    "clusterctl",
    [
      "init",
      "--config",
      config,
      "--kubeconfig",
      kubeconfigFile,
      ...providers.flatMap(({ flag, name, version }) => [flag, `${name}:${version}`]),
      "-v",
      "1",
    ],
    {
      env: { CLUSTERCTL_DISABLE_VERSIONCHECK: "true" },
      onLine: (line) => {
        if (line.startsWith("Installing ") || line.startsWith("Error:")) {
          context.progress(`clusterctl: ${line}`);
        }
      },
    },
  );
}
