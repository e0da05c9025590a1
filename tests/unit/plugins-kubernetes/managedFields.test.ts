import { describe, expect, it } from "vitest";
import {
  checkpoint,
  markSecrets,
  parseCheckpoint,
  toObject,
} from "../../../lab/plugins/kubernetes/checkpoint";
import { fieldOwners, takeOverPatch } from "../../../lab/plugins/kubernetes/managedFields";
import { adoptName, assignName, uniqueName } from "../../../lab/plugins/kubernetes/naming";
import { normalizeInputs } from "../../../lab/plugins/kubernetes/normalize";
import { nameOf } from "../../../lab/plugins/kubernetes/objects";
import { Secret, UNKNOWN } from "../../../providers/shared/properties";

const entry = (
  manager: string,
  operation: string,
  fieldsV1: Record<string, never>,
  subresource?: string,
) => ({
  manager,
  operation,
  apiVersion: "v1",
  fieldsType: "FieldsV1",
  fieldsV1,
  ...(subresource !== undefined && { subresource }),
});
const fields = (text: string) => JSON.parse(text) as Record<string, never>;

describe("field managers", () => {
  const live = {
    metadata: {
      resourceVersion: "7",
      managedFields: [
        entry("mine", "Apply", fields('{"f:data":{"f:a":{}}}')),
        entry("pulumi-kubernetes", "Update", fields('{"f:data":{".":{},"f:b":{}}}')),
        entry("clusterctl", "Update", fields('{"f:data":{"f:c":{}}}')),
        entry("kubectl", "Update", fields('{"f:status":{}}'), "status"),
      ],
    },
  };

  it("hands over what our own creation and kubectl own, and nothing else", () => {
    const patch = takeOverPatch(live, "mine");
    expect(patch?.[0]).toMatchObject({
      path: "/metadata/managedFields",
      value: [
        { manager: "mine", operation: "Apply", fieldsV1: { "f:data": { ".": {}, "f:a": {}, "f:b": {} } } },
        { manager: "clusterctl" },
        { manager: "kubectl", subresource: "status" },
      ],
    });
    expect(patch?.[1]).toMatchObject({ path: "/metadata/resourceVersion", value: "7" });
    expect(takeOverPatch({ metadata: { managedFields: [] } }, "mine")).toBeUndefined();
  });

  it("knows who owns a field", () => {
    expect(fieldOwners(live, "mine", ["data", "a"])).toEqual({ ours: true, others: false });
    expect(fieldOwners(live, "mine", ["data", "c"])).toEqual({ ours: false, others: true });
    expect(fieldOwners(live, "mine", ["data"])).toEqual({ ours: true, others: true });
    expect(fieldOwners(live, "mine", ["spec"])).toEqual({ ours: false, others: false });
  });
});

describe("state", () => {
  it("marks what was secret, lists as a whole, and the data of anything of kind Secret", () => {
    const program = { spec: { a: new Secret("x"), list: ["p", new Secret("q")] } };
    expect(markSecrets({ spec: { a: "x", b: "y", list: ["p", "q"] } }, program)).toEqual({
      spec: { a: new Secret("x"), b: "y", list: new Secret(["p", "q"]) },
    });
    expect(markSecrets({ kind: "Secret", data: { a: "eA==" } }, {})).toEqual({
      kind: "Secret",
      data: new Secret({ a: "eA==" }),
    });
  });

  it("is taken apart as it was made, schema extensions included", () => {
    const inputs = { apiVersion: "v1", kind: "ConfigMap", data: { a: "1" }, "x-kubernetes-list-type": "map" };
    const live = { ...inputs, metadata: { uid: "u" } };
    const state = checkpoint(inputs, live, { data: { a: new Secret("1") } }, "v1", "mine");
    expect(state).toMatchObject({
      x_kubernetes_list_type: "map",
      __fieldManager: "mine",
      __initialApiVersion: "v1",
    });
    expect(parseCheckpoint(state)).toEqual({ inputs, live, initialApiVersion: "v1", fieldManager: "mine" });
  });
});

describe("inputs", () => {
  it("turn stringData into data, and lose what only the server sets", () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", uid: "u" },
      stringData: { a: "x" },
    };
    expect(normalizeInputs({ ...secret, data: { b: "e\nA==" } })).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
      data: { a: "eA==", b: "eA==" },
    });
    expect(normalizeInputs({ ...secret, stringData: { a: UNKNOWN } })).toMatchObject({
      stringData: { a: UNKNOWN },
    });
  });

  it("are named once, repeatably for a seed", () => {
    const seed = new Uint8Array([1, 2, 3]);
    const object = toObject({ metadata: {} });
    assignName(object, "app", seed);
    expect(nameOf(object)).toBe(uniqueName("app-", seed));
    expect(nameOf(object)).toMatch(/^app-[0-9a-f]{8}$/);
    const next = toObject({ metadata: {} });
    adoptName(next, object);
    expect(nameOf(next)).toBe(nameOf(object));
    const unknown = toObject({ metadata: { name: UNKNOWN } });
    assignName(unknown, "app", seed);
    expect(unknown).toEqual({ metadata: { name: UNKNOWN } });
  });
});
