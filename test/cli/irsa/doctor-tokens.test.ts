// `irsa doctor`: faults of kube-apiserver's keys and tokens, and what else it reports about them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { JWKS_PATH } from "../../../functions/issuer/documents.ts";
import {
  api,
  CONTROLLER,
  forbid,
  issuer,
  KEY,
  OTHER,
  SIGNER,
  setSecrets,
  TOKEN_PATH,
  testFaults,
  WHO_AM_I,
  withCluster,
} from "./doctor-setup.ts";
import { tokenOf, tokenSecret } from "./services.ts";

const LOST = [CONTROLLER.privateKey, OTHER.kid] as const;

testFaults({
  "kube-apiserver has a key that is not served": [
    () => api.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys: [KEY, OTHER] }]),
    new RegExp(
      `^cluster keys: warning: kube-apiserver accepts ${OTHER.kid}, which the issuer does not serve -> .*irsa keys publish -c prod --kubeconfig.*If you have retired it, this is correct`,
    ),
  ],
  "kube-apiserver signs for another issuer": [
    () => api.answers.set(TOKEN_PATH, () => [201, { status: { token: tokenOf(KEY.kid, "https://old.example.com") } }]),
    /^token issuer: failed: kube-apiserver signs for https:\/\/old\.example\.com -> .*first in --service-account-issuer/,
  ],
  "kube-apiserver signs with a key that is not served": [
    () => api.answers.set(TOKEN_PATH, () => [201, { status: { token: tokenOf(OTHER.kid, issuer.url) } }]),
    /^signing key: failed: .*is not served -> .*publish it/,
  ],
  "kube-controller-manager signs with a key that kube-apiserver does not accept": [
    () => setSecrets(tokenSecret("good", SIGNER.privateKey, KEY.kid), tokenSecret("lost", ...LOST)),
    /^legacy tokens: failed: kube-apiserver accepts no key that signed the token of app\/lost -> .*kube-controller-manager's --service-account-private-key-file/,
  ],
  "the Secrets may not be listed": [
    () => forbid("GET /api/v1/secrets"),
    /^legacy tokens: warning: not read: kube-apiserver refused \/api\/v1\/secrets\S*: HTTP 403, forbidden -> .*allow list on secrets/,
  ],
  "the audiences hazard": [
    () => api.answers.set(WHO_AM_I, () => [201, { status: { userInfo: {} } }]),
    /^audiences: failed: a token for AWS logs in to kube-apiserver -> .*remove sts\.amazonaws\.com from --api-audiences: with it, anyone who gets a Pod's AWS token can log in/,
  ],
  "no token may be made": [
    () => forbid(TOKEN_PATH),
    /^token: warning: not made: kube-apiserver refused .*forbidden -> .*allow create on serviceaccounts\/token/,
  ],
  "kube-apiserver's keys may not be read": [
    () => forbid(`GET ${JWKS_PATH}`),
    /^cluster: failed: .*HTTP 403, forbidden -> .*may read \/openid\/v1\/jwks/,
  ],
});

test("tokens in Secrets are reported with the keys that kube-apiserver must keep for them", async () => {
  api.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys: [OTHER, KEY] }]);
  setSecrets(
    tokenSecret("old-release", SIGNER.privateKey),
    ...Array.from({ length: 12 }, (_, index) => tokenSecret(`job-${index}`, CONTROLLER.privateKey, OTHER.kid)),
    { metadata: { name: "not-filled", namespace: "app" } },
  );
  const { rows } = await withCluster();
  const jobs = Array.from({ length: 10 }, (_, index) => `app/job-${index}`).join(", ");
  const seen = `${KEY.kid} signed app/old-release; ${OTHER.kid} signed ${jobs}, and 2 more`;
  const reported = rows.find(({ check }) => check === "legacy tokens")?.seen;
  assert.equal(reported, `kube-apiserver accepts them as long as it has their keys: ${seen}`);
});

test("a Secret whose token is not a JWT is reported as rejected", async () => {
  const texts = ["x", "a.b.c", "..", `${Buffer.from("[]").toString("base64url")}.b.c`];
  const secret = (text: string, index: number) => ({
    metadata: { name: `text-${index}`, namespace: "app" },
    data: { token: Buffer.from(text).toString("base64") },
  });
  setSecrets(...texts.map(secret));
  const { code, rows } = await withCluster();
  assert.equal(code, 1);
  assert.match(rows.find(({ check }) => check === "legacy tokens")?.seen ?? "", /app\/text-0, .*app\/text-3$/);
});
