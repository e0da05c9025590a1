import { type GateFacts, sidesOf } from "../facts";
import { type Finding, refusal, warning } from "../findings";

/** Seconds of difference that are worth a word, and that are too much. */
const limits = { warn: 5, refuse: 60 } as const;

/** The clocks agree: certificates, leases and the order of events depend on them. */
export function checkClocks(facts: GateFacts): Finding[] {
  const { source, target } = facts;
  const findings: Finding[] = [];
  if (target?.clock && source.clock) {
    const difference = target.clock.seconds - source.clock.seconds;
    const certain = Math.abs(difference) - target.clock.error - source.clock.error;
    if (certain > limits.warn) {
      findings.push(
        (certain > limits.refuse ? refusal : warning)(
          "clocks of source and target",
          `differ by ${Math.abs(difference).toFixed(1)} s; the target is ${difference > 0 ? "ahead" : "behind"}`,
          "synchronize the clocks of both (NTP)",
        ),
      );
    }
  }
  for (const { name, clock } of sidesOf(facts)) {
    if (clock && Math.abs(clock.seconds) - clock.error > limits.warn) {
      findings.push(
        warning(
          `clock of the ${name}`,
          `is ${Math.abs(clock.seconds).toFixed(1)} s ${clock.seconds > 0 ? "ahead of" : "behind"} this machine's`,
          "synchronize them (NTP)",
        ),
      );
    }
  }
  return findings;
}
