import { createHash, randomBytes } from "node:crypto";
import pMap from "p-map";
import { z } from "zod";
import { bmcCredentialsByHost, type GoodBmcs } from "../inputs/preflight";
import type { Context } from "../shared/context";
import { errorText } from "../shared/failure";
import { type RedfishAccess, redfishAddress, redfishRequest } from "../shared/redfish";
import type { EnvironmentFinding, Settings } from "./finding";

/** What became of the BMCs. */
export interface BmcCheck {
  readonly findings: readonly EnvironmentFinding[];
  /** The BMCs that let us in, now or when they were asked last. */
  readonly good: GoodBmcs;
}

/**
 * Every BMC answers, lets us in, and knows the host's system. One that did so in the last run, and whose address and login are
 * the same, is not asked again: a dead BMC must not keep a running cluster from being changed.
 */
export async function checkBmcs(context: Context, input: Settings): Promise<BmcCheck> {
  const parsed = bmcCredentialsByHost.safeParse(JSON.parse(context.secrets.BMC_CREDENTIALS ?? "{}"));
  const credentials = parsed.success ? parsed.data : {};
  const { salt, fingerprints: before } = goodBefore(context.previousResult);
  const known = new Set(before);
  const good = new Map<string, string>();
  const findings = await pMap(
    input.hosts,
    async (host, index) => {
      const login = credentials[host.name];
      if (!login) {
        return [
          {
            path: `hosts[${index}]`,
            value: host.name,
            problem: "there are no BMC credentials for this host",
            remedy: "set bmcCredentials for it",
          },
        ];
      }
      const print = fingerprint(host, login, salt);
      if (known.has(print)) {
        good.set(host.name, print);
        return [];
      }
      const address = redfishAddress(host.bmcAddress);
      const answer =
        address &&
        (await askBmc(context, address.url, {
          ...login,
          disableCertificateVerification: host.disableCertificateVerification,
        }));
      const found = answer === undefined ? undefined : bmcFinding(host, index, login.username, answer);
      if (found === undefined) {
        good.set(host.name, print);
      }
      return found ?? [];
    },
    { concurrency: 16 },
  );
  // In the inventory's order: the same state whoever answers first.
  const fingerprints = input.hosts.flatMap(({ name }) => good.get(name) ?? []);
  return { findings: findings.flat(), good: { salt, fingerprints } };
}

/** What a BMC's answer means; undefined when all is well. Pure. */
export function bmcFinding(
  host: { readonly name: string; readonly bmcAddress: string },
  index: number,
  username: string,
  answer: number | Error,
): EnvironmentFinding | undefined {
  const value = `${host.name}: ${host.bmcAddress}`;
  if (answer instanceof Error) {
    return {
      path: `hosts[${index}].bmcAddress`,
      value,
      problem: `the BMC does not answer: ${errorText(answer)}`,
      remedy: "correct the address, or mend the way to it from this machine",
    };
  }
  if (answer === 401 || answer === 403) {
    return {
      path: `bmcCredentials.${host.name}`,
      value,
      problem: `BMC login: the BMC refuses the user name and password of "${username}" (HTTP ${answer})`,
      remedy: "correct the credentials of this host, or let the BMC accept them",
    };
  }
  return answer === 200
    ? undefined
    : {
        path: `hosts[${index}].bmcAddress`,
        value,
        problem: `the BMC answers HTTP ${answer} for the system`,
        remedy: "correct the path of the system in the address",
      };
}

/** Bytes of a fingerprint. Of many hosts they must fit into a variable, in which the result comes back to the next run. */
const fingerprintBytes = 12;

/** Identifies a host, its address and its login without giving the password away. */
function fingerprint(
  host: { readonly name: string; readonly bmcAddress: string },
  login: BasicLogin,
  salt: string,
): string {
  const content = JSON.stringify([host.name, host.bmcAddress, login.username, login.password]);
  const hash = createHash("sha256").update(salt).update(content).digest();
  return hash.subarray(0, fingerprintBytes).toString("base64url");
}

/** What the last run has kept; nothing, with a new salt, when there was none. */
function goodBefore(previousResult: string | undefined): GoodBmcs {
  try {
    return resultSchema.parse(JSON.parse(previousResult ?? "{}")).bmcs;
  } catch {
    return { salt: randomBytes(16).toString("hex"), fingerprints: [] };
  }
}

const resultSchema = z.object({
  bmcs: z.object({ salt: z.string(), fingerprints: z.array(z.string()) }),
});

interface BasicLogin {
  readonly username: string;
  readonly password: string;
}

async function askBmc(context: Context, url: string, access: RedfishAccess): Promise<number | Error> {
  try {
    return (await redfishRequest(url, access, context.signal)).status;
  } catch (error) {
    context.signal.throwIfAborted();
    return error instanceof Error ? error : new Error(String(error));
  }
}
