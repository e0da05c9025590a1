import { isIP } from "node:net";
import { Agent, request } from "undici";
import { ironicCredentials, type IronicCredentialsResult } from "../inputs/ironicCredentials";
import { type Context, secret } from "./context";
import { errorText, LifecycleFailure } from "./failure";

/** Microversion of the Bare Metal API that is asked for; old enough for every supported release. */
const apiVersion = "1.81";
const requestSeconds = 10;

/** What the endpoint said: with the right credentials and, separately, with none. */
export type IronicAnswer =
  | { readonly kind: "answers"; readonly nodes: number }
  | { readonly kind: "open" }
  | { readonly kind: "refuses"; readonly status: number }
  | { readonly kind: "unreachable"; readonly why: string };

/** Ironic's credentials from IRONIC_CREDENTIALS. */
export function credentialsFrom(context: Context): IronicCredentialsResult {
  try {
    return ironicCredentials.parse(JSON.parse(secret(context, "IRONIC_CREDENTIALS")));
  } catch (error) {
    if (error instanceof LifecycleFailure) {
      throw error;
    }
    // The parser's own message could show a secret.
    throw new LifecycleFailure("IRONIC_CREDENTIALS is not the result of ironic-credentials");
  }
}

/** Base URL of the API. */
export function ironicEndpoint(ironicIP: string, port: number): string {
  return `https://${isIP(ironicIP) === 6 ? `[${ironicIP}]` : ironicIP}:${port}/v1`;
}

/** Asks the API for its nodes: it must answer the credentials, with our certificate, and refuse everybody else. */
export async function askIronic(
  endpoint: string,
  credentials: Pick<IronicCredentialsResult, "username" | "password" | "caCertificate">,
  signal: AbortSignal,
): Promise<IronicAnswer> {
  const agent = new Agent({ connect: { ca: credentials.caCertificate, timeout: requestSeconds * 1000 } });
  const nodes = async (headers: Record<string, string>) => {
    const { statusCode, body } = await request(`${endpoint}/nodes`, {
      dispatcher: agent,
      headers: { "x-openstack-ironic-api-version": apiVersion, accept: "application/json", ...headers },
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestSeconds * 1000)]),
    });
    return { status: statusCode, text: await body.text() };
  };
  try {
    const login = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
    const known = await nodes({ authorization: `Basic ${login}` });
    if (known.status !== 200) {
      return { kind: "refuses", status: known.status };
    }
    const list = (JSON.parse(known.text) as { nodes?: unknown[] }).nodes;
    if (!Array.isArray(list)) {
      return { kind: "unreachable", why: "something answers that is not Ironic" };
    }
    const unknown = await nodes({});
    if (unknown.status === 401) {
      return { kind: "answers", nodes: list.length };
    }
    return unknown.status < 300
      ? { kind: "open" }
      : { kind: "unreachable", why: `it says HTTP ${unknown.status} to a request without credentials` };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "unreachable", why: errorText(error) };
  } finally {
    await agent.destroy();
  }
}
