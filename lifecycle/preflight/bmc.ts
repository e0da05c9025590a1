import { createHash, randomBytes } from "node:crypto";
import pMap from "p-map";
import { z } from "zod";
import { bmcCredentialsByHost } from "../inputs/preflight";
import type { Context } from "../shared/context";
import { errorText } from "../shared/failure";
import { type RedfishAccess, redfishAddress, redfishRequest } from "../shared/redfish";
import type { EnvironmentFinding, Settings } from "./finding";

/** What became of the BMCs. */
export interface BmcCheck {
  readonly findings: readonly EnvironmentFinding[];
  /** Fingerprints of the BMCs that let us in, now or when they were asked last, by host name. */
  readonly good: Readonly<Record<string, string>>;
}

/**
 * Every BMC answers, lets us in, and knows the host's system. One that did so in the last run, and whose address and login are
 * the same, is not asked again: a dead BMC must not keep a running cluster from being changed.
 */
export async function checkBmcs(context: Context, input: Settings): Promise<BmcCheck> {
  const parsed = bmcCredentialsByHost.safeParse(JSON.parse(context.secrets.BMC_CREDENTIALS ?? "{}"));
  const credentials = parsed.success ? parsed.data : {};
  const before = goodBefore(context.previousResult);
  const good: Record<string, string> = {};
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
      const known = before[host.name];
      if (known !== undefined && known === fingerprint(host, login, known.split(":")[0] ?? "")) {
        good[host.name] = known;
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
        good[host.name] = fingerprint(host, login, randomBytes(16).toString("hex"));
      }
      return found ?? [];
    },
    { concurrency: 16 },
  );
  return { findings: findings.flat(), good };
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

/** Identifies an address and a login without giving the password away: "<salt>:<hash>". */
function fingerprint(
  host: { readonly name: string; readonly bmcAddress: string },
  login: BasicLogin,
  salt: string,
): string {
  const content = JSON.stringify([host.name, host.bmcAddress, login.username, login.password]);
  return `${salt}:${createHash("sha256").update(salt).update(content).digest("hex")}`;
}

function goodBefore(previousResult: string | undefined): Readonly<Record<string, string>> {
  try {
    return bmcsSchema.parse(JSON.parse(previousResult ?? "{}")).bmcs;
  } catch {
    return {};
  }
}

const bmcsSchema = z.object({ bmcs: z.record(z.string(), z.string()).default({}) });

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
