import fs from "node:fs/promises";
import path from "node:path";
import { type ManagerImages, providersInitInput, type ProvidersInitResult } from "../inputs/providersInit";
import { type Context, secret, timed } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { withTemporaryFolder } from "../shared/stateFolder";
import { runTool } from "../shared/tools";
import { defineVerb } from "../shared/verb";
import { ensureSettings, waitForManagers } from "./managers";
import { planInit, upgradeRefusal, type WantedProvider, wantedProviders } from "./plan";
import { readProviderFile, writeRepository } from "./repository";

/**
 * `providers-init`: `clusterctl init` in pinned versions, and `clusterctl upgrade apply` where older ones are installed, until
 * every manager and webhook answers.
 */
export const verb = defineVerb({
  input: providersInitInput,
  secrets: ["KUBECONFIG_CONTENT"],
  async run(input, context): Promise<ProvidersInitResult> {
    const kubeconfig = secret(context, "KUBECONFIG_CONTENT");
    const client = KubeClient.fromKubeconfig(input.cluster, kubeconfig, context.signal);
    const wanted = wantedProviders(input.versions);
    const labels = wanted.map(({ label }) => label);
    const plan = planInit(await client.list(types.provider), wanted);
    const repository = input.versions.repository && path.resolve(input.versions.repository);
    const metadata = await Promise.all(
      plan.upgrades.map(({ provider }) =>
        readProviderFile(provider, "metadata.yaml", repository, context.signal),
      ),
    );
    const refusals = [
      ...plan.refusals,
      ...plan.upgrades.flatMap((upgrade, index) => upgradeRefusal(upgrade, metadata[index] ?? "") ?? []),
    ];
    if (refusals.length > 0) {
      throw new LifecycleFailure(`${input.cluster} has providers in other versions; nothing was changed`, {
        evidence: refusals,
        remedy: "set the versions that are installed, or newer ones of the same contract",
      });
    }
    const init = await timed(async () => {
      if (plan.missing.length + plan.upgrades.length === 0) {
        context.progress(`all providers are installed on ${input.cluster}`);
        return;
      }
      await withTemporaryFolder(input.stack, async (folder) => {
        const config = await writeRepository({
          folder,
          providers: wanted,
          namespace: input.namespace,
          repository,
          certManager: { version: input.versions.certManager },
          signal: context.signal,
        });
        const files = { folder, config, kubeconfig };
        if (plan.missing.length > 0) {
          await clusterctl(context, ["init"], files, plan.missing);
        }
        if (plan.upgrades.length > 0) {
          plan.upgrades.forEach(({ provider, installed }) =>
            context.progress(`upgrading ${provider.label} from ${installed} to ${provider.version}`),
          );
          await clusterctl(
            context,
            ["upgrade", "apply"],
            files,
            plan.upgrades.map(({ provider }) => provider),
          );
        }
      });
    });
    const managers = await timed(async () => {
      await ensureSettings(context, client, labels, {
        namespace: input.namespace,
        images: imagesByLabel(input.images),
      });
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
      upgraded: plan.upgrades.map(({ provider }) => provider.label),
      providers: Object.fromEntries(wanted.map(({ label, version }) => [label, version])),
      seconds: { init: init.seconds, managers: managers.seconds },
    };
  },
});

/** Images by the label of the provider whose manager has them. */
function imagesByLabel(images: ManagerImages): Record<string, string | undefined> {
  return {
    "cluster-api": images.clusterApi,
    "bootstrap-kubeadm": images.kubeadmBootstrap,
    "control-plane-kubeadm": images.kubeadmControlPlane,
    "infrastructure-metal3": images.metal3,
    "ipam-metal3": images.ipam,
  };
}

/**
 * Variables of the providers' manifests. CAPM3 switches a host off when its machine is gone, unless it is told of Ironic's fast
 * track: but a host is declared as switched on, and this would read as drift. It stands in YAML where text is wanted, so the
 * quotes belong to it.
 */
const providerVariables = { CAPM3_FAST_TRACK: "'true'" } as const;

async function clusterctl(
  context: Context,
  command: readonly string[],
  files: { readonly folder: string; readonly config: string; readonly kubeconfig: string },
  providers: readonly WantedProvider[],
): Promise<void> {
  const kubeconfigFile = path.join(files.folder, "kubeconfig");
  await fs.writeFile(kubeconfigFile, files.kubeconfig, { mode: 0o600 });
  context.activity = `running clusterctl ${command.join(" ")}`;
  await runTool(
    context,
    "clusterctl",
    [
      ...command,
      "--config",
      files.config,
      "--kubeconfig",
      kubeconfigFile,
      ...providers.flatMap(({ flag, name, version }) => [flag, `${name}:${version}`]),
      "-v",
      "1",
    ],
    {
      env: { CLUSTERCTL_DISABLE_VERSIONCHECK: "true", ...providerVariables },
      onLine: (line) => {
        if (/^(Installing |Upgrading |Deleting Provider|Error:)/.test(line)) {
          context.progress(`clusterctl: ${line}`);
        }
      },
    },
  );
}
