import fs from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { LifecycleFailure } from "../failure";

/** How to reach one API server and as whom. */
export interface ApiAccess {
  /** Base URL, without a slash at the end. */
  readonly server: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly serverName?: string;
  readonly insecure: boolean;
}

const kubeconfigSchema = z.object({
  "current-context": z.string().optional(),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.string(),
        "certificate-authority-data": z.string().optional(),
        "certificate-authority": z.string().optional(),
        "insecure-skip-tls-verify": z.boolean().optional(),
        "tls-server-name": z.string().optional(),
      }),
    }),
  ),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      user: z
        .object({
          "client-certificate-data": z.string().optional(),
          "client-certificate": z.string().optional(),
          "client-key-data": z.string().optional(),
          "client-key": z.string().optional(),
          token: z.string().optional(),
        })
        .nullish(),
    }),
  ),
});

/**
 * Reads the current context of a kubeconfig, as kind and Cluster API write them: client certificates or a token.
 *
 * The generated client libraries do this too, but loading one costs more than most lifecycle programs do in total.
 */
export function parseKubeconfig(content: string): ApiAccess {
  const parsed = kubeconfigSchema.safeParse(tryParseYaml(content));
  if (!parsed.success) {
    // The content itself is secret and stays out of the message.
    throw new LifecycleFailure("the kubeconfig cannot be read", {
      evidence: parsed.error.issues.map(
        (issue) => `${issue.path.join(".") || "(content)"}: ${issue.message}`,
      ),
    });
  }
  const { clusters, contexts, users, ...rest } = parsed.data;
  const context = contexts.find(({ name }) => name === rest["current-context"]) ?? contexts[0];
  const cluster = clusters.find(({ name }) => name === context?.context.cluster)?.cluster;
  const user = users.find(({ name }) => name === context?.context.user)?.user ?? undefined;
  if (!cluster || !user) {
    throw new LifecycleFailure("the kubeconfig's current context names no cluster or no user");
  }
  return {
    server: cluster.server.replace(/\/+$/, ""),
    ca: dataOrFile(cluster["certificate-authority-data"], cluster["certificate-authority"]),
    cert: dataOrFile(user["client-certificate-data"], user["client-certificate"]),
    key: dataOrFile(user["client-key-data"], user["client-key"]),
    token: user.token,
    serverName: cluster["tls-server-name"],
    insecure: cluster["insecure-skip-tls-verify"] ?? false,
  };
}

function tryParseYaml(content: string): unknown {
  try {
    return parse(content);
  } catch {
    return undefined;
  }
}

function dataOrFile(data: string | undefined, file: string | undefined): string | undefined {
  if (data !== undefined) {
    return Buffer.from(data, "base64").toString("utf8");
  }
  return file === undefined ? undefined : fs.readFileSync(file, "utf8");
}
