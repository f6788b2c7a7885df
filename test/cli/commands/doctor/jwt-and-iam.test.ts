// `doctor --jwt`: AWS-signed tokens, from STS to the function's answer. And a caller that proves
// itself by IAM.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mintToken } from "../../../../local/identities.ts";
import { TOKEN_ISSUERS } from "../../../../local/sandbox-files.ts";
import { localIdentity } from "../../../local-aws.ts";
import { cli } from "../../cli.ts";
import { prepare, useFolder, useServer } from "../../fixtures.ts";
import { startEndpoint } from "./endpoint.ts";

const HOME = "111122223333";
const JWT_ISSUERS = `${HOME}=${TOKEN_ISSUERS.get(HOME)}`;
const ROLE = { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" };
const endpoint = useServer(startEndpoint);
prepare(() => endpoint.cluster.put(`role/${HOME}/developers`, ROLE));

async function withGateway<Result>(
  settings: Readonly<Record<string, string>>,
  run: (url: string) => Promise<Result>,
) {
  const gateway = await endpoint.gateway(settings);
  return run(gateway.url).finally(gateway.close);
}
const jwtDoctor = (
  who: string,
  settings: Readonly<Record<string, string>> = {},
  keys = endpoint.stsUrl,
) =>
  withGateway({ CALLER_AUTH: "none", ...settings }, (url) =>
    endpoint.doctor(who, `--endpoint ${url} --jwt`, {
      environment: { JWT_KEYS_ENDPOINT: keys },
    }),
  );

test("a function that accepts AWS-signed tokens passes", async () => {
  const { said } = await jwtDoctor("bob", { JWT_ISSUERS });
  assert.match(said("jwt"), /^ok: signed by https:\/\/local-111122223333\..*clock is \d s off/);
  assert.deepEqual(["jwt keys", "jwt review"].map(said), [
    "ok: 2 keys",
    "ok: you are dev, groups: none",
  ]);
  const without = await jwtDoctor("bob");
  assert.equal(without.code, 1);
  assert.match(
    without.said("jwt review"),
    new RegExp(`^failed: .* -> .*${TOKEN_ISSUERS.get(HOME)}`),
  );
});

test("an account that does not sign tokens, or a missing permission, is one failed check", async () => {
  const { code, check, said } = await jwtDoctor("contractor", { JWT_ISSUERS });
  assert.deepEqual([code, check("jwt keys"), check("jwt review")], [1, undefined, undefined]);
  assert.match(
    said("jwt"),
    /^failed: .*No permission for sts:GetWebIdentityToken.* -> .*allow it \(docs\/aws-si/,
  );
});

test("keys that cannot be read from here are a separate failed check", async () => {
  const { said } = await jwtDoctor("bob", { JWT_ISSUERS }, "http://127.0.0.1:9");
  assert.match(said("jwt keys"), /^failed: .*token_keys_unavailable: no keys from https/);
  assert.match(said("jwt review"), /^ok: /);
});

const folder = useFolder();
const IAM = { name: "control-plane", arn: "arn:aws:iam::111122223333:user/alice" };
const HASH = { name: "rescue", sha256: "0".repeat(64) };

function iamDoctor(callers: unknown, ageMs = 0) {
  endpoint.cluster.put("callers", callers);
  return withGateway({ CALLER_AUTH: "bearer" }, async (url) => {
    const request = {
      identity: localIdentity("alice"),
      clusterId: "prod:caller",
      region: "us-east-1",
    };
    const tokenFile = folder.write(
      "caller-token",
      `${await mintToken({ ...request, now: Date.now() - ageMs })}\n`,
    );
    const { out } = await cli(
      `kubeconfig webhook --endpoint ${url} --token-file-path ${tokenFile}`,
    );
    return endpoint.doctor("bob", ["--kubeconfig", folder.write("webhook.kubeconfig", out)]);
  });
}

test("with a caller by IAM and one with a token, all checks pass", async () => {
  const { code, states, said } = await iamDoctor([IAM, HASH]);
  assert.deepEqual([code, states.slice(3, 5)], [0, ["caller ok", "aws ok"]]);
  assert.equal(said("callers"), "ok: 1 by IAM, 1 with a token");
});

test("where no caller with a token remains, doctor warns of a rollback and of a timer that stops", async () => {
  for (const list of [
    [IAM],
    [IAM, { ...HASH, notAfter: "2020-01-01T00:00:00Z" }],
    [IAM, { ...HASH, sha256: "x" }],
  ]) {
    const { code, said } = await iamDoctor(list);
    assert.equal(code, 0);
    assert.match(
      said("callers"),
      /^warning: 1 by IAM, 0 with a token -> .*callers add rescue.* timer .* rollback/,
    );
  }
});

test("a token file that no timer renews fails the caller's check, with what to look at", async () => {
  const { code, states, said } = await iamDoctor([IAM, HASH], 16 * 60_000);
  assert.deepEqual([code, states.at(-1)], [1, "caller failed"]);
  const stale =
    /^failed: HTTP 401, caller_refused: token_expired: signed 1[67] min ago.* -> .*the timer that renews/;
  assert.match(said("caller"), stale);
});
