import { parse } from "yaml";
import { z } from "zod";
import { LifecycleFailure } from "../shared/failure";
import { readIfPresent } from "../shared/stateFolder";

/** What a stack's file says of the objects that move; empty where it says nothing. */
export interface StackSettings {
  readonly namespace?: string;
  readonly clusterName?: string;
  readonly unownedObjects?: "list" | "label" | "refuse";
}

const stackFile = z.object({
  config: z
    .looseObject({
      "metal3:namespace": z.string().optional(),
      "metal3:clusterName": z.string().optional(),
      "metal3:unownedObjects": z.enum(["list", "label", "refuse"]).optional(),
    })
    .nullish(),
});

/**
 * Reads the keys that the gate needs from the stack's file itself: asking Pulumi would take its backend and passphrase, and a
 * gate must work without both.
 */
export async function readStackSettings(stack: string): Promise<StackSettings> {
  const file = `Pulumi.${stack}.yaml`;
  const content = await readIfPresent(file);
  if (content === undefined) {
    return {};
  }
  const parsed = stackFile.safeParse(parse(content));
  if (!parsed.success) {
    throw new LifecycleFailure(`${file} cannot be read`, {
      evidence: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
      remedy: "correct it, or name the cluster and its namespace on the command line",
    });
  }
  const { config } = parsed.data;
  return {
    namespace: config?.["metal3:namespace"],
    clusterName: config?.["metal3:clusterName"],
    unownedObjects: config?.["metal3:unownedObjects"],
  };
}
