import pMap from "p-map";
import type { RetirementConfig } from "../../config/retirementConfig";
import { bmcCredentialsByHost } from "../inputs/preflight";
import { type Context, secret } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import { redfishAddress, redfishRequest } from "../shared/redfish";
import { waitFor } from "../shared/waitFor";

type Host = RetirementConfig["hosts"][number];

/** What a BMC says of its host: "off", "on", another Redfish power state in lower case, or why it cannot be asked. */
export type PowerAnswer = string;

/** Seconds for a host that was switched off to be off. */
const offSeconds = 120;

/** Asks every host's BMC for its power state; the answer does not come from Ironic, and not from a cluster. */
export async function powerStates(
  context: Context,
  hosts: readonly Host[],
): Promise<ReadonlyMap<string, PowerAnswer>> {
  const answers = await pMap(hosts, async (host) => [host.name, await powerState(context, host)] as const, {
    concurrency: 16,
  });
  return new Map(answers);
}

/** Switches hosts off through their BMCs, without asking their operating systems, and waits until all of them are off. */
export async function forceOff(context: Context, hosts: readonly Host[]): Promise<void> {
  await waitFor(context, {
    what: `hosts ${hosts.map(({ name }) => name).join(", ")} to be off`,
    limitSeconds: offSeconds,
    intervalSeconds: 2,
    poll: async () => {
      const states = await powerStates(context, hosts);
      const others = hosts.filter(({ name }) => states.get(name) !== "off");
      if (others.length === 0) {
        return { done: true, value: undefined };
      }
      await pMap(
        others.filter(({ name }) => states.get(name) === "on"),
        (host) => switchOff(context, host),
        { concurrency: 16 },
      );
      return { done: false, state: others.map(({ name }) => `${name} ${states.get(name)}`).join(", ") };
    },
    remedy:
      "a host whose BMC cannot be asked may be left on: mend the BMC and run `pulumi destroy` again, it goes on from here",
  });
}

async function powerState(context: Context, host: Host): Promise<PowerAnswer> {
  const address = redfishAddress(host.bmcAddress);
  if (!address) {
    return "unknown: its BMC is not asked, since it does not speak Redfish";
  }
  try {
    const answer = await call(context, host, address.url);
    const state = (answer as { PowerState?: unknown }).PowerState;
    return typeof state === "string" ? state.toLowerCase() : "unknown: the BMC does not say";
  } catch (error) {
    context.signal.throwIfAborted();
    return `unknown: ${errorText(error)}`;
  }
}

async function switchOff(context: Context, host: Host): Promise<void> {
  const address = redfishAddress(host.bmcAddress);
  if (address) {
    const action = `${address.url.replace(/\/+$/, "")}/Actions/ComputerSystem.Reset`;
    await call(context, host, action, { ResetType: "ForceOff" });
  }
}

async function call(context: Context, host: Host, url: string, content?: object): Promise<unknown> {
  const access = {
    ...loginOf(context, host),
    disableCertificateVerification: host.disableCertificateVerification,
  };
  const { status, body } = await redfishRequest(url, access, context.signal, content);
  if (status >= 300) {
    throw new Error(`the BMC answers HTTP ${status}`);
  }
  return body.trim() === "" ? {} : JSON.parse(body);
}

/** The BMC credentials of a host, from the secret BMC_CREDENTIALS. */
export function loginOf(context: Context, host: Host): { username: string; password: string } {
  const parsed = bmcCredentialsByHost.safeParse(parseJSON(secret(context, "BMC_CREDENTIALS")));
  const login = parsed.success ? parsed.data[host.name] : undefined;
  if (!login) {
    throw new LifecycleFailure(`there are no BMC credentials of host ${host.name}`);
  }
  return login;
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message could show a secret.
    return undefined;
  }
}
