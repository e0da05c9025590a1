import { describe, expect, it } from "vitest";
import ts from "typescript";
import path from "node:path";
import schema from "../../../providers/kind/schema.json";
import { clusterDiff } from "../../../providers/kind/clusterDiff";
import { clusterInputs } from "../../../providers/kind/clusterInputs";
import sdkPackage from "../../../sdks/kind/package.json";

/** The package schema, the checks of the plugin and the SDK are written by hand: these keep them in step. */
const resource = schema.resources["kind:index:Cluster"];
const sdk = path.resolve(__dirname, "../../../sdks/kind");

/** Property names of the exported interfaces of the SDK. */
function interfaceFields(file: string): Map<string, string[]> {
  const program = ts.createProgram([path.join(sdk, file)], { noLib: true, noResolve: true });
  const found = new Map<string, string[]>();
  program.getSourceFile(path.join(sdk, file))?.forEachChild((node) => {
    if (!ts.isInterfaceDeclaration(node)) return;
    found.set(node.name.text, node.members.map((member) => (member.name as ts.Identifier).text).sort());
  });
  return found;
}

describe("package schema", () => {
  it("has the inputs that the plugin takes", () => {
    expect(Object.keys(resource.inputProperties).sort()).toEqual(Object.keys(clusterInputs.shape).sort());
  });

  it("has the inputs that the SDK offers", () => {
    const fields = interfaceFields("cluster.ts");
    expect(fields.get("ClusterArgs")).toEqual(Object.keys(resource.inputProperties).sort());
  });

  it("has the types of the SDK", () => {
    const types = Object.entries(schema.types).map(([token, { properties }]) => [
      token.split(":").at(-1),
      Object.keys(properties).sort(),
    ]);
    expect([...interfaceFields("inputs.ts")].sort()).toEqual(types.sort());
  });

  it("says which changes replace as the plugin does", () => {
    for (const [name, property] of Object.entries(resource.inputProperties)) {
      const { changes } = clusterDiff({ [name]: "a" }, { [name]: "b" }, { gone: false });
      expect([name, changes.get(name)?.replace]).toEqual([name, "willReplaceOnChanges" in property]);
    }
  });

  it("has the version of the SDK", () => {
    expect(sdkPackage.version).toBe(schema.version);
  });
});
