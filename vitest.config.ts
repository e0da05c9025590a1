import { defineConfig } from "vitest/config";

/**
 * Test projects, from fast to slow. `unit` needs nothing but node; `engine` needs the Pulumi toolchain;
 * `lab` needs a running lab and changes
 * it, so its files run one after another; `life`, `faults` and `soak` need a fresh one each to themselves.
 */
export default defineConfig({
  test: {
    // Tests wait for engines and API servers more than they compute; projects with `singleFork` are not concerned.
    poolOptions: { forks: { minForks: 1, maxForks: 3 } },
    projects: [
      {
        test: {
          name: "unit",
          include: ["tests/unit/**/*.test.ts", "tests/components/**/*.test.ts"],
          pool: "forks",
          // Some start programs, which takes its time beside others.
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "engine",
          include: [
            "tests/preview/**/*.test.ts",
            "tests/plugins/**/*.test.ts",
            "tests/handover/**/*.test.ts",
            "tests/backup/**/*.test.ts",
          ],
          pool: "forks",
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "pivot",
          include: ["tests/pivot/**/*.test.ts"],
          pool: "forks",
          // Each file starts four API servers, and times what it sees.
          poolOptions: { forks: { singleFork: true } },
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "lab",
          include: ["tests/lab/**/*.test.ts"],
          pool: "forks",
          poolOptions: { forks: { singleFork: true } },
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
      {
        test: {
          name: "life",
          include: ["tests/life/**/*.test.ts"],
          pool: "forks",
          poolOptions: { forks: { singleFork: true } },
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
      {
        test: {
          name: "sweep",
          include: ["tests/sweep/**/*.test.ts"],
          pool: "forks",
          poolOptions: { forks: { singleFork: true } },
          testTimeout: 10_800_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: "faults",
          include: ["tests/faults/**/*.test.ts"],
          pool: "forks",
          poolOptions: { forks: { singleFork: true } },
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
      {
        test: {
          name: "soak",
          include: ["tests/soak/**/*.test.ts"],
          pool: "forks",
          poolOptions: { forks: { singleFork: true } },
          // A case is a whole life of a stack, or several runs of one.
          testTimeout: 3_600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
