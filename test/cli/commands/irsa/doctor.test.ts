// `irsa doctor`: a correct setup, and faults of the issuer, the OIDC provider, kube-apiserver's
// keys and tokens, and Pods.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DISCOVERY_PATH,
  discoveryDocument,
  JWKS_PATH,
} from "../../../../functions/issuer/documents.ts";
import { cli } from "../../cli.ts";
import { exits, PREFIX } from "../mappings/cluster.ts";
import {
  CONTROLLER,
  KEY,
  OTHER,
  pod,
  SIGNER,
  TOKEN_PATH,
  useDoctor,
  WHO_AM_I,
} from "./doctor-setup.ts";
import { tokenOf, tokenSecret } from "./services.ts";

const setup = useDoctor();
const { api, doctor, findings, forbid, issuer, provider, store, testFaults, withCluster } = setup;
const { setPods, setPolicies, setSecrets } = setup;
const serves = (path: string, status: number, body: object) =>
  issuer.answers.set(`GET ${path}`, () => [status, body]);
const holds = (...keys: object[]) => api.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys }]);
const signs = (kid: string, url: string) =>
  api.answers.set(TOKEN_PATH, () => [201, { status: { token: tokenOf(kid, url) } }]);
const provides = (change: Partial<typeof provider>) => Object.assign(provider, change);

testFaults({
  "the issuer has another URL": [
    () =>
      serves(
        DISCOVERY_PATH,
        200,
        JSON.parse(discoveryDocument("https://other.example.com", [KEY])),
      ),
    /^discovery: failed: issuer is "https:\/\/other\.example\.com", not .* -> .*ISSUER_URL .* must be exactly this URL/,
  ],
  "something else answers": [
    () => issuer.answers.clear(),
    /^discovery: failed: HTTP 404.* -> .*the issuer's URL/,
  ],
  "the issuer has no keys": [
    () => serves(JWKS_PATH, 500, { code: "issuer_without_keys", message: "no key below /p" }),
    /^jwks: failed: HTTP 500, no key below \/p -> .*publish the cluster's keys/,
  ],
  "an empty set": [
    () => serves(JWKS_PATH, 200, { keys: [] }),
    /^jwks: failed: it contains no key -> .*publish one/,
  ],
  "a parameter is invalid": [
    () => store.put(`${PREFIX}/issuer/broken`, "{"),
    /^keys: failed: issuer\/broken must be a JSON object.* -> .*publish it again, or remove the parameter/,
  ],
  "a published key is not served": [
    () => store.put(`${PREFIX}/issuer/${OTHER.kid}`, JSON.stringify(OTHER)),
    new RegExp(`^keys: warning: ${OTHER.kid} is not served -> .*wait 30 s`),
  ],
  "IAM has no provider": [
    () => provides({ status: 404 }),
    /^provider: failed: IAM has no OIDC .* -> .*deploy the i/,
  ],
  "another audience": [
    () => provides({ audiences: ["kubernetes"] }),
    /^provider: warning: .*kubernetes -> .*add the/,
  ],
  "IAM may not be read": [
    () => provides({ status: 403 }),
    /^provider: warning: not read: No .* -> .*allow iam:GetO/,
  ],
  "IAM does not answer": [
    () => provides({ status: 500 }),
    /^provider: warning: not read: .*check the net/,
  ],
  "kube-apiserver has a key that is not served": [
    () => holds(KEY, OTHER),
    new RegExp(
      `^cluster keys: warning: kube-apiserver accepts ${OTHER.kid}, .* -> .*irsa keys publish .*If you ha`,
    ),
  ],
  "kube-apiserver signs for another issuer": [
    () => signs(KEY.kid, "https://old.example.com"),
    /^token issuer: failed: kube-apiserver signs for https:\/\/old\.example\.com -> .*first in --service-account-issuer/,
  ],
  "it signs with an unserved key": [
    () => signs(OTHER.kid, issuer.url),
    /^signing key: failed: .* -> .*publish it/,
  ],
  "kube-controller-manager signs with a key that kube-apiserver does not accept": [
    () =>
      setSecrets(
        tokenSecret("a", SIGNER.privateKey, KEY.kid),
        tokenSecret("lost", CONTROLLER.privateKey, OTHER.kid),
      ),
    /^legacy tokens: failed: .* no key that signed the token of app\/lost -> .*'s --service-account-private-key-file/,
  ],
  "no list of Secrets": [
    () => forbid("GET /api/v1/secrets"),
    /^legacy tokens: warning: not read: .*list on secrets/,
  ],
  "the audiences hazard": [
    () => api.answers.set(WHO_AM_I, () => [201, { status: { userInfo: {} } }]),
    /^audiences: failed: a token for AWS logs in to kube-apiserver -> .*remove sts\.amazonaws\.com from --api-audiences/,
  ],
  "no token may be made": [
    () => forbid(TOKEN_PATH),
    /^token: warning: not made: .* -> .*allow create on serviceac/,
  ],
  "no list of its keys": [
    () => forbid(`GET ${JWKS_PATH}`),
    /^cluster: failed: .*HTTP 403.*may read \/openid\/v1\//,
  ],
  "a Pod on the second page was not mutated": [
    () => setPods([pod("good", "reader", "aws-iam-token")], [pod("lost", "reader", "data")]),
    /^pod: failed: app\/lost runs without its role -> .*kubectl rollout restart/,
  ],
  "no list of Pods": [
    () => forbid("GET /api/v1/pods"),
    /^pods: warning: not read: .*HTTP 403.*allow list on pods/,
  ],
});

