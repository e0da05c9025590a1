import { describe, expect, it } from "vitest";
import { withKubernetes, withWorkers } from "../../../bench/life/changes";
import { lifeTable } from "../../../bench/life/table";
import { devStackValues } from "../../../bench/stack";
import { versions } from "../../../lab/images/versions";

const values = devStackValues();

describe("the changes of the life", () => {
  it("to the version that the dev stack has are none", () =>
    expect(withKubernetes(values, versions.kubernetes)).toEqual(values));

  it("to another version take its image", () =>
    expect(withKubernetes(values, "v1.2.3")).toMatchObject({
      "metal3:kubernetesVersion": "v1.2.3",
      "metal3:image": { url: expect.stringContaining("host-v1.2.3.raw") as string },
    }));

  it("of the workers leave the rest alone", () =>
    expect(withWorkers(values, 2)).toEqual({ ...values, "metal3:workers": 2 }));
});

describe("lifeTable", () => {
  it("shows who asked, and what was not measured", () => {
    const [, , refresh, upgrade] = lifeTable([
      {
        name: "refresh",
        operation: {
          seconds: 12.34,
          peakMemory: 512 * 1024 ** 2,
          memoryParts: {},
          requests: {
            total: 10,
            byRole: { program: 1, "plugin kubernetes": 4, "plugin kind": 2, "verb retire": 3 },
            byMethod: {},
            byServer: {},
          },
        },
      },
      { name: "upgrade", operation: { notMeasured: "`make upgrade-image` first" } },
    ]).split("\n");
    const cells = (line = "") =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .filter(Boolean);
    expect(cells(refresh)).toEqual(["refresh", "12.3", "10", "1", "6", "3", "512"]);
    expect(cells(upgrade)[0]).toBe("upgrade: not measured: `make upgrade-image` first");
    expect(new Set(cells(upgrade).slice(1))).toEqual(new Set(["-"]));
  });
});
