// The gate of `npm run audit`: only what ships, each exception with an end, and never a pass
// without a result.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundledPackages } from "../../build/assets.ts";
import lock from "../../package-lock.json" with { type: "json" };
import { type Exception, problems, type Ships } from "./audit.ts";

const ships: Ships = {
  packages: new Set(["yaml 2.8.0"]),
  versions: {
    "node_modules/yaml": { version: "2.8.0" },
    "node_modules/old/node_modules/yaml": { version: "1.10.0" },
    "node_modules/esbuild": { version: "0.25.0" },
  },
};
const advisory = (id: string) => ({
  url: `https://github.com/advisories/${id}`,
  title: "Stack overflow",
  severity: "low",
});
const report = {
  vulnerabilities: {
    yaml: {
      via: [advisory("GHSA-1")],
      nodes: ["node_modules/yaml", "node_modules/old/node_modules/yaml"],
    },
    esbuild: { via: [advisory("GHSA-2")], nodes: ["node_modules/esbuild"] },
    old: { via: ["yaml"], nodes: ["node_modules/old"] },
  },
};
const except = (advisory: string, until = "2026-12-31"): Exception => ({
  advisory,
  until,
  reason: "no input reaches it",
});
const found = (exceptions: readonly Exception[], of: Parameters<typeof problems>[0] = report) =>
  problems(of, exceptions, ships, "2026-12-01");

test("only an advisory about a shipped version fails", () => {
  assert.deepEqual(found([]), ["yaml 2.8.0: GHSA-1 (low) Stack overflow"]);
  assert.deepEqual(found([], { vulnerabilities: {} }), []);
});

test("an exception holds until its end, and must except something", () => {
  assert.deepEqual(found([except("GHSA-1")]), []);
  assert.deepEqual(found([except("GHSA-1", "2026-11-30")]), [
    "yaml 2.8.0: GHSA-1 (low) Stack overflow",
    "exceptions.json: GHSA-1 has ended on 2026-11-30",
  ]);
  assert.deepEqual(found([except("GHSA-1"), except("GHSA-2")]), [
    "exceptions.json: GHSA-2 excepts nothing: delete it",
  ]);
});

test("an audit without a result is an error", () => {
  assert.throws(() => found([], { message: "405 Method Not Allowed" }), /no result: 405 Method/);
});

test("each shipped package is in the lock file with its version", () => {
  const locked = new Set(
    Object.entries(lock.packages).map(
      ([path, { version }]: [string, { version?: string }]) =>
        `${path.split("node_modules/").at(-1)} ${version}`,
    ),
  );
  const packages = [...bundledPackages()];
  assert.ok(packages.length > 20);
  assert.deepEqual(
    packages.filter((path) => !locked.has(path)),
    [],
  );
});
