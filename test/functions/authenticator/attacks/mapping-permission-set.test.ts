// Attack: permission set `View` matched `View_Admin`, since the peer's matcher ends with a wildcard for the role's suffix.
// Read in the source of aws-iam-authenticator 0.7.18 (SSORoleMatch).

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, OTHER } from "../fixtures.ts";
import { reviewer, stsReturns } from "./review.ts";

const HEX = "0123456789abcdef";
const VIEW = { [`sso/${HOME}/view`]: { username: "viewer" } };
const SETS = { ...VIEW, [`sso/${HOME}/view_admin`]: { username: "admin" } };

test("a permission set's mapping applies only to roles of exactly this set in its account", async () => {
  for (const [role, expected, stored = SETS, account = HOME] of [
    [`AWSReservedSSO_View_${HEX}`, "granted as viewer"],
    [`AWSReservedSSO_View_Admin_${HEX}`, "granted as admin"],
    [`AWSReservedSSO_View_Admin_${HEX}`, "identity_unmapped", VIEW],
    [`AWSReservedSSO_Vie_${HEX}`, "identity_unmapped"],
    // A set whose name ends like a role's suffix
    [`AWSReservedSSO_View_${HEX}_${HEX}`, "identity_unmapped"],
    [`View_${HEX}`, "identity_unmapped"],
    ["AWSReservedSSO_View", "identity_unmapped"],
    [`awsreservedsso_View_${HEX}`, "identity_unmapped"],
    [`AWSReservedSSO_View_${HEX}x`, "identity_unmapped"],
    [`AWSReservedSSO_View_${HEX}`, "identity_unmapped", SETS, OTHER],
  ] as const) {
    const arn = `arn:aws:sts::${account}:assumed-role/${role}/carol`;
    const { outcome } = reviewer(stored, stsReturns({ account, arn, userId: "AROAX:carol" }));
    assert.equal(await outcome(), expected, arn);
  }
});
