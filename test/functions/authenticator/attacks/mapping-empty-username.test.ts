// Attack: kube-apiserver accepts `authenticated: true` with an empty username, so a template must never render to nothing.
// Measured on aws-iam-authenticator 0.7.18 and kube-apiserver.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME } from "../fixtures.ts";
import { outcomeFor } from "./review.ts";

const TEMPLATE = "{EC2PrivateDNSName}";

function outcomeWith(value: object, name: string): Promise<string> {
  const stored = { [`role/${HOME}/clusternode`]: { arn: `arn:aws:iam::${HOME}:role/ClusterNode`, ...value } };
  return outcomeFor("node", stored, { findNodeName: async () => ({ name }) });
}

test("a username that is empty, or missing, is never granted", async () => {
  for (const value of [{ username: "" }, {}, { username: null }, { groups: ["x"] }]) {
    assert.equal(await outcomeWith(value, ""), "mapping_invalid");
  }
});

test("a username or a group that renders to nothing is never granted", async () => {
  assert.equal(await outcomeWith({ username: TEMPLATE }, ""), "name_refused");
  assert.equal(await outcomeWith({ username: TEMPLATE }, "ip-10-0-0-1"), "granted as ip-10-0-0-1");
  assert.equal(await outcomeWith({ username: "x", groups: ["y", TEMPLATE] }, ""), "name_refused");
  assert.equal(await outcomeWith({ username: "x", groups: ["y", TEMPLATE] }, "ip-10-0-0-1"), "granted as x");
});
