/** How a run is stopped: Ctrl-C, or as a crash does it. */
export type Stop = "SIGINT" | "SIGKILL";

/** What is done to a cluster behind the program's back. */
export type Harm = "control plane off" | "control plane wiped" | "bootstrap removed";

/** What fails for a while beside a run that goes on. */
export type Disturbance = "BMCs silent for a minute" | "target's Ironic killed";

/** One thing that a case does. */
export type Action =
  /**
   * `pulumi up` beside which something fails from the first line on that matches. It goes on by itself, or the next one does;
   * the result says which.
   */
  | { readonly disturbed: Disturbance; readonly at: RegExp }
  /** `pulumi up` or `pulumi destroy`, to its end, or stopped as soon as it prints a line that matches. */
  | { readonly run: "up" | "destroy"; readonly until?: RegExp; readonly by?: Stop }
  | { readonly harm: Harm }
  /** The checkout in which the stack was run is lost; everything after takes place in another one. */
  | { readonly elsewhere: true }
  /** A `pulumi up` with a change, after a preview that had none to show. */
  | { readonly changed: true }
  /**
   * Every object of the cluster that manages itself is lost, with Ironic's database, and restored from the backup that its pivot
   * has made.
   */
  | { readonly lostAndRestored: true }
  /** A `pulumi destroy` that must refuse, and change nothing. */
  | { readonly refused: true }
  /** The operator's consent in the configuration. */
  | { readonly consent: true };

/** A life of a stack, from nothing to nothing. */
export interface SoakCase {
  readonly name: string;
  readonly actions: readonly Action[];
}

/** The nine steps, and the resource whose creation ends each. */
export const steps = [
  "bootstrap-kind",
  "bootstrap-ironic-ready",
  "bootstrap-providers-init",
  "target-kubeconfig",
  "target-nodes",
  "handover-endpoint",
  "target-providers-init",
  "pivot-move",
  "bootstrap-teardown-delete",
] as const;

/** The line that Pulumi prints when a resource is made. */
export function created(resource: string): RegExp {
  return new RegExp(`\\s${resource} created\\b`);
}

const destroy: Action = { run: "destroy" };
const up: Action = { run: "up" };
const killed = (run: "up" | "destroy", until: RegExp): Action => ({ run, until, by: "SIGKILL" });

/** Stops after each step, in both ways, each ended in both ways. */
export function matrix(): SoakCase[] {
  return steps.flatMap((resource, index) =>
    (["SIGINT", "SIGKILL"] as const).flatMap((by) =>
      ([[destroy], [up, destroy]] as const).map((rest) => ({
        name: `${index + 1}-${by === "SIGINT" ? "int" : "kill"}-${rest.map((action) => "run" in action && action.run).join("-")}`,
        actions: [{ run: "up", until: created(resource), by } as const, ...rest],
      })),
    ),
  );
}

/**
 * The part of the matrix that is run unless the whole is asked for: one case a step. After an odd step it is destroyed at once,
 * after an even one completed first; each way of stopping comes with each of the two.
 */
export function shortMatrix(): SoakCase[] {
  return steps.map((_, index) => {
    const step = index + 1;
    const by = Math.floor(index / 2) % 2 === 0 ? "kill" : "int";
    const name = `${step}-${by}-${step % 2 === 1 ? "destroy" : "up-destroy"}`;
    const found = matrix().find((candidate) => candidate.name === name);
    if (!found) throw new Error(`there is no case ${name}`);
    return found;
  });
}

/** What a destroy prints when it begins to release the machines, and when a move is half done. */
const releasing = /retire: deleting Cluster /;
const creating = /created [1-9]\d* of \d+ on the target, deleted 0 /;
const deleting = /deleted [1-9]\d* of \d+ on the source/;

