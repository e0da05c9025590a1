import { describe, expect, it } from "vitest";
import { parseJsonPath } from "../../../lab/plugins/kubernetes/await/jsonPath";
import { parseWaitFor } from "../../../lab/plugins/kubernetes/await/waitForAnnotation";
import type { KubeObject } from "../../../lab/plugins/kubernetes/objects";

const host: KubeObject = {
  metadata: { name: "host-0", generation: 2, annotations: { "a.b/c": "d" } },
  status: {
    observedGeneration: 2,
    count: 3,
    provisioning: { state: "available" },
    conditions: [
      { type: "Ready", status: "False", reason: "Busy", message: "inspecting" },
      { type: "Available", status: "True" },
    ],
  },
};

describe("JSONPath", () => {
  it.each([
    ["{.status.provisioning.state}", ["available"]],
    ["{$.status.count}", [3]],
    ["{ .status.conditions[0].type }", ["Ready"]],
    ["{.status.conditions[-1].type}", ["Available"]],
    ["{.status.conditions[*].type}", ["Ready", "Available"]],
    ['{.status.conditions[?(@.type=="Ready")].status}', ["False"]],
    ["{.status.conditions[?(@.type!='Ready')].status}", ["True"]],
    ["{.metadata.annotations['a.b/c']}", ["d"]],
    ["{.metadata.annotations.a\\.b/c}", ["d"]],
    ["{.status.missing}", []],
  ])("%s selects %j", (path, selected) => {
    expect(parseJsonPath(`jsonpath=${path}`).select(host)).toEqual(selected);
  });

  it.each(["{.a}=", "'{.a}'=b", ".a=b", "{.a[}"])("refuses %s", (expression) => {
    expect(() => parseJsonPath(`jsonpath=${expression}`)).toThrow();
  });
});

describe("waitFor", () => {
  const judge = (annotation: string, object: KubeObject = host) => parseWaitFor(annotation)(object, false);

  it("judges conditions and values, and says what is missing", () => {
    expect(judge("condition=Available")).toEqual({ done: true });
    expect(judge("condition=available=true")).toEqual({ done: true });
    expect(judge("condition=Ready=False")).toEqual({ done: true });
    expect(judge("condition=Ready")).toMatchObject({
      done: false,
      message: "Resource has condition Ready=False (want True): inspecting",
    });
    expect(judge("condition=Other")).toMatchObject({ done: false });
    expect(judge("jsonpath={.status.provisioning.state}=available")).toEqual({ done: true });
    expect(judge("jsonpath={.status.count}=3")).toEqual({ done: true });
    expect(judge("jsonpath={.status.provisioning.state}=provisioned")).toMatchObject({
      message: 'Waiting for {.status.provisioning.state}=provisioned (found "available")',
    });
    expect(judge("jsonpath={.status.provisioning}")).toEqual({ done: true });
  });

  it("wants every expression of a list", () => {
    expect(judge('["condition=Available","condition=Ready"]')).toMatchObject({ done: false });
    expect(judge('["condition=Available","jsonpath={.status.count}=3"]')).toEqual({ done: true });
  });

  it("does not trust a status that is older than the spec", () => {
    const stale = { ...host, metadata: { name: "host-0", generation: 3 } };
    expect(judge("condition=Available", stale)).toMatchObject({ done: false });
    expect(judge("jsonpath={.status.count}=3", stale)).toMatchObject({ done: false });
  });

  it("refuses what it does not know", () => {
    expect(() => parseWaitFor("Ready")).toThrow(/prefix/);
    expect(() => parseWaitFor("[]")).toThrow(/at least one/);
  });
});
