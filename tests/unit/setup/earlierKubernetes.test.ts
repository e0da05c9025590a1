import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toolArtifact } from "../../../lab/setup/goBuild";
import { earlierClusterApi, earlierKube, goTools } from "../../../lab/setup/goTools";
import { osImageName } from "../../../lab/images/os";
import { versions } from "../../../lab/images/versions";

describe("the earlier versions", () => {
  const { kubernetes, earlierKubernetes, clusterApi, earlierClusterApi: earlierApi } = versions;

  it("of Kubernetes is built from the same modules, but for its own", () => {
    const file = (folder: string) => readFileSync(`lab/toolchain/${folder}/go.mod`, "utf8");
    const version = (of: string) => new RegExp(`v[01]\\.${of.slice(3).replaceAll(".", "\\.")}(?=\\s)`, "g");
    expect(file(`kubernetes-${earlierKubernetes}`).replace(version(earlierKubernetes), "vX")).toBe(
      file("kubernetes").replace(version(kubernetes), "vX"),
    );
  });

  it("of Cluster API is built from the same modules, but for its own", () => {
    const file = (set: string) => readFileSync(`lab/toolchain/${set}/go.mod`, "utf8");
    expect(
      file(`metal3-cluster-api-${earlierApi}`).replace(`cluster-api ${earlierApi}`, "cluster-api vX"),
    ).toBe(file("metal3").replace(`cluster-api ${clusterApi}`, "cluster-api vX"));
  });

  it("take the place of nothing that the set-up makes", () => {
    const earlier = [earlierKube(earlierKubernetes), ...earlierClusterApi(earlierApi)];
    const names = [...goTools, ...earlier].map((tool) => toolArtifact(tool, "go").name);
    expect(new Set(names).size).toBe(names.length);
    expect(osImageName(earlierKubernetes)).not.toBe(osImageName(kubernetes));
  });
});
