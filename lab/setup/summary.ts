/** What `make up` has to tell at its end. */
export interface Summary {
  readonly cluster: string;
  readonly stack: string;
  /** URL or `host:port` of the target cluster's API. */
  readonly endpoint: string;
  readonly ironicEndpoint: string;
  /** The nine steps, each in seconds; steps overlap, so their sum is more than the total. */
  readonly timings: readonly { readonly step: number; readonly name: string; readonly seconds: number }[];
  readonly totalSeconds: number;
}

/** The summary as text, a table of steps among it. Pure. */
export function summary(of: Summary): string {
  const width = Math.max(...of.timings.map(({ name }) => name.length), "in total".length);
  const row = (step: string, name: string, seconds: number) =>
    `  ${step.padStart(1)} ${name.padEnd(width)} ${seconds.toFixed(1).padStart(8)} s`;
  return [
    `Cluster ${of.cluster} manages itself.`,
    `  API endpoint:    ${of.endpoint}`,
    `  Ironic endpoint: ${of.ironicEndpoint}`,
    `  kubeconfig:      eval "$(make -s env)"; pulumi stack output kubeconfig --show-secrets > ${of.cluster}.kubeconfig`,
    "",
    "Steps (they overlap):",
    ...of.timings.map(({ step, name, seconds }) => row(String(step), name, seconds)),
    row(" ", "in total", of.totalSeconds),
  ].join("\n");
}
