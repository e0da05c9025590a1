import { note } from "../lab/setup/progress";

/** The user has stopped the benchmark. */
export class Stopped extends Error {}

/** Aborted by the first SIGINT or SIGTERM. Later ones are told that the machine is being cleaned up. */
export function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      note(
        "bench",
        controller.signal.aborted ? "still taking everything down" : `${name}: taking everything down`,
      );
      controller.abort(new Stopped(`stopped by ${name}`));
    });
  }
  return controller.signal;
}
