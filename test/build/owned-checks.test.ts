// What a person must own for a release: each missing item is one line that states how to add it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { npm, ownedChecks, type World } from "../../build/owned-checks.ts";
import { fileChecks } from "../../build/publishable.ts";
import packageJson from "../../package.json" with { type: "json" };
import { markdown, type Run } from "../acceptance/report.ts";
import type { Verdict } from "../acceptance/rows.ts";
import { SAMPLE_RUN } from "../acceptance/sample-run.ts";
import { useFolder } from "../cli/fixtures.ts";
import { linesOf, missingIn } from "./lines-of.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const url = "git+https://github.com/owner/name.git";
const TARBALL = `https://registry.npmjs.org/lambda-iam-authenticator/-/lambda-iam-authenticator-${packageJson.version}.tgz`;
const PAGES: Readonly<Record<string, string>> = {
  "https://api.github.com/repos/owner/name": "{}",
  "https://api.github.com/repos/owner/name/environments/release":
    '{"protection_rules":[{"type":"required_reviewers"}]}',
  "https://raw.githubusercontent.com/owner/homebrew-tap/HEAD/Formula/lambda-iam-authenticator.rb": `url "${TARBALL}"`,
  "https://raw.githubusercontent.com/kubernetes-sigs/krew-index/HEAD/plugins/iam.yaml": `uri: ${TARBALL}`,
  "https://raw.githubusercontent.com/aquaproj/aqua-registry/HEAD/pkgs/owner/name/registry.yaml":
    "url: https://registry.npmjs.org/lambda-iam-authenticator/-/lambda-iam-authenticator-{{trimV .Version}}.tgz",
};
const NPM: Readonly<Record<string, string>> = {
  view: "[ 'someone <s@example.com>', 'jane <jane@example.com>' ]",
  whoami: "jane",
  trust:
    "type: github\nid: 1\nfile: release.yml\nrepository: owner/name\nenvironment: release\npermissions: publish",
};
/**
 * Returns a report as `npm run acceptance` writes it, with a passed row of each check that a release
 * needs, and a row that had no input. `verdicts`: those of the checks that did not pass.
 */
function report(
  changed: Partial<Run> = {},
  verdicts: Readonly<Record<number, Verdict>> = {},
): string {
  const row = (check: number, verdict: Verdict) => ({
    check,
    name: "a row",
    expected: "a | b",
    seen: "a | b",
    verdict,
  });
  const checks = [1, 2, 3, 4, 5, 6, 7, 8, 10, 14];
  const rows = checks.map((check) => row(check, verdicts[check] ?? "passed"));
  return markdown({ ...SAMPLE_RUN, ...changed }, [...rows, row(9, "not run")]);
}

const world: World = {
  manifest: { version: "1.2.3", repository: { url } },
  fetch: async (page) => new Response(PAGES[page] ?? "", { status: page in PAGES ? 200 : 404 }),
  npm: async (command = "") => NPM[command] ?? assert.fail(command),
  reports: [report()],
};
const NAMES = [
  ...["GitHub repository", "environment release", "npm name", "npm trust", "AWS account"],
  ...["Homebrew tap", "Krew index", "aqua registry"],
];

test("what a person owns is done if each service shows it", async () => {
  const lines = NAMES.map((name) => `done         ${name}`);
  assert.deepEqual(await linesOf(ownedChecks(world)), { lines, isComplete: true });
});

test("a manifest of another version or plugin does not count as published", async () => {
  const missing = (changed: Partial<World>) => missingIn(ownedChecks({ ...world, ...changed }));
  const absent = async () => new Response("", { status: 404 });
  const nothing = await missing({ fetch: absent, reports: ["- Place: MiniStack"] });
  const inIndexes = ["Homebrew tap", "Krew index", "aqua registry"];
  const named = (lines: readonly string[]) => lines.map((line) => line.split(":")[0]);
  assert.deepEqual(named(nothing), [
    "GitHub repository",
    "environment release",
    "AWS account",
    ...inIndexes,
  ]);
  const copy =
    "Copy aqua-registry.yaml of the release to pkgs/owner/name/registry.yaml in aquaproj/aqua-registry.";
  assert.equal(nothing.at(-1), `aqua registry: ${copy}`);
  const others = await missing({ fetch: async () => new Response("other") });
  assert.deepEqual(named(others), ["environment release", ...inIndexes]);
  const npm = (changed: Partial<typeof NPM>) => ({
    npm: async (command = "") => ({ ...NPM, ...changed })[command] ?? "",
  });
  assert.deepEqual(await missing(npm({ view: "someone <s@example.com>", trust: "" })), [
    "npm name: jane is not a maintainer of lambda-iam-authenticator on npm.",
    "npm trust: npm does not trust the workflow. Run: npm trust github lambda-iam-authenticator " +
      "--file release.yml --repo owner/name --env release --allow-publish",
  ]);
  const unknown = async (command = "") => {
    if (command === "view") throw new Error("npm view fails: code E404");
    return NPM[command] ?? "";
  };
  const unpublished =
    "npm name: npm has no package lambda-iam-authenticator. Publish an empty version 0.0.0 of it.";
  assert.deepEqual(await missing({ npm: unknown }), [unpublished]);
});

