import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { isObject } from "../../../providers/shared/properties";
import type { PropertyMap } from "../../../providers/shared/properties";
import { nested, nestedObjects, nestedString } from "./objects";

/** Which part of a kubeconfig to use in place of its current context. */
export interface Overrides {
  readonly context?: string;
  readonly cluster?: string;
  readonly namespace?: string;
}

/** How to reach one API server as one user. */
export interface Connection {
  /** URL of the API server, without a trailing slash. */
  readonly server: string;
  /** Namespace of the context, `default` when it has none. */
  readonly namespace: string;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** Name to expect in the server's certificate, where it differs from the host of `server`. */
  readonly serverName?: string;
  /** True when the server's certificate is not verified. */
  readonly insecure: boolean;
  /** Value of the Authorization header. */
  readonly authorization?: string;
}

/** A parsed kubeconfig and the folder its relative paths start from. */
export interface Kubeconfig {
  readonly config: PropertyMap;
  readonly folder: string;
}

/**
 * Reads a kubeconfig from its content, or from a file when the text is the path of one (relative to the working
 * directory, `~` allowed). Throws when the text is neither.
 */
export function parseKubeconfig(pathOrContent: string): Kubeconfig {
  let path = pathOrContent;
  if (path === "~" || path.startsWith("~/")) path = join(homedir(), path.slice(1));
  const isFile = !path.includes("\n") && path.length < 4096 && existsSync(path);
  const config: unknown = parse(isFile ? readFileSync(path, "utf8") : pathOrContent);
  if (!isObject(config)) {
    throw new Error(
      "couldn't get version/kind; the value is neither the content nor the path of a kubeconfig",
    );
  }
  return { config, folder: isFile ? dirname(resolve(path)) : process.cwd() };
}

/** The kubeconfig that kubectl would use: `$KUBECONFIG`, else `~/.kube/config`. */
export function ambientKubeconfig(env: NodeJS.ProcessEnv = process.env): Kubeconfig {
  const paths = (env["KUBECONFIG"] ?? join(homedir(), ".kube", "config"))
    .split(":")
    .filter((path) => path !== "");
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw new Error(
      `invalid configuration: no configuration has been provided (looked for ${paths.join(", ")})`,
    );
  }
  return parseKubeconfig(path);
}

/** The cluster entry of the context in use; `undefined` when the kubeconfig does not name one. */
export function activeCluster(config: PropertyMap, overrides: Overrides): PropertyMap | undefined {
  const context = entry(
    config,
    "contexts",
    "context",
    overrides.context || nestedString(config, "current-context"),
  );
  if (context === undefined) return undefined;
  return entry(config, "clusters", "cluster", overrides.cluster || nestedString(context, "cluster"));
}

/** Resolves a kubeconfig to one server and one user. Throws an error that names what is missing. */
export function connectionOf({ config, folder }: Kubeconfig, overrides: Overrides): Connection {
  const contextName = overrides.context || nestedString(config, "current-context");
  const context = entry(config, "contexts", "context", contextName);
  if (contextName !== "" && context === undefined) throw new Error(`context "${contextName}" does not exist`);
  const clusterName = overrides.cluster || nestedString(context, "cluster");
  const cluster = entry(config, "clusters", "cluster", clusterName);
  if (cluster === undefined) {
    throw new Error(
      clusterName === ""
        ? "invalid configuration: no configuration has been provided"
        : `cluster "${clusterName}" does not exist`,
    );
  }
  const server = nestedString(cluster, "server").replace(/\/+$/, "");
  if (!/^https?:\/\//.test(server)) throw new Error(`cluster "${clusterName}" has no server URL`);
  const user = entry(config, "users", "user", nestedString(context, "user")) ?? {};
  if (nested(user, "exec") !== undefined || nested(user, "auth-provider") !== undefined) {
    throw new Error(
      `user "${nestedString(context, "user")}" authenticates through an external program, which this plugin does not ` +
        "support: use a client certificate or a token",
    );
  }
  const authorization = authorizationOf(user, folder);
  const ca = blob(cluster, "certificate-authority", folder);
  const cert = blob(user, "client-certificate", folder);
  const key = blob(user, "client-key", folder);
  const serverName = nestedString(cluster, "tls-server-name");
  return {
    server,
    namespace: overrides.namespace || nestedString(context, "namespace") || "default",
    insecure: nested(cluster, "insecure-skip-tls-verify") === true,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(serverName !== "" && { serverName }),
    ...(authorization !== undefined && { authorization }),
  };
}

function entry(config: PropertyMap, list: string, field: string, name: string): PropertyMap | undefined {
  const found = nestedObjects(config, list).find((item) => item["name"] === name);
  const value = nested(found, field);
  return isObject(value) ? value : undefined;
}

function blob(from: PropertyMap, field: string, folder: string): Buffer | undefined {
  const data = nestedString(from, `${field}-data`);
  if (data !== "") return Buffer.from(data, "base64");
  const path = nestedString(from, field);
  return path === "" ? undefined : readFileSync(resolve(folder, path));
}

function authorizationOf(user: PropertyMap, folder: string): string | undefined {
  const token = nestedString(user, "token");
  if (token !== "") return `Bearer ${token}`;
  const tokenFile = nestedString(user, "tokenFile");
  if (tokenFile !== "") return `Bearer ${readFileSync(resolve(folder, tokenFile), "utf8").trim()}`;
  const username = nestedString(user, "username");
  if (username === "") return undefined;
  return `Basic ${Buffer.from(`${username}:${nestedString(user, "password")}`).toString("base64")}`;
}
