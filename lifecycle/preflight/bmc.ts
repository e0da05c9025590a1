import pMap from "p-map";
import { Agent, request } from "undici";
import { bmcCredentialsByHost } from "../inputs/preflight";
import type { Context } from "../shared/context";
import { errorText } from "../shared/failure";
import type { EnvironmentFinding, Settings } from "./finding";

const answerSeconds = 15;

/** Where a BMC's Redfish service is. */
export interface RedfishAddress {
  /** URL of the system, or of the service's root when the address names no system. */
  readonly url: string;
}

/**
 * The Redfish URL in a BareMetalHost's BMC address; undefined for other protocols, which are not probed.
 *
 * "redfish://x" is https, "redfish+http://x" says http; vendors' names for Redfish (idrac-virtualmedia, ilo5-redfish, ...)
 * come with the same endings.
 */
export function redfishAddress(bmcAddress: string): RedfishAddress | undefined {
  const match = /^([a-z0-9-]+)(?:\+(https?))?:\/\/(.+)$/i.exec(bmcAddress);
  const driver = match?.[1]?.toLowerCase() ?? "";
  if (!match || !(driver.includes("redfish") || driver.endsWith("virtualmedia"))) {
    return undefined;
  }
  const url = `${match[2]?.toLowerCase() ?? "https"}://${match[3]}`;
  return { url: new URL(url).pathname === "/" ? new URL("/redfish/v1/", url).toString() : url };
}

/** Every BMC answers, lets us in, and knows the host's system. */
export async function checkBmcs(context: Context, input: Settings): Promise<EnvironmentFinding[]> {
  const parsed = bmcCredentialsByHost.safeParse(JSON.parse(context.secrets.BMC_CREDENTIALS ?? "{}"));
  const credentials = parsed.success ? parsed.data : {};
  const findings = await pMap(
    input.hosts,
    async (host, index) => {
      const finding = (problem: string, remedy: string): EnvironmentFinding[] => [
        { path: `hosts[${index}].bmcAddress`, value: `${host.name}: ${host.bmcAddress}`, problem, remedy },
      ];
      const login = credentials[host.name];
      if (!login) {
        return finding("there are no BMC credentials for this host", "set them as a secret of the stack");
      }
      const address = redfishAddress(host.bmcAddress);
      if (!address) {
        return [];
      }
      const answer = await askBmc(context, address.url, login, !host.disableCertificateVerification);
      if (answer instanceof Error) {
        return finding(
          `the BMC does not answer: ${errorText(answer)}`,
          "check the address, and the way to it from here",
        );
      }
      if (answer === 401 || answer === 403) {
        return finding(
          `the BMC refuses the login of ${login.username} (HTTP ${answer})`,
          "correct the BMC credentials",
        );
      }
      return answer === 200
        ? []
        : finding(
            `the BMC answers HTTP ${answer} for the system`,
            "correct the path of the system in the address",
          );
    },
    { concurrency: 16 },
  );
  return findings.flat();
}

async function askBmc(
  context: Context,
  url: string,
  login: { readonly username: string; readonly password: string },
  verify: boolean,
): Promise<number | Error> {
  const agent = new Agent({ connect: { rejectUnauthorized: verify, timeout: answerSeconds * 1000 } });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      headers: {
        authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`,
        accept: "application/json",
      },
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(answerSeconds * 1000)]),
    });
    await body.dump();
    return statusCode;
  } catch (error) {
    context.signal.throwIfAborted();
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await agent.destroy();
  }
}
