import { describe, expect, it } from "vitest";
import { memoryGroup, memoryInUse } from "../../../bench/cgroup";

const id = "4f5c0c2f9d";

describe("memoryGroup", () => {
  it("finds the memory hierarchy of cgroup v1", () => {
    const content = `12:cpu,cpuacct:/docker/${id}\n5:memory:/docker/${id}\n0::/docker/other\n`;
    expect(memoryGroup(content, id)).toEqual({ path: `/docker/${id}`, version: 1 });
  });

  it("goes up to the container from the group that its init went into", () => {
    expect(memoryGroup(`5:memory:/docker/${id}/init.scope\n`, id)).toEqual({
      path: `/docker/${id}`,
      version: 1,
    });
  });

  it("finds the one hierarchy of cgroup v2, whatever driver named it", () => {
    expect(memoryGroup(`0::/system.slice/docker-${id}.scope/init\n`, id)).toEqual({
      path: `/system.slice/docker-${id}.scope`,
      version: 2,
    });
  });

  it("knows no group of a process that is not in the container", () => {
    expect(memoryGroup("5:memory:/user.slice\n", id)).toBeUndefined();
    expect(memoryGroup("", id)).toBeUndefined();
  });
});

describe("memoryInUse", () => {
  it("leaves out the page cache that can be dropped, of the whole group", () => {
    expect(memoryInUse("1000\n", "inactive_file 1\ntotal_inactive_file 300\n")).toBe(700);
    expect(memoryInUse("1000\n", "anon 5\ninactive_file 300\n")).toBe(700);
  });

  it("is never negative: both files are read one after the other", () => {
    expect(memoryInUse("100\n", "inactive_file 300\n")).toBe(100);
    expect(memoryInUse("100\n", "")).toBe(100);
  });
});
