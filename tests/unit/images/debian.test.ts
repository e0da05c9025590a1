import { describe, expect, it } from "vitest";
import { chooseMirror, parseSourceLines, parseSourceStanzas } from "../../../lab/images/debian";

describe("apt sources", () => {
  it("reads one-line sources with options and comments", () => {
    const text = [
      "# deb http://commented.example/debian trixie main",
      "deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://one.example/debian trixie main contrib # why",
      "deb-src http://one.example/debian trixie main",
    ].join("\n");
    expect(parseSourceLines(text)).toEqual([
      {
        uri: "http://one.example/debian",
        suite: "trixie",
        components: ["main", "contrib"],
        keyring: "/usr/share/keyrings/a.gpg",
      },
    ]);
  });

  it("reads stanzas with several suites, comments and continued fields", () => {
    const text = `Types: deb deb-src
# a remark
URIs: http://two.example/debian/
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/b.gpg

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: trixie
Components: main
`;
    const common = {
      uri: "http://two.example/debian/",
      components: ["main"],
      keyring: "/usr/share/keyrings/b.gpg",
    };
    expect(parseSourceStanzas(text)).toEqual([
      { ...common, suite: "bookworm" },
      { ...common, suite: "bookworm-updates" },
    ]);
  });

  it("takes no path from a keyring that is embedded", () => {
    const [source] = parseSourceStanzas(
      "Types: deb\nURIs: http://x.example/debian\nSuites: trixie\nComponents: main\nSigned-By:\n -----BEGIN PGP\n .\n",
    );
    expect(source?.keyring).toBe("");
  });
});

describe("the mirror of a release", () => {
  const source = (uri: string, suite: string) => ({ uri, suite, components: ["main"], keyring: "" });

  it("prefers the release's own source", () => {
    const sources = [
      source("http://old.example/debian", "bookworm"),
      source("http://new.example/debian", "trixie"),
    ];
    expect(chooseMirror(sources, "trixie").uri).toBe("http://new.example/debian/");
  });

  it("takes the archive of another release, never its security or updates archive", () => {
    const sources = [
      source("http://sec.example/debian-security", "bookworm-security"),
      source("http://other.example/node", "nodistro"),
      source("http://old.example/debian/", "bookworm"),
    ];
    expect(chooseMirror(sources, "trixie").uri).toBe("http://old.example/debian/");
  });

  it("says what is missing where there is no archive", () => {
    expect(() => chooseMirror([], "trixie")).toThrow(/sources\.list\.d/);
  });
});
