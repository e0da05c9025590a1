import fs from "node:fs/promises";
import path from "node:path";
import { request } from "undici";
import { wantedProviders } from "../providersInit/plan";
import type { Context } from "../shared/context";
import { errorText } from "../shared/failure";
import type { EnvironmentFinding, Settings } from "./finding";

const answerSeconds = 20;

/** Every file that the local provider repository must hold. */
export function repositoryFiles(versions: Settings["versions"]): string[] {
  return [
    ...wantedProviders(versions).flatMap(({ label, version, file }) =>
      [file, "metadata.yaml"].map((name) => path.join(label, version, name)),
    ),
    path.join("cert-manager", versions.certManager, "cert-manager.yaml"),
    ...(versions.baremetalOperator
      ? [path.join("baremetal-operator", versions.baremetalOperator, "baremetal-operator.yaml")]
      : []),
  ];
}

/** The local provider repository, if one is used, is complete. */
export async function checkRepository({ versions }: Settings): Promise<EnvironmentFinding[]> {
  const { repository } = versions;
  if (repository === undefined) {
    return [];
  }
  const absent = await Promise.all(
    repositoryFiles(versions).map(async (file) => {
      const readable = await fs.access(path.join(repository, file), fs.constants.R_OK).then(
        () => true,
        () => false,
      );
      return readable ? [] : [file];
    }),
  );
  return absent.flat().map((file) => ({
    path: "providers.repository",
    value: repository,
    problem: `${file} is not there`,
    remedy: 'run "make setup", or put the release file of that version there',
  }));
}

/** The hosts' image and its checksum can be fetched. */
export async function checkImage(context: Context, { image }: Settings): Promise<EnvironmentFinding[]> {
  const urls: [string, string][] = [["image.url", image.url]];
  if (/^https?:\/\//.test(image.checksum)) {
    urls.push(["image.checksum", image.checksum]);
  }
  const findings = await Promise.all(
    urls.map(async ([property, url]): Promise<EnvironmentFinding[]> => {
      const problem = await headProblem(context, url);
      return problem === undefined
        ? []
        : [
            {
              path: property,
              value: url,
              problem,
              remedy:
                "correct the URL, or start the image server; hosts must reach it from the provisioning network",
            },
          ];
    }),
  );
  return findings.flat();
}

async function headProblem(context: Context, url: string): Promise<string | undefined> {
  try {
    const { statusCode, body } = await request(url, {
      method: "HEAD",
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(answerSeconds * 1000)]),
    });
    await body.dump();
    // Redirects and servers without HEAD are left to Ironic.
    return statusCode < 400 || statusCode === 405 ? undefined : `answers HTTP ${statusCode}`;
  } catch (error) {
    context.signal.throwIfAborted();
    return `does not answer: ${errorText(error)}`;
  }
}
