import { Agent, request } from "undici";

/** Seconds after which a BMC counts as silent. */
const answerSeconds = 15;

/** Where a BMC's Redfish service is. */
export interface RedfishAddress {
  /** URL of the system, or of the service's root when the address names no system. */
  readonly url: string;
}

/** What it takes to ask a BMC. */
export interface RedfishAccess {
  readonly username: string;
  readonly password: string;
  /** Take its certificate as it is. */
  readonly disableCertificateVerification?: boolean;
}

/** A BMC's answer. */
export interface RedfishAnswer {
  /** HTTP status. */
  readonly status: number;
  readonly body: string;
}

/**
 * The Redfish URL in a BareMetalHost's BMC address; undefined for other protocols, which are not asked.
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

/**
 * Asks a BMC, or tells it something when there is content. Any HTTP status is an answer.
 *
 * @throws Error when the BMC does not answer within 15 s, or `signal` is aborted.
 */
export async function redfishRequest(
  url: string,
  access: RedfishAccess,
  signal: AbortSignal,
  content?: object,
): Promise<RedfishAnswer> {
  const agent = new Agent({
    connect: { rejectUnauthorized: !access.disableCertificateVerification, timeout: answerSeconds * 1000 },
  });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      method: content === undefined ? "GET" : "POST",
      headers: {
        authorization: `Basic ${Buffer.from(`${access.username}:${access.password}`).toString("base64")}`,
        accept: "application/json",
        ...(content === undefined ? {} : { "content-type": "application/json" }),
      },
      body: content === undefined ? null : JSON.stringify(content),
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerSeconds * 1000)]),
    });
    return { status: statusCode, body: await body.text() };
  } finally {
    await agent.destroy();
  }
}
