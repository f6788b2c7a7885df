// `doctor` for a caller that proves itself by IAM: its token file, and whether a caller with a token remains.

import assert from "node:assert/strict";
import { test } from "node:test";
import { localIdentity } from "../../../local/identities.ts";
import { mintToken } from "../../../local/token.ts";
import { cli } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { PREFIX } from "../mappings/cluster.ts";
import { useServer } from "../use-server.ts";
import { startEndpoint } from "./endpoint.ts";

const folder = useFolder();
const IAM = { name: "control-plane", arn: "arn:aws:iam::111122223333:user/alice" };
const HASH = { name: "rescue", sha256: "0".repeat(64) };
const endpoint = useServer(startEndpoint);

async function doctorOf(callers: unknown, ageMs = 0) {
  endpoint.cluster.store.put(`${PREFIX}/callers`, JSON.stringify(callers));
  const gateway = await endpoint.gateway({ CALLER_AUTH: "bearer" });
  const request = { identity: localIdentity("alice"), clusterId: "prod:caller", region: "us-east-1" };
  const tokenFile = folder.write("caller-token", `${await mintToken({ ...request, now: Date.now() - ageMs })}\n`);
  const { out } = await cli(`kubeconfig webhook --endpoint ${gateway.url} --token-file-path ${tokenFile}`);
  const kubeconfig = folder.write("webhook.kubeconfig", out);
  try {
    return await endpoint.doctor("bob", ["--kubeconfig", kubeconfig]);
  } finally {
    await gateway.close();
  }
}

test("with a caller by IAM and one with a token, all checks pass", async () => {
  const { code, states, said } = await doctorOf([IAM, HASH]);
  assert.deepEqual([code, states.slice(3, 6)], [0, ["caller ok", "aws ok", "callers ok"]]);
  assert.equal(said("callers"), "ok: 1 by IAM, 1 with a token");
});

test("where no caller with a token remains, doctor warns of a rollback and of a timer that stops", async () => {
  for (const callers of [
    [IAM],
    [IAM, { ...HASH, notAfter: "2020-01-01T00:00:00Z" }],
    [IAM, { ...HASH, sha256: "x" }],
  ]) {
    const { code, said } = await doctorOf(callers);
    assert.equal(code, 0);
    assert.match(said("callers"), /^warning: 1 by IAM, 0 with a token -> .*callers add rescue.* timer .* rollback/);
  }
});

test("a token file that no timer renews fails the caller's check, with what to look at", async () => {
  const { code, states, said } = await doctorOf([IAM, HASH], 16 * 60_000);
  assert.deepEqual([code, states.at(-1)], [1, "caller failed"]);
  const message =
    /^failed: HTTP 401, caller_refused: token_expired: signed 1[67] min ago.* -> .*the timer that renews it/;
  assert.match(said("caller"), message);
});