/** The states that are no step's end. */
export const states: readonly SoakCase[] = [
  { name: "kind-half-made", actions: [killed("up", /Starting control-plane/), destroy] },
  { name: "hosts-inspecting", actions: [killed("up", /host-\d inspecting/), destroy] },
  { name: "host-provisioning", actions: [killed("up", /host-\d provisioning/), destroy] },
  {
    name: "move-killed",
    actions: [killed("up", creating), up, killed("destroy", releasing), destroy],
  },
  { name: "bmcs-silent", actions: [{ disturbed: "BMCs silent for a minute", at: creating }, destroy] },
  { name: "ironic-killed", actions: [{ disturbed: "target's Ironic killed", at: creating }, destroy] },
  { name: "objects-lost", actions: [up, { lostAndRestored: true }, destroy] },
  { name: "elsewhere", actions: [up, { elsewhere: true }, { changed: true }, destroy] },
  { name: "elsewhere-destroyed", actions: [up, { elsewhere: true }, destroy] },
  { name: "half-pivoted", actions: [killed("up", deleting), destroy] },
  { name: "return-killed", actions: [up, killed("destroy", creating), destroy] },
  {
    name: "dead-target",
    actions: [up, { harm: "control plane off" }, { refused: true }, { consent: true }, destroy],
  },
  {
    name: "worst-day",
    actions: [
      killed("up", creating),
      up,
      { harm: "control plane off" },
      { refused: true },
      { consent: true },
      killed("destroy", /retire: waiting for hosts .* to be powered off and released/),
      destroy,
    ],
  },
  {
    name: "wiped-target",
    actions: [up, { harm: "control plane wiped" }, { consent: true }, destroy],
  },
  {
    name: "bootstrap-missing-early",
    actions: [
      killed("up", /host-\d inspecting/),
      { harm: "bootstrap removed" },
      { refused: true },
      { consent: true },
      destroy,
    ],
  },
  {
    name: "bootstrap-missing",
    actions: [
      { run: "up", until: created("target-nodes"), by: "SIGKILL" },
      { harm: "bootstrap removed" },
      { refused: true },
      { consent: true },
      destroy,
    ],
  },
];

/** What was asked for, by environment variables. */
export interface Selection {
  /** Numbers of steps, "1 5 8": the short matrix' cases of these. */
  readonly steps?: string;
  /** Names of cases, of {@link states} or of the whole matrix. */
  readonly cases?: string;
  /** "whole" for every case of the matrix, of the steps that are named or of all. */
  readonly matrix?: string;
}

/** The cases to run: those that are named, or the short matrix and every state. */
export function select({ steps: wanted, cases, matrix: size }: Selection): SoakCase[] {
  const table = size === "whole" ? matrix() : shortMatrix();
  const numbers = words(wanted);
  const named = words(cases).map((name) => {
    const found = [...states, ...matrix()].find((candidate) => candidate.name === name);
    if (!found) throw new Error(`CASES: there is no case ${name}`);
    return found;
  });
  const unknown = numbers.filter((number) => !steps.some((_, index) => String(index + 1) === number));
  if (unknown.length > 0) throw new Error(`STEPS: there is no step ${unknown.join(", ")}`);
  if (numbers.length > 0 || named.length > 0) {
    return [...table.filter(({ name }) => numbers.includes(name.split("-")[0] ?? "")), ...named];
  }
  return size === "whole" ? table : [...table, ...states];
}

function words(text = ""): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** An action in a few words, for tables. */
export function actionText(action: Action): string {
  if ("run" in action) {
    return action.until ? `${action.run}, ${action.by} at /${action.until.source}/` : action.run;
  }
  if ("harm" in action) return action.harm;
  if ("elsewhere" in action) return "another checkout";
  if ("changed" in action) return "up, with a change";
  if ("lostAndRestored" in action) return "every object and node lost, restored";
  if ("disturbed" in action) return `up, ${action.disturbed} from /${action.at.source}/`;
  return "refused" in action ? "destroy refuses" : "consent";
}
