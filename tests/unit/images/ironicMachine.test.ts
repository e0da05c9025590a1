import { describe, expect, it } from "vitest";
import { pipConfiguration } from "../../../lab/images/ironic/machine";

describe("pipConfiguration", () => {
  it("keeps where packages come from, and nothing else", () => {
    const listed = [
      ":env:.cert='/etc/ssl/machine.crt'",
      "global.index-url='https://mirror.example/simple'",
      "global.find-links='/opt/wheels'",
      "install.trusted-host='mirror.example'",
    ].join("\n");
    expect(pipConfiguration(listed)).toBe(
      "[global]\nindex-url = https://mirror.example/simple\ntrusted-host = mirror.example\n",
    );
  });

  it("lets the environment win over files, in whatever order they are listed", () => {
    const listed = ":env:.timeout='180'\nglobal.timeout='15'";
    expect(pipConfiguration(listed)).toBe("[global]\ntimeout = 180\n");
  });

  it("is an empty section where pip has no settings", () => {
    expect(pipConfiguration("")).toBe("[global]\n");
  });
});
