import { rack, url } from "../../lab/control/addresses";
import { osImageName } from "../../lab/images/os";

/** Configuration of a stack by key, as in `Pulumi.dev.yaml`. */
export type Values = Readonly<Record<string, unknown>>;

/** The configuration with another number of workers. Pure. */
export function withWorkers(values: Values, workers: number): Values {
  return { ...values, "metal3:workers": workers };
}

/** The configuration with another Kubernetes version, from the lab's own image of it. Pure. */
export function withKubernetes(values: Values, version: string): Values {
  const file = `${url(rack.imageServer)}/${osImageName(version)}`;
  return {
    ...values,
    "metal3:kubernetesVersion": version,
    "metal3:image": { url: file, checksum: `${file}.sha256`, checksumType: "sha256", format: "raw" },
  };
}
