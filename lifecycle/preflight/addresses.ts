import net from "node:net";
import { probeAddress } from "../ironicHandover/probes";
import type { Context } from "../shared/context";
import { readManagementKubeconfig } from "../shared/managementKubeconfig";
import { runTool } from "../shared/tools";
import type { EnvironmentFinding, Settings } from "./finding";

/** Addresses and ports that the stack is going to use are free. A stack that is there already uses them itself. */
export async function checkAddresses(context: Context, input: Settings): Promise<EnvironmentFinding[]> {
  if (await stackExists(context, input)) {
    return [];
  }
  const addresses = input.freeAddresses.map(
    async ({ path, address, port }): Promise<EnvironmentFinding[]> => {
      const { kind } = await probeAddress(address, port, context.signal);
      return kind === "nobody" || kind === "timeout"
        ? []
        : [
            {
              path,
              value: address,
              problem: `somebody holds this address already (port ${port} is ${kind})`,
              remedy: "choose a free address of the provisioning network, or stop what uses it",
            },
          ];
    },
  );
  const ports = input.freePorts.map(async ({ path, port }): Promise<EnvironmentFinding[]> =>
    (await portIsFree(port))
      ? []
      : [
          {
            path,
            value: String(port),
            problem: "the port is in use on this machine",
            remedy: "choose another, or stop what uses it",
          },
        ],
  );
  return (await Promise.all([...addresses, ...ports])).flat();
}

async function stackExists(context: Context, input: Settings): Promise<boolean> {
  if ((await readManagementKubeconfig(input.stack)) !== undefined) {
    return true;
  }
  const { stdout } = await runTool(context, "kind", ["get", "clusters", "--quiet"], {
    limitSeconds: 30,
    allowFailure: true,
  }).catch(() => ({ stdout: "" }));
  return stdout.split("\n").includes(input.kindName);
}

async function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
