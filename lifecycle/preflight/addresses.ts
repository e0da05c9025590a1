import { probeAddress } from "../ironicHandover/probes";
import type { Context } from "../shared/context";
import { readManagementKubeconfig } from "../shared/managementKubeconfig";
import { runTool } from "../shared/tools";
import type { EnvironmentFinding, Settings } from "./finding";

/** Whoever is on the network answers within milliseconds; the kernel would ask for three seconds. */
const answerSeconds = 1.5;

/** Addresses and ports that the stack is going to use are free. */
export async function checkAddresses(context: Context, input: Settings): Promise<EnvironmentFinding[]> {
  const findings = input.freeAddresses.map(async ({ path, address, port }): Promise<EnvironmentFinding[]> => {
    const { kind } = await probeAddress(
      address,
      port,
      AbortSignal.any([context.signal, AbortSignal.timeout(answerSeconds * 1000)]),
    );
    return kind === "nobody" || kind === "timeout"
      ? []
      : [
          {
            path,
            value: `${address}:${port}`,
            problem:
              kind === "open"
                ? "the port is in use: somebody answers there already"
                : "the address is in use: somebody refuses connections there",
            remedy: "choose a free address of the provisioning network, or stop what uses it",
          },
        ];
  });
  return (await Promise.all(findings)).flat();
}

/**
 * Whether the stack is there already, and has its bootstrap cluster or its target: then it uses the addresses itself, and what
 * only a bootstrap needs is not asked for.
 */
export async function stackExists(context: Context, input: Settings): Promise<boolean> {
  if (context.previousResult !== undefined || (await readManagementKubeconfig(input.stack)) !== undefined) {
    return true;
  }
  const { stdout } = await runTool(context, "kind", ["get", "clusters", "--quiet"], {
    limitSeconds: 30,
    allowFailure: true,
  }).catch(() => ({ stdout: "" }));
  return stdout.split("\n").includes(input.kindName);
}
