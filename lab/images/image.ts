import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { artifact, artifactKey, run } from "../setup/cache";
import { normalizeDockerSave } from "./oci";

/** Where an image made here carries the key of the artifact it comes from. */
export const keyLabel = "metal3-lab.key";

/** An image made here, lying as an OCI layout in the cache. */
export interface Image {
  /** Upstream name with tag, for instance `quay.io/metal3-io/ironic:release-39.0`. */
  readonly name: string;
  /** Hash of everything that determines the content. */
  readonly key: string;
  /** Folder of the layout, which may hold further images; not to be written to. */
  readonly layout: string;
}

/** How the image is made from a Dockerfile. */
export interface DockerfileSpec {
  /** Name with tag. */
  readonly name: string;
  /** Folder (relative to the project root) with `Dockerfile` and all it copies. */
  readonly context: string;
  /** Stage of the Dockerfile. Defaults to the last one. */
  readonly target?: string;
  /** Images that a `FROM` names. They are loaded into the engine first. */
  readonly from?: readonly Image[];
  /** Further build contexts: `COPY --from=<name>`. Absolute folders. */
  readonly contexts?: Readonly<Record<string, string>>;
  /** Makes further build contexts, only when the image has to be built, in a folder that is removed afterwards. */
  readonly prepare?: (folder: string, log: string) => Promise<Readonly<Record<string, string>>>;
  /** Build arguments; no secrets. */
  readonly args?: Readonly<Record<string, string>>;
  /** What else determines the content: files and folders, or texts. Folders of {@link contexts} are not hashed by themselves. */
  readonly files?: readonly string[];
  readonly inputs?: readonly string[];
}

/** Artifact name of an image: its last path element and its tag. Pure. */
export function artifactName(name: string): string {
  return `image-${name.split("/").slice(-2).join(".").replace(":", "-").toLowerCase()}`;
}

/** Builds an image from a Dockerfile, with the machine's network (`apt-get` works), unless the cache has it. */
export async function dockerfileImage(spec: DockerfileSpec): Promise<Image> {
  const of = { name: artifactName(spec.name), ...determinants(spec) };
  const key = artifactKey(of);
  const layout = await artifact({
    ...of,
    produce: async (dir, log) => {
      await dockerBuild(spec, ["--label", `${keyLabel}=${key}`, "--tag", spec.name], log);
      await run(log, "sh", ["-c", 'docker save "$1" | tar -x -C "$2"', "sh", spec.name, dir]);
      await normalizeDockerSave(dir, spec.name);
    },
  });
  return { name: spec.name, key, layout };
}

/** What determines the outcome of a build: for {@link artifactKey}. */
export function determinants(spec: DockerfileSpec): { inputs: string[]; files: string[] } {
  return {
    inputs: [
      spec.name,
      spec.target ?? "",
      JSON.stringify(spec.args ?? {}),
      ...(spec.from ?? []).map((image) => image.key),
      ...(spec.inputs ?? []),
    ],
    files: [spec.context, ...(spec.files ?? [])],
  };
}

/** Runs `docker build` for a Dockerfile; `output` says where the outcome goes (`--tag …`, `--output …`). */
export async function dockerBuild(
  spec: DockerfileSpec,
  output: readonly string[],
  log: string,
): Promise<void> {
  for (const image of spec.from ?? []) await loadIntoEngine(image, log);
  const folder = mkdtempSync(join(dirname(log), "build-"));
  try {
    const contexts = { ...spec.contexts, ...(await spec.prepare?.(folder, log)) };
    await runBuild({ ...spec, contexts }, output, log);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runBuild(spec: DockerfileSpec, output: readonly string[], log: string): Promise<void> {
  const flags = [
    ...(spec.target === undefined ? [] : [`--target=${spec.target}`]),
    ...Object.entries(spec.args ?? {}).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    ...Object.entries(spec.contexts ?? {}).flatMap(([name, folder]) => [
      "--build-context",
      `${name}=${folder}`,
    ]),
  ];
  const fixed = ["--progress=plain", "--network=host", "--provenance=false"];
  await run(log, "docker", ["build", ...fixed, ...flags, ...output, spec.context], {
    env: { DOCKER_BUILDKIT: "1" },
  });
}

/** Whether the engine has exactly this image under its name. */
export async function inEngine(image: Image): Promise<boolean> {
  const { execa } = await import("execa");
  const format = `{{index .Config.Labels "${keyLabel}"}}`;
  const found = await execa("docker", ["image", "inspect", "--format", format, image.name], {
    reject: false,
  });
  return !found.failed && found.stdout.trim() === image.key;
}

/** Makes sure that the engine has exactly this image under its name. */
export async function loadIntoEngine(image: Image, log: string): Promise<void> {
  if (await inEngine(image)) return;
  await run(log, "sh", ["-c", 'tar -C "$1" -c . | docker load', "sh", image.layout]);
}
