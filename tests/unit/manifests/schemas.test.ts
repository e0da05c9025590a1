import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseClusterConfig } from "../../../config/parse";
import { bareMetalHost } from "../../../manifests/bareMetalHost";
import type { KubernetesObject } from "../../../manifests/kubernetesObject";
import { targetClusterObjects } from "../../../manifests/targetCluster";
import { minimalConfig, validConfig } from "../config/userConfig";
import { type Schema, violations } from "./openApi";

interface Definition {
  readonly apiVersion: string;
  readonly schema: Schema;
}

const folder = path.join(__dirname, "crds");
const definitions = new Map(
  fs
    .readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => [
      path.basename(file, ".json"),
      JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")) as Definition,
    ]),
);

function judge(object: KubernetesObject): string[] {
  const definition = definitions.get(object.kind);
  if (!definition) return [`no definition of ${object.kind}`];
  const { apiVersion, schema } = definition;
  return [
    ...(object.apiVersion === apiVersion ? [] : [`${object.kind} is of ${apiVersion}`]),
    // The API server judges metadata by itself, whatever the definition says.
    ...violations({ ...schema, properties: { ...schema.properties, metadata: {} } }, object, object.kind),
  ];
}

describe("rendered objects", () => {
  it("are what the definitions of their kinds allow, for every valid configuration", () => {
    fc.assert(
      fc.property(validConfig, (raw) => {
        const config = parseClusterConfig(raw);
        const objects = [
          ...targetClusterObjects(config).map(({ object }) => object),
          ...config.hosts.map((host) => bareMetalHost(host, config.namespace)),
        ];
        expect(objects.flatMap(judge)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it("have names that are labels of at most 63 characters, also for their machines", () => {
    fc.assert(
      fc.property(validConfig, (raw) => {
        for (const { object } of targetClusterObjects(parseClusterConfig(raw))) {
          expect(object.metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
          // A machine's name adds two random parts to its deployment's.
          const longest = object.kind === "MachineDeployment" ? 63 - 12 : 63;
          expect(object.metadata.name.length).toBeLessThanOrEqual(longest);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("would be refused with an unknown, missing or malformed field", () => {
    const objects = targetClusterObjects(parseClusterConfig(minimalConfig()));
    const pool = objects.find(({ role }) => role === "addresses")?.object;
    const spec = pool?.spec as Record<string, unknown>;
    expect(judge({ ...pool!, spec: { ...spec, gatway: "10.10.0.1" } })).toEqual([
      "IPPool.spec.gatway: unknown field",
    ]);
    expect(judge({ ...pool!, spec: { ...spec, namePrefix: undefined } })).toContain(
      "IPPool.spec.namePrefix: missing",
    );
    expect(judge({ ...pool!, spec: { ...spec, prefix: "24" } })).toEqual([
      "IPPool.spec.prefix: not a integer",
    ]);
  });
});
