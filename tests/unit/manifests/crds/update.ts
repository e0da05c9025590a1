/**
 * Writes the schemas beside this file anew from the definitions of the providers' Go modules (`go mod download` of them first):
 * `node --import tsx tests/unit/manifests/crds/update.ts`. Descriptions are left out, nothing else.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

const capi = "sigs.k8s.io/cluster-api@v1.13.6";
const capm3 = "github.com/metal3-io/cluster-api-provider-metal3@v1.13.2/config/crd/bases";
const sources: Record<string, { file: string; version: string }> = {
  BareMetalHost: {
    file: "github.com/metal3-io/baremetal-operator@v0.13.2/config/base/crds/bases/metal3.io_baremetalhosts.yaml",
    version: "v1alpha1",
  },
  IPPool: {
    file: "github.com/metal3-io/ip-address-manager@v1.13.2/config/crd/bases/ipam.metal3.io_ippools.yaml",
    version: "v1alpha1",
  },
  Cluster: { file: `${capi}/config/crd/bases/cluster.x-k8s.io_clusters.yaml`, version: "v1beta2" },
  MachineDeployment: {
    file: `${capi}/config/crd/bases/cluster.x-k8s.io_machinedeployments.yaml`,
    version: "v1beta2",
  },
  KubeadmConfigTemplate: {
    file: `${capi}/bootstrap/kubeadm/config/crd/bases/bootstrap.cluster.x-k8s.io_kubeadmconfigtemplates.yaml`,
    version: "v1beta2",
  },
  KubeadmControlPlane: {
    file: `${capi}/controlplane/kubeadm/config/crd/bases/controlplane.cluster.x-k8s.io_kubeadmcontrolplanes.yaml`,
    version: "v1beta2",
  },
  Metal3Cluster: { file: `${capm3}/infrastructure.cluster.x-k8s.io_metal3clusters.yaml`, version: "v1beta2" },
  Metal3DataTemplate: {
    file: `${capm3}/infrastructure.cluster.x-k8s.io_metal3datatemplates.yaml`,
    version: "v1beta2",
  },
  Metal3MachineTemplate: {
    file: `${capm3}/infrastructure.cluster.x-k8s.io_metal3machinetemplates.yaml`,
    version: "v1beta2",
  },
};

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly versions: { readonly name: string; readonly schema: { readonly openAPIV3Schema: SchemaNode } }[];
  };
}

interface SchemaNode {
  readonly [key: string]: unknown;
  readonly properties?: Record<string, SchemaNode>;
}

const modules = execFileSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" }).trim();
for (const [kind, { file, version }] of Object.entries(sources)) {
  const definition = parse(fs.readFileSync(path.join(modules, file), "utf8")) as Definition;
  const schema = definition.spec.versions.find(({ name }) => name === version)?.schema.openAPIV3Schema;
  if (!schema) throw new Error(`${file} has no version ${version}`);
  const properties = { ...schema.properties };
  delete properties.status;
  const output = {
    source: file,
    apiVersion: `${definition.spec.group}/${version}`,
    schema: withoutDescriptions({ ...schema, properties }),
  };
  fs.writeFileSync(path.join(__dirname, `${kind}.json`), `${JSON.stringify(output)}\n`);
}

/** Drops the descriptions of schemas, but not a property of that name. */
function withoutDescriptions(node: unknown, isPropertyMap = false): unknown {
  if (Array.isArray(node)) return node.map((item) => withoutDescriptions(item));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => isPropertyMap || key !== "description")
      .map(([key, value]) => [key, withoutDescriptions(value, !isPropertyMap && key === "properties")]),
  );
}
