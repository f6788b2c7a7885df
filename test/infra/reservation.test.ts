// The upgrade of a stack that reserved environments to the default, which reserves none: what
// docs/deploy.md says of `cdk diff`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "./cdk-cli.ts";
import { KINDS, type Kind, stackOf } from "./stacks.ts";
import { flat } from "./template.ts";

/** The paths of values that differ, each with both values. */
function differences(former: unknown, now: unknown, path = ""): string[] {
  if (typeof former !== "object" || typeof now !== "object" || former === null || now === null) {
    return former === now ? [] : [`${path}: ${former} -> ${now}`];
  }
  const before: Record<string, unknown> = { ...former };
  const after: Record<string, unknown> = { ...now };
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => differences(before[key], after[key], `${path}/${key}`));
}

/** Without hashes, a changed logical id would hide a new version, so they are compared, too. */
const versions = (template: object) =>
  Object.keys(template).filter((id) => id.includes("CurrentVersion"));

function upgrade(kind: Kind) {
  const former = stackOf(kind, { reservedConcurrency: 8 }).template().toJSON();
  const now = stackOf(kind).template().toJSON();
  assert.deepEqual(versions(now["Resources"]), versions(former["Resources"]));
  return differences(flat(former), flat(now)).map((line) => line.replace(/^.*\/Properties\//, ""));
}

for (const kind of KINDS) {
  test(`${kind}: without its reservation of 8, only the reservation and throttle change`, () => {
    const stage = kind === "private" ? "MethodSettings/0" : "DefaultRouteSettings";
    assert.deepEqual(upgrade(kind).sort(), [
      `${stage}/ThrottlingBurstLimit: 2000 -> 50`,
      `${stage}/ThrottlingRateLimit: 200 -> 150`,
      "ReservedConcurrentExecutions: 8 -> undefined",
    ]);
  });
}

test("docs/deploy.md names what changes, as cdk diff does", () => {
  const page = readFileSync(join(ROOT, "docs", "deploy.md"), "utf8");
  assert.match(page, /`ReservedConcurrentExecutions` is removed and the throttle changes/);
  assert.match(
    page,
    /\| default throttle \| 150 requests a second, burst 50 \| 200, burst 2,000 \|/,
  );
});
