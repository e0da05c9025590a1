import fs from "node:fs/promises";
import path from "node:path";
import { parseDocument, stringify } from "yaml";
import { request } from "undici";
import { LifecycleFailure } from "../shared/failure";
import { managerArguments } from "./managerArguments";
import type { WantedProvider } from "./plan";

/** Reads a file of a provider: from the local repository, or from the project's release page. */
export async function readProviderFile(
  provider: Pick<WantedProvider, "label" | "version" | "releases">,
  file: string,
  repository: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  if (repository === undefined) {
    return download(`${provider.releases}/${provider.version}/${file}`, signal);
  }
  const local = path.join(repository, provider.label, provider.version, file);
  try {
    return await fs.readFile(local, "utf8");
  } catch (error) {
    throw new LifecycleFailure(`${local} cannot be read: ${(error as Error).message}`, {
      remedy: `put the release file of ${provider.label} ${provider.version} there, or correct providers.repository and the versions`,
    });
  }
}

async function download(url: string, signal: AbortSignal, redirects = 5): Promise<string> {
  const { statusCode, headers, body } = await request(url, { signal });
  const location = headers.location;
  if (statusCode >= 300 && statusCode < 400 && typeof location === "string" && redirects > 0) {
    await body.dump();
    return download(new URL(location, url).toString(), signal, redirects - 1);
  }
  if (statusCode !== 200) {
    await body.dump();
    throw new LifecycleFailure(`${url} answers HTTP ${statusCode}`, {
      remedy: "check the version, or set providers.repository to a local provider repository",
    });
  }
  return body.text();
}

/**
 * Writes a clusterctl repository whose managers watch one namespace, and clusterctl's configuration for it.
 *
 * clusterctl has dropped its flag for this; every manager still has the argument. Setting it in the manifests, before
 * anything is applied, spares a rollout afterwards.
 *
 * @returns Path of the configuration.
 */
export async function writeRepository(options: {
  readonly folder: string;
  readonly providers: readonly WantedProvider[];
  readonly namespace: string;
  readonly repository: string | undefined;
  readonly certManager: { readonly version: string };
  readonly signal: AbortSignal;
}): Promise<string> {
  const entries = await Promise.all(
    options.providers.map(async (provider) => {
      const folder = path.join(options.folder, "repository", provider.label, provider.version);
      await fs.mkdir(folder, { recursive: true });
      const [components, metadata] = await Promise.all(
        [provider.file, "metadata.yaml"].map((file) =>
          readProviderFile(provider, file, options.repository, options.signal),
        ),
      );
      await fs.writeFile(
        path.join(folder, provider.file),
        withManagerArguments(components ?? "", provider.label, options.namespace),
      );
      await fs.writeFile(path.join(folder, "metadata.yaml"), metadata ?? "");
      return { name: provider.name, type: provider.type, url: path.join(folder, provider.file) };
    }),
  );
  const certManager = options.repository && {
    url: path.resolve(options.repository, "cert-manager", options.certManager.version, "cert-manager.yaml"),
    version: options.certManager.version,
  };
  const file = path.join(options.folder, "clusterctl.yaml");
  await fs.writeFile(
    file,
    stringify({ providers: entries, ...(certManager ? { "cert-manager": certManager } : {}) }),
  );
  return file;
}

/**
 * Gives the managers of a components file the arguments that they shall have. Only the documents of Deployments are parsed
 * and written anew; definitions, which make up the megabyte around them, pass as they are.
 */
export function withManagerArguments(components: string, label: string, namespace: string): string {
  return components
    .split(/^---\s*$/m)
    .map((text) =>
      /^kind: Deployment\s*$/m.test(text) ? `\n${patchDeployment(text, label, namespace)}` : text,
    )
    .join("---");
}

function patchDeployment(text: string, label: string, namespace: string): string {
  const document = parseDocument(text);
  const containersPath = ["spec", "template", "spec", "containers"];
  const containers = (document.toJS() as DeploymentShape).spec.template.spec.containers;
  containers.forEach((container, index) => {
    if (container.name === "manager") {
      const args = managerArguments(label, container.args ?? [], namespace);
      document.setIn([...containersPath, index, "args"], args);
    }
  });
  return document.toString({ lineWidth: 0 });
}

interface DeploymentShape {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { name: string; args?: string[] }[] };
    };
  };
}
