import type { WhereaboutsSettings } from "../inputs/retire";
import type { Context } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { runTool } from "../shared/tools";
import { powerStates } from "./power";

/** Key of the stack's configuration by which an operator agrees to release machines whose objects cannot be reached. */
export const consentKey = "releaseUnreachable";

/**
 * Asks the stack's configuration for the operator's consent, as it is now and not as it was when the program was run last.
 *
 * @param why Where the objects are not, for the refusal.
 * @throws LifecycleFailure without it, with each host's power and with what cannot be proved.
 */
export async function requireConsent(
  context: Context,
  { stack, config }: WhereaboutsSettings,
  why: string,
): Promise<void> {
  const settings = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[0].startsWith("PULUMI_") && entry[1] !== undefined,
  );
  const { stdout } = await runTool(context, "pulumi", ["config", "get", consentKey, "--stack", stack], {
    env: Object.fromEntries(settings),
    allowFailure: true,
    limitSeconds: 60,
  });
  if (stdout.trim() === "true") {
    return;
  }
  const power = await powerStates(context, config.hosts);
  throw new LifecycleFailure(`the machines of ${config.clusterName} cannot be released: ${why}`, {
    evidence: [
      ...config.hosts.map(({ name }) => `${name}: power ${power.get(name)}, by its BMC`),
      "not proved: which objects the cluster held, and whether something else uses these hosts now",
    ],
    remedy: `bring the cluster back and run \`pulumi destroy\` again; or, if it is lost, run \`pulumi config set ${consentKey} true\` and then \`pulumi destroy\`: every host of the inventory is switched off, registered anew on a new bootstrap cluster, wiped and switched off`,
  });
}