test("a report of a complete run without a failed row is enough for a release", async () => {
  for (const [reports, problem] of [
    [[], "no report of a run on AWS"],
    [[report({ place: "MiniStack 1.5.33" })], "no report of a run on AWS"],
    [[report({}, { 4: "failed" })], "a report of a run on AWS that has a failed row"],
    [[report({ isInterrupted: true })], "a report of a run on AWS that was interrupted"],
    [
      [report({ commit: "0123abc and changes" })],
      "a report of a run on AWS that has no clean commit",
    ],
    [
      [report({}, { 5: "not run", 14: "not served" })],
      "a report of a run on AWS that has no passed row of check 5, 14",
    ],
  ] as const) {
    const line = `AWS account: test/acceptance/reports has ${problem}. Run: npm run acceptance`;
    assert.deepEqual(await missingIn(ownedChecks({ ...world, reports })), [line]);
    const { isComplete } = await linesOf(
      ownedChecks({ ...world, reports: [...reports, report()] }),
    );
    assert.equal(isComplete, true, "another report is enough");
  }
});

test("items are not checked without address, network or login", async () => {
  const reasons = async (changed: Partial<World>) => {
    const { lines, isComplete } = await linesOf(ownedChecks({ ...world, ...changed }));
    assert.equal(isComplete, true);
    const checked = lines.filter((line) => line.startsWith("not checked  "));
    return Object.fromEntries(
      checked.map((line) => line.slice("not checked  ".length).split(/: (.*)/)),
    );
  };
  const unaddressed = await reasons({ manifest: { version: "1.2.3" } });
  assert.equal(unaddressed["Krew index"], "It needs the project address.");
  const cause = new Error("getaddrinfo ENOTFOUND");
  const offline = await reasons({
    fetch: () => Promise.reject(new TypeError("fetch failed", { cause })),
    npm: () => Promise.reject(new Error("npm whoami fails: code ENEEDAUTH")),
  });
  const online = NAMES.filter((name) => name !== "AWS account");
  assert.deepEqual(Object.keys(offline), online);
  assert.equal(offline["GitHub repository"], "Cannot reach api.github.com: getaddrinfo ENOTFOUND");
  assert.equal(offline["npm trust"], "npm whoami fails: code ENEEDAUTH");
  const limited = await reasons({ fetch: async () => new Response("", { status: 403 }) });
  assert.equal(limited["environment release"], "api.github.com answered with HTTP 403.");
});

test("npm's output is returned, and an error states its code and reason", async (t) => {
  const { PATH } = process.env;
  t.after(() => Object.assign(process.env, { PATH }));
  const script = `#!/bin/sh
[ "$1" = whoami ] && echo jane && exit
echo "npm error code ENEEDAUTH\nnpm error need auth Log in." >&2; exit 1`;
  process.env["PATH"] = dirname(useFolder().write("npm", script, 0o755));
  assert.equal(await npm("whoami"), "jane");
  await assert.rejects(
    npm("trust", "list"),
    /^Error: npm trust fails: code ENEEDAUTH need auth Log in\.$/,
  );
  process.env["PATH"] = "";
  await assert.rejects(npm("view"), /^Error: npm view fails: spawn npm ENOENT$/);
});

test("RELEASING.md lists the items in the order in which they are checked", () => {
  const page = readFileSync(join(ROOT, "RELEASING.md"), "utf8");
  const listed = [...page.matchAll(/^\| \d+ \| ([^|]+) \|/gm)].map(([, name]) => name);
  assert.deepEqual(listed, Object.keys({ ...fileChecks(() => "{}"), ...ownedChecks(world) }));
});