const OF_ISSUER = ["discovery", "jwks", "keys", "provider"];
const OF_CLUSTER = [
  "cluster keys",
  "token issuer",
  "signing key",
  "audiences",
  "legacy tokens",
  "policy",
  "labels",
];

test("each check of a correct setup is ok, also without --kubeconfig", async () => {
  const { code, rows, err } = await withCluster();
  const checks = [...OF_ISSUER, ...OF_CLUSTER, "accounts"];
  assert.deepEqual(
    [code, rows.map((row) => `${row.check} ${row.state}`)],
    [0, checks.map((check) => `${check} ok`)],
    err,
  );
  assert.equal(rows.at(-1)?.seen, "1 ServiceAccounts with a role, used by 1 Pods");
  const alone = await doctor();
  assert.deepEqual([alone.code, alone.rows.map(({ check }) => check)], [0, OF_ISSUER]);
});

test("an unreachable issuer is reported with the kind of failure", async () => {
  const { out } = await exits(cli(["irsa", "doctor", "-c", "prod", "--issuer", issuer.url]), 1);
  assert.match(
    out,
    /^failed +discovery +no answer from https:\/\/127\.0\.0\.1:\d+\/\.well-known\/\S+ \(\w+\)/,
  );
});

test("skipped, finished and excluded Pods are not reported", async () => {
  setPods([
    pod("skipped", "reader", "data", {
      labels: { "eks.amazonaws.com/skip-pod-identity-webhook": "" },
    }),
    pod("ended", "reader", "data", { phase: "Succeeded" }),
    pod("plain", "plain", "data"),
    { ...pod("elsewhere", "reader", "data"), metadata: { name: "elsewhere", namespace: "other" } },
  ]);
  assert.deepEqual(await findings(), []);
  setPolicies(undefined, { exceptNamespace: ["app"] });
  setPods([pod("lost", "reader", "data")]);
  assert.deepEqual(await findings(), ["namespace: warning"]);
});

const legacyTokens = async () =>
  (await withCluster()).rows.find(({ check }) => check === "legacy tokens")?.seen;

test("tokens in Secrets are reported with the keys that they need", async () => {
  holds(OTHER, KEY);
  const jobs = Array.from({ length: 12 }, (_, index) =>
    tokenSecret(`job-${index}`, CONTROLLER.privateKey, OTHER.kid),
  );
  const empty = { metadata: { name: "not-filled", namespace: "app" } };
  setSecrets(
    ...[undefined, "another"].map((kid) => tokenSecret(`old-${kid}`, SIGNER.privateKey, kid)),
    ...jobs,
    empty,
  );
  const names = jobs.slice(0, 10).map((_, index) => `app/job-${index}`);
  const ofOld = `${KEY.kid} signed app/old-undefined, app/old-another`;
  const seen = `${ofOld}; ${OTHER.kid} signed ${names.join(", ")}, and 2 more`;
  assert.equal(
    await legacyTokens(),
    `kube-apiserver accepts them as long as it has their keys: ${seen}`,
  );
});

test("a Secret with an invalid or foreign token is reported as rejected", async () => {
  const headers = [
    "[]",
    ...["none", "HS256", "ES512"].map((alg) => JSON.stringify({ alg })),
    '{"alg":{"toString":0}}',
  ];
  const texts = [
    "x",
    "a.b.c",
    "..",
    ...headers.map((header) => `${Buffer.from(header).toString("base64url")}.b.c`),
  ];
  const secrets = texts.map((text) => ({ data: { token: Buffer.from(text).toString("base64") } }));
  setSecrets(
    ...secrets.map((secret, index) => ({
      metadata: { name: `text-${index}`, namespace: "app" },
      ...secret,
    })),
  );
  const names = texts.map((_, index) => `app/text-${index}`).join(", ");
  assert.match((await legacyTokens()) ?? "", new RegExp(`accepts no key .*${names}$`));
});
