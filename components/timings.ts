import * as pulumi from "@pulumi/pulumi";
import type { LifecycleTiming } from "./lifecycleCommand";

/** How long one of the nine steps took. */
export interface StepTiming {
  /** 1 to 9. */
  readonly step: number;
  readonly name: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly seconds: number;
}

/** One step: what has to be over before it can begin, and what ends it. */
export interface StepSpan {
  readonly name: string;
  readonly after?: pulumi.Output<LifecycleTiming>[];
  readonly parts: pulumi.Output<LifecycleTiming>[];
}

/** The span of each step, from the latest end of what it waited for (or its own first start) to the end of its last part. */
export function stepTimings(spans: StepSpan[]): pulumi.Output<StepTiming[]> {
  return pulumi.output(
    spans.map((span, index) =>
      pulumi
        .all([pulumi.all(span.after ?? []), pulumi.all(span.parts)])
        .apply(([after, parts]) => measureStep(index + 1, span.name, after, parts)),
    ),
  );
}

/** What reports how long it took. */
interface Timed {
  readonly timing: pulumi.Output<LifecycleTiming>;
}

/** The components of the nine steps. */
export interface Steps {
  readonly bootstrap: Timed;
  readonly bootstrapIronic: Timed;
  readonly bootstrapProviders: Timed;
  readonly hosts: Timed;
  readonly target: {
    readonly controlPlaneTiming: pulumi.Output<LifecycleTiming>;
    readonly nodesTiming: pulumi.Output<LifecycleTiming>;
  };
  readonly handover: Timed;
  readonly targetProviders: Timed;
  readonly pivot: Timed;
  readonly teardown: Timed;
}

/** How long each of the nine steps took. */
export function nineSteps(of: Steps): pulumi.Output<StepTiming[]> {
  const afterBootstrap = [of.bootstrap.timing];
  return stepTimings([
    { name: "bootstrap cluster", parts: [of.bootstrap.timing] },
    { name: "Ironic on the bootstrap", after: afterBootstrap, parts: [of.bootstrapIronic.timing] },
    { name: "providers on the bootstrap", after: afterBootstrap, parts: [of.bootstrapProviders.timing] },
    { name: "hosts and control plane", parts: [of.hosts.timing, of.target.controlPlaneTiming] },
    {
      name: "nodes of the target",
      after: [of.target.controlPlaneTiming],
      parts: [of.target.nodesTiming],
    },
    { name: "Ironic on the target", parts: [of.handover.timing] },
    { name: "providers on the target", parts: [of.targetProviders.timing] },
    { name: "move", parts: [of.pivot.timing] },
    { name: "bootstrap teardown", parts: [of.teardown.timing] },
  ]);
}

/** Pure part of {@link stepTimings}. */
export function measureStep(
  step: number,
  name: string,
  after: readonly LifecycleTiming[],
  parts: readonly LifecycleTiming[],
): StepTiming {
  const startedAt = after.length
    ? latest(after.map((timing) => timing.finishedAt))
    : earliest(parts.map((timing) => timing.startedAt));
  const finishedAt = latest(parts.map((timing) => timing.finishedAt));
  const seconds = Math.max(0, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
  return { step, name, startedAt, finishedAt, seconds };
}

function latest(times: readonly string[]): string {
  return times.reduce((a, b) => (Date.parse(a) >= Date.parse(b) ? a : b));
}

function earliest(times: readonly string[]): string {
  return times.reduce((a, b) => (Date.parse(a) <= Date.parse(b) ? a : b));
}
