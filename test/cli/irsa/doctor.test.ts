// `irsa doctor`: a correct setup.

import assert from "node:assert/strict";
import { test } from "node:test";
import { doctor, useServices, withCluster } from "./doctor-setup.ts";

useServices();

test("with a correct setup, each check is ok, and the exit code is 0", async () => {
  const { code, rows, err } = await withCluster();
  assert.deepEqual(
    rows.map(({ check, state }) => `${check}: ${state}`),
    [
      "discovery",
      "jwks",
      "keys",
      "provider",
      "cluster keys",
      "token issuer",
      "signing key",
      "audiences",
      "legacy tokens",
      "policy",
      "labels",
      "accounts",
    ].map((check) => `${check}: ok`),
  );
  assert.equal(code, 0, err);
  assert.equal(rows.at(-1)?.seen, "1 ServiceAccounts with a role, used by 1 Pods");
});

test("without --kubeconfig, it checks only the issuer and AWS", async () => {
  const { code, rows } = await doctor();
  assert.deepEqual(
    rows.map(({ check }) => check),
    ["discovery", "jwks", "keys", "provider"],
  );
  assert.equal(code, 0);
});
