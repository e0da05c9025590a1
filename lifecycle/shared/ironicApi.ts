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

/** What it takes to ask Ironic: its login, and the certificate of who signed its own. */
export type IronicLogin = Pick<IronicCredentialsResult, "username" | "password" | "caCertificate">;

/** A request to the API. */
export interface IronicRequest {
  /** Path below the endpoint's "/v1". */
  readonly path: string;
  readonly method?: "GET" | "PUT";
  readonly content?: object;
  /** Default true. */
  readonly withLogin?: boolean;
}

/**
 * Asks Ironic for something. Any HTTP status is an answer.
 *
 * @throws Error when there is no answer within 10 s, or from somebody with another certificate.
 */
export async function ironicRequest(
  endpoint: string,
  login: IronicLogin,
  signal: AbortSignal,
  { path, method = "GET", content, withLogin = true }: IronicRequest,
): Promise<{ readonly status: number; readonly text: string }> {
  const agent = new Agent({ connect: { ca: login.caCertificate, timeout: requestSeconds * 1000 } });
  try {
    const basic = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    const { statusCode, body } = await request(`${endpoint}${path}`, {
      dispatcher: agent,
      method,
      headers: {
        "x-openstack-ironic-api-version": apiVersion,
        accept: "application/json",
        ...(withLogin ? { authorization: `Basic ${basic}` } : {}),
        ...(content === undefined ? {} : { "content-type": "application/json" }),
      },
      body: content === undefined ? null : JSON.stringify(content),
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestSeconds * 1000)]),
    });
    return { status: statusCode, text: await body.text() };
  } finally {
    await agent.destroy();
  }
}

/** Asks the API for its nodes: it must answer the credentials, with our certificate, and refuse everybody else. */
export async function askIronic(
  endpoint: string,
  login: IronicLogin,
  signal: AbortSignal,
): Promise<IronicAnswer> {
  try {
    const known = await ironicRequest(endpoint, login, signal, { path: "/nodes" });
    if (known.status !== 200) {
      return { kind: "refuses", status: known.status };
    }
    const list = (JSON.parse(known.text) as { nodes?: unknown[] }).nodes;
    if (!Array.isArray(list)) {
      return { kind: "unreachable", why: "something answers that is not Ironic" };
    }
    const unknown = await ironicRequest(endpoint, login, signal, { path: "/nodes", withLogin: false });
    if (unknown.status === 401) {
      return { kind: "answers", nodes: list.length };
    }
    return unknown.status < 300
      ? { kind: "open" }
      : { kind: "unreachable", why: `it says HTTP ${unknown.status} to a request without credentials` };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "unreachable", why: errorText(error) };
  }
}
