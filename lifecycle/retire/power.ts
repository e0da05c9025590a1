import pMap from "p-map";
import { Agent, request } from "undici";
import type { RetirementConfig } from "../../config/retirementConfig";
import { bmcCredentialsByHost } from "../inputs/preflight";
import { redfishAddress } from "../preflight/bmc";
import { type Context, secret } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import { waitFor } from "../shared/waitFor";

type Host = RetirementConfig["hosts"][number];

/** What a BMC says of its host: "off", "on", another Redfish power state in lower case, or why it cannot be asked. */
export type PowerAnswer = string;

const answerSeconds = 15;
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
    remedy: "a BMC that cannot be asked leaves its host on: mend it, or remove the host from the inventory",
  });
}

async function powerState(context: Context, host: Host): Promise<PowerAnswer> {
  const address = redfishAddress(host.bmcAddress);
  if (!address) {
    return "unknown: its BMC is not asked, since it does not speak Redfish";
  }
  try {
    const answer = await call(context, host, address.url, "GET");
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
    await call(context, host, action, "POST", { ResetType: "ForceOff" });
  }
}

async function call(
  context: Context,
  host: Host,
  url: string,
  method: "GET" | "POST",
  content?: object,
): Promise<unknown> {
  const { username, password } = loginOf(context, host);
  const agent = new Agent({
    connect: { rejectUnauthorized: !host.disableCertificateVerification, timeout: answerSeconds * 1000 },
  });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
        accept: "application/json",
        ...(content ? { "content-type": "application/json" } : {}),
      },
      ...(content ? { body: JSON.stringify(content) } : {}),
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(answerSeconds * 1000)]),
    });
    const text = await body.text();
    if (statusCode >= 300) {
      throw new Error(`the BMC answers HTTP ${statusCode}`);
    }
    return text.trim() === "" ? {} : JSON.parse(text);
  } finally {
    await agent.destroy();
  }
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
