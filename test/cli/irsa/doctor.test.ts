// `irsa doctor`: a correct setup, and one fault for each check.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { policies } from "../../../cli/irsa/policy/admission-policy.ts";
import { DISCOVERY_PATH, discoveryDocument, JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { type LocalServer, startHttpServer } from "../../../local/http-server.ts";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { PLAIN_POLICY, type PolicyOptions } from "../../e2e/irsa/install-policies.ts";
import { ec, rsa } from "../../functions/issuer/samples.ts";
import { cli, useLocalAws } from "../cli.ts";
import { kubeconfig, type LocalService, startService, testFolder, tokenOf, tokenSecret } from "./services.ts";

const PREFIX = "/iam-authenticator/prod";
const [SIGNER, CONTROLLER] = [rsa(), ec("P-256")];
const [KEY, OTHER] = [SIGNER.jwk, CONTROLLER.jwk];
const TOKEN_PATH = "POST /api/v1/namespaces/default/serviceaccounts/default/token";
const WHO_AM_I = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews";
const ADMISSION = "GET /apis/admissionregistration.k8s.io";
const LABEL = { "irsa.iam-authenticator/has-role": "true" };
const ROLE = { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/reader" };

let store: MemoryStore;
let aws: LocalServer;
let issuer: LocalService;
let api: LocalService;
let provider: { status: number; audiences: string[] };
const folder = testFolder();
let files: { admin: string; ca: string };

before(async () => {
  [issuer, api] = await Promise.all([startService(), startService()]);
  files = { admin: folder.write("admin.conf", kubeconfig(api)), ca: folder.write("ca.crt", issuer.ca) };
  aws = await startHttpServer(({ body }) => awsAnswer(body.toString()));
  store = await startParameterStore({ parameters: {} });
  const AWS = { AWS_ENDPOINT_URL_IAM: aws.url, AWS_ENDPOINT_URL_STS: aws.url };
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url, ...AWS });
});
after(async () => {
  folder.remove();
  await Promise.all([issuer.close(), api.close(), aws.close(), store.close()]);
});

function awsAnswer(body: string) {
  if (body.includes("GetCallerIdentity")) {
    const result = "<GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult>";
    return { status: 200, body: `<GetCallerIdentityResponse>${result}</GetCallerIdentityResponse>` };
  }
  const { status, audiences } = provider;
  if (status !== 200) {
    const code = { 403: "AccessDenied", 404: "NoSuchEntity" }[status] ?? "ServiceFailure";
    return { status, body: `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>` };
  }
  const members = audiences.map((audience) => `<member>${audience}</member>`).join("");
  const result = `<GetOpenIDConnectProviderResult><ClientIDList>${members}</ClientIDList></GetOpenIDConnectProviderResult>`;
  return { status, body: `<GetOpenIDConnectProviderResponse>${result}</GetOpenIDConnectProviderResponse>` };
}

function pod(name: string, account: string, volume: string, more: { labels?: object; phase?: string } = {}) {
  return {
    metadata: { name, namespace: "app", labels: more.labels ?? {} },
    spec: { serviceAccountName: account, volumes: [{ name: volume }] },
    status: { phase: more.phase ?? "Running" },
  };
}

/** Restores the correct setup. */
beforeEach(() => {
  for (const kid of ["broken", OTHER.kid]) store.remove(`${PREFIX}/issuer/${kid}`);
  store.put(`${PREFIX}/issuer/${KEY.kid}`, JSON.stringify(KEY));
  provider = { status: 200, audiences: ["sts.amazonaws.com"] };
  issuer.answers.clear();
  issuer.answers.set(`GET ${DISCOVERY_PATH}`, () => [200, JSON.parse(discoveryDocument(issuer.url, [KEY]))]);
  issuer.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys: [KEY] }]);
  api.answers.clear();
  api.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys: [KEY] }]);
  api.answers.set(TOKEN_PATH, () => [201, { status: { token: tokenOf(KEY.kid, issuer.url) } }]);
  api.answers.set(WHO_AM_I, (_, authorization) => {
    assert.notEqual(authorization, "Bearer admin");
    return [401, {}];
  });
  setPolicies();
  setList("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations");
  setList(
    "/api/v1/namespaces",
    ...["app", "other"].map((name) => ({ metadata: { name, labels: { "kubernetes.io/metadata.name": name } } })),
  );
  setAccounts(account("reader", { labels: LABEL, annotations: ROLE }));
  setPods(pod("good", "reader", "aws-iam-token"), pod("plain", "plain", "data"));
  setSecrets();
});

function setList(path: string, ...items: object[]): void {
  api.answers.set(`GET ${path}`, () => [200, { items, metadata: {} }]);
}

function setSecrets(...items: object[]): void {
  setList("/api/v1/secrets", ...items);
}

function setPods(...items: object[]): void {
  setList("/api/v1/pods", ...items);
}

/** Beside ServiceAccounts without a role. */
function setAccounts(...items: object[]): void {
  setList("/api/v1/serviceaccounts", ...items, account("plain"), { metadata: { name: "reader", namespace: "other" } });
}

function account(name: string, more: { labels?: object; annotations?: object } = {}) {
  return { metadata: { name, namespace: "app", ...more } };
}

interface PolicyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Record<string, unknown>;
}

/** Installs the policies of `irsa policy`; `change` returns `undefined` for an object that is not installed. */
function setPolicies(
  change: (object: PolicyObject) => PolicyObject | undefined = (object) => object,
  options: Partial<PolicyOptions> = {},
): void {
  for (const key of api.answers.keys()) if (/admissionpolic/.test(key)) api.answers.delete(key);
  const objects = policies({ ...PLAIN_POLICY, ...options }) as PolicyObject[];
  const lists = new Map<string, PolicyObject[]>();
  for (const object of objects) {
    const path = `/apis/${object.apiVersion}/${object.kind.toLowerCase().replace(/y$/, "ie")}s`;
    const changed = change(object);
    lists.set(path, [...(lists.get(path) ?? []), ...(changed === undefined ? [] : [changed])]);
    if (changed !== undefined) api.answers.set(`GET ${path}/${object.metadata.name}`, () => [200, changed]);
  }
  for (const [path, items] of lists) setList(path, ...items);
}

const without =
  (kind: string, name: string) =>
  (object: PolicyObject): PolicyObject | undefined =>
    object.kind === kind && object.metadata.name === name ? undefined : object;

/** As before the label: the bindings select each ServiceAccount. */
function selectAll(object: PolicyObject): PolicyObject | undefined {
  if (object.metadata.name === "irsa-label.iam-authenticator") return undefined;
  if (!object.kind.endsWith("Binding")) return object;
  return { ...object, spec: { ...object.spec, paramRef: { selector: {}, parameterNotFoundAction: "Allow" } } };
}

interface Row {
  readonly check: string;
  readonly state: string;
  readonly seen: string;
  readonly advice?: string;
}

async function doctor(...words: string[]): Promise<{ code: number; rows: Row[]; err: string }> {
  const where = ["-c", "prod", "--issuer", issuer.url, "--ca", files.ca];
  const { code, out, err } = await cli(["irsa", "doctor", ...where, "-o", "json", ...words]);
  return { code, rows: out === "" ? [] : JSON.parse(out), err };
}

const withCluster = () => doctor("--kubeconfig", files.admin);

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

describe("one fault fails one check", () => {
  const cases: Readonly<
    Record<string, [breakIt: () => void, check: string, state: string, seen: RegExp, advice: RegExp]>
  > = {
    "the issuer has another URL": [
      () =>
        issuer.answers.set(`GET ${DISCOVERY_PATH}`, () => [
          200,
          JSON.parse(discoveryDocument("https://other.example.com", [KEY])),
        ]),
      "discovery",
      "failed",
      /^issuer is "https:\/\/other\.example\.com", not https:\/\/127/,
      /ISSUER_URL of the function and --service-account-issuer must be exactly this URL/,
    ],
    "something else answers": [
      () => issuer.answers.clear(),
      "discovery",
      "failed",
      /^HTTP 404/,
      /check the issuer's URL/,
    ],
    "the issuer has no keys": [
      () =>
        issuer.answers.set(`GET ${JWKS_PATH}`, () => [
          500,
          { code: "issuer_without_keys", message: "no key below /p" },
        ]),
      "jwks",
      "failed",
      /^HTTP 500, no key below \/p$/,
      /publish the cluster's keys/,
    ],
    "the issuer serves an empty set": [
      () => issuer.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys: [] }]),
      "jwks",
      "failed",
      /^it contains no key$/,
      /publish one/,
    ],
    "a parameter is invalid": [
      () => store.put(`${PREFIX}/issuer/broken`, "{"),
      "keys",
      "failed",
      /^issuer\/broken must be a JSON object/,
      /publish it again, or remove the parameter/,
    ],
    "a published key is not served": [
      () => store.put(`${PREFIX}/issuer/${OTHER.kid}`, JSON.stringify(OTHER)),
      "keys",
      "warning",
      new RegExp(`^${OTHER.kid} is not served$`),
      /wait 30 s/,
    ],
    "IAM has no provider": [
      () => Object.assign(provider, { status: 404 }),
      "provider",
      "failed",
      /^IAM has no OIDC provider for https:/,
      /deploy the issuer's stack/,
    ],
    "the provider has another audience": [
      () => Object.assign(provider, { audiences: ["kubernetes"] }),
      "provider",
      "warning",
      /has the audiences kubernetes$/,
      /add the audience sts\.amazonaws\.com/,
    ],
    "IAM may not be read": [
      () => Object.assign(provider, { status: 403 }),
      "provider",
      "warning",
      /^not read: No permission/,
      /allow iam:GetOpenIDConnectProvider/,
    ],
    "IAM does not answer": [
      () => Object.assign(provider, { status: 500 }),
      "provider",
      "warning",
      /^not read: /,
      /check the network to STS and IAM/,
    ],
    "kube-apiserver has a key that is not served": [
      () => api.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys: [KEY, OTHER] }]),
      "cluster keys",
      "warning",
      new RegExp(`^kube-apiserver accepts ${OTHER.kid}, which the issuer does not serve$`),
      /irsa keys publish --kubeconfig.*If you have retired it, this is correct/,
    ],
    "kube-apiserver signs for another issuer": [
      () =>
        api.answers.set(TOKEN_PATH, () => [201, { status: { token: tokenOf(KEY.kid, "https://old.example.com") } }]),
      "token issuer",
      "failed",
      /^kube-apiserver signs for https:\/\/old\.example\.com$/,
      /first in --service-account-issuer/,
    ],
    "kube-apiserver signs with a key that is not served": [
      () => api.answers.set(TOKEN_PATH, () => [201, { status: { token: tokenOf(OTHER.kid, issuer.url) } }]),
      "signing key",
      "failed",
      /is not served$/,
      /publish it/,
    ],
    "kube-controller-manager signs with a key that kube-apiserver does not accept": [
      () =>
        setSecrets(
          tokenSecret("good", SIGNER.privateKey, KEY.kid),
          tokenSecret("lost", CONTROLLER.privateKey, OTHER.kid),
        ),
      "legacy tokens",
      "failed",
      /^kube-apiserver accepts no key that signed the token of app\/lost$/,
      /kube-controller-manager's --service-account-private-key-file/,
    ],
    "the Secrets may not be listed": [
      () => api.answers.set("GET /api/v1/secrets", () => [403, { message: "forbidden" }]),
      "legacy tokens",
      "warning",
      /^not read: kube-apiserver refused \/api\/v1\/secrets\S*: HTTP 403, forbidden$/,
      /allow list on secrets/,
    ],
    "the audiences hazard": [
      () => api.answers.set(WHO_AM_I, () => [201, { status: { userInfo: {} } }]),
      "audiences",
      "failed",
      /^a token for AWS logs in to kube-apiserver$/,
      /remove sts\.amazonaws\.com from --api-audiences: with it, anyone who gets a Pod's AWS token can log in/,
    ],
    "no token may be made": [
      () => api.answers.set(TOKEN_PATH, () => [403, { message: "forbidden" }]),
      "token",
      "warning",
      /^not made: kube-apiserver refused .*forbidden$/,
      /allow create on serviceaccounts\/token/,
    ],
    "no policy and no webhook": [
      () => setPolicies(() => undefined),
      "policy",
      "failed",
      /^neither our policy nor pod-identity-webhook is installed$/,
      /irsa policy \| kubectl apply/,
    ],
    "a policy without its binding, and no webhook": [
      () => setPolicies(without("MutatingAdmissionPolicyBinding", "irsa.iam-authenticator")),
      "policy",
      "failed",
      /^irsa\.iam-authenticator has no binding: it changes no Pod$/,
      /irsa policy \| kubectl apply/,
    ],
    "a binding that belongs to another policy": [
      () =>
        setPolicies((object) =>
          object.kind === "MutatingAdmissionPolicyBinding" && object.metadata.name === "irsa.iam-authenticator"
            ? { ...object, spec: { ...object.spec, policyName: "other" } }
            : object,
        ),
      "policy",
      "failed",
      /has no binding: it changes no Pod$/,
      /irsa policy \| kubectl apply/,
    ],
    "no label policy": [
      () => setPolicies(without("MutatingAdmissionPolicy", "irsa-label.iam-authenticator")),
      "policy",
      "failed",
      /^irsa-label\.iam-authenticator is not installed: new ServiceAccounts do not get the label/,
      /irsa policy --label-policy \| kubectl apply/,
    ],
    "a label policy without its binding": [
      () => setPolicies(without("MutatingAdmissionPolicyBinding", "irsa-label.iam-authenticator")),
      "policy",
      "failed",
      /^irsa-label\.iam-authenticator has no binding: new ServiceAccounts do not get the label/,
      /irsa policy --label-policy \| kubectl apply/,
    ],
    "a validating policy without its binding": [
      () => setPolicies(without("ValidatingAdmissionPolicyBinding", "irsa.iam-authenticator")),
      "policy",
      "warning",
      /^the ValidatingAdmissionPolicy irsa\.iam-authenticator has no binding: Pods with invalid annotations are not rejected$/,
      /irsa policy \| kubectl apply/,
    ],
    "the policies may not be read": [
      () => {
        const path = `${ADMISSION}/v1/mutatingadmissionpolicies/irsa.iam-authenticator`;
        api.answers.set(path, () => [403, { message: "forbidden" }]);
      },
      "policy",
      "warning",
      /^not read: kube-apiserver refused .*mutatingadmissionpolicies\/irsa\.iam-authenticator: HTTP 403, forbidden$/,
      /allow list on admission policies/,
    ],
    "a ServiceAccount with a role but without the label": [
      () =>
        setAccounts(
          account("reader", { labels: LABEL, annotations: ROLE }),
          account("late", { labels: { "irsa.iam-authenticator/has-role": "" }, annotations: ROLE }),
        ),
      "labels",
      "failed",
      /^app\/late has a role but not the label irsa\.iam-authenticator\/has-role=true: its new Pods get no role$/,
      /^kubectl label serviceaccounts --all --all-namespaces --overwrite irsa\.iam-authenticator\/has-role=true$/,
    ],
    "during the upgrade, a ServiceAccount without the label": [
      () => {
        setPolicies((object) => (object.metadata.name === "irsa.iam-authenticator" ? selectAll(object) : object));
        setAccounts(account("reader", { annotations: ROLE }));
      },
      "labels",
      "warning",
      /^app\/reader .*: after step 4 of the installation, its new Pods get no role$/,
      /^kubectl label/,
    ],
    "a namespaceSelector that excludes a namespace with a role": [
      () => setPolicies(undefined, { exceptNamespaces: ["app"] }),
      "namespace",
      "warning",
      /^app: its ServiceAccounts with a role get none, because a namespaceSelector excludes it$/,
      /--except-namespace/,
    ],
    "a namespaceSelector of the binding": [
      () =>
        setPolicies((object) =>
          object.kind === "MutatingAdmissionPolicyBinding" && object.metadata.name === "irsa.iam-authenticator"
            ? {
                ...object,
                spec: { ...object.spec, matchResources: { namespaceSelector: { matchLabels: { irsa: "on" } } } },
              }
            : object,
        ),
      "namespace",
      "warning",
      /^app: its ServiceAccounts with a role get none/,
      /--except-namespace/,
    ],
    "the namespaces may not be listed": [
      () => api.answers.set("GET /api/v1/namespaces", () => [403, { message: "forbidden" }]),
      "namespace",
      "warning",
      /^not read: /,
      /allow list on namespaces/,
    ],
    "many ServiceAccounts, and a binding that selects all": [
      () => {
        setPolicies(selectAll);
        setAccounts(
          account("reader", { annotations: ROLE }),
          ...Array.from({ length: 600 }, (_, index) => account(`ci-${index}`)),
        );
      },
      "number",
      "warning",
      /^app: kube-apiserver evaluates the policy for 602 ServiceAccounts when a Pod is created there$/,
      /select ServiceAccounts by the label/,
    ],
    "many ServiceAccounts with a role": [
      () =>
        setAccounts(
          ...Array.from({ length: 600 }, (_, index) => account(`ci-${index}`, { labels: LABEL, annotations: ROLE })),
        ),
      "number",
      "warning",
      /^app: kube-apiserver evaluates the policy for 600 ServiceAccounts/,
      /move ServiceAccounts with a role to other namespaces/,
    ],
    "a Pod that was not mutated": [
      () => setPods(pod("good", "reader", "aws-iam-token"), pod("lost", "reader", "data")),
      "pod",
      "failed",
      /^app\/lost runs without its role$/,
      /kubectl rollout restart/,
    ],
    "the Pods may not be listed": [
      () => api.answers.set("GET /api/v1/pods", () => [403, { message: "forbidden" }]),
      "pods",
      "warning",
      /^not read: kube-apiserver refused \/api\/v1\/pods: HTTP 403, forbidden$/,
      /allow list on pods/,
    ],
    "kube-apiserver's keys may not be read": [
      () => api.answers.set(`GET ${JWKS_PATH}`, () => [403, { message: "forbidden" }]),
      "cluster",
      "failed",
      /HTTP 403, forbidden$/,
      /may read \/openid\/v1\/jwks/,
    ],
  };
  for (const [name, [breakIt, check, state, seen, advice]] of Object.entries(cases)) {
    test(name, async () => {
      breakIt();
      const { code, rows } = await withCluster();
      const bad = rows.filter((row) => row.state !== "ok");
      const [row] = bad;
      assert.equal(bad.length, 1, JSON.stringify(bad));
      assert.deepEqual([row?.check, row?.state], [check, state]);
      assert.match(row?.seen ?? "", seen);
      assert.match(row?.advice ?? "", advice);
      assert.equal(code, state === "failed" ? 1 : 0);
    });
  }
});

test("many ServiceAccounts without a role do not matter", async () => {
  const many = Array.from({ length: 600 }, (_, index) => account(`ci-${index}`));
  setAccounts(account("reader", { labels: LABEL, annotations: ROLE }), ...many);
  const { rows } = await withCluster();
  assert.deepEqual(
    rows.filter(({ state }) => state !== "ok"),
    [],
  );
});

test("an installation without the label needs no label", async () => {
  setPolicies(selectAll);
  setAccounts(account("reader", { annotations: ROLE }));
  const { rows } = await withCluster();
  assert.deepEqual(
    rows.flatMap(({ check, state }) => (["policy", "labels"].includes(check) ? [`${check}: ${state}`] : [])),
    ["policy: ok"],
  );
});

test("after step 1 of the installation, reports the labels and that no policy changes Pods", async () => {
  setPolicies((object) => (object.metadata.name === "irsa-label.iam-authenticator" ? object : undefined));
  const { rows } = await withCluster();
  assert.deepEqual(
    rows.flatMap(({ check, state }) => (["policy", "labels"].includes(check) ? [`${check}: ${state}`] : [])),
    ["policy: failed", "labels: ok"],
  );
});

test("the beta API is found", async () => {
  setPolicies(undefined, { mutatingApi: "v1beta1" });
  const { code, rows } = await withCluster();
  assert.equal(rows.find(({ check }) => check === "policy")?.seen, "irsa.iam-authenticator, v1beta1");
  assert.equal(code, 0);
});

test("shows at most 20 ServiceAccounts without the label", async () => {
  setAccounts(...Array.from({ length: 23 }, (_, index) => account(`late-${index}`, { annotations: ROLE })));
  const { rows } = await withCluster();
  const labels = rows.filter(({ check }) => check === "labels");
  assert.equal(labels.length, 21);
  assert.equal(labels.at(-1)?.seen, "and 3 more");
});

test("Pods in an excluded namespace are not reported one by one", async () => {
  setPolicies(undefined, { exceptNamespaces: ["app"] });
  setPods(pod("lost", "reader", "data"));
  const { rows } = await withCluster();
  assert.deepEqual(
    rows.filter(({ state }) => state !== "ok").map(({ check }) => check),
    ["namespace"],
  );
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
  assert.equal(
    rows.find(({ check }) => check === "legacy tokens")?.seen,
    `kube-apiserver accepts them as long as it has their keys: ${KEY.kid} signed app/old-release; ` +
      `${OTHER.kid} signed ${jobs} and 2 more`,
  );
});

test("a Secret whose token is not a JWT is reported as rejected", async () => {
  const texts = ["x", "a.b.c", "..", `${Buffer.from("[]").toString("base64url")}.b.c`];
  setSecrets(
    ...texts.map((text, index) => ({
      metadata: { name: `text-${index}`, namespace: "app" },
      data: { token: Buffer.from(text).toString("base64") },
    })),
  );
  const { code, rows } = await withCluster();
  assert.equal(code, 1);
  assert.match(rows.find(({ check }) => check === "legacy tokens")?.seen ?? "", /app\/text-0, .*app\/text-3$/);
});

test("Pods that are skipped, finished, without a role or in another namespace are not reported", async () => {
  setPods(
    pod("skipped", "reader", "data", { labels: { "eks.amazonaws.com/skip-pod-identity-webhook": "" } }),
    pod("ended", "reader", "data", { phase: "Succeeded" }),
    pod("plain", "plain", "data"),
    { ...pod("elsewhere", "reader", "data"), metadata: { name: "elsewhere", namespace: "other" } },
  );
  assert.equal((await withCluster()).code, 0);
});

test("it checks the Pods of all pages", async () => {
  let asked = 0;
  api.answers.set("GET /api/v1/pods", () => {
    asked += 1;
    const items = asked === 1 ? [pod("good", "reader", "aws-iam-token")] : [pod("lost", "reader", "data")];
    return [200, { items, metadata: asked === 1 ? { continue: "next" } : {} }];
  });
  const { rows } = await withCluster();
  assert.equal(rows.find(({ check }) => check === "pod")?.seen, "app/lost runs without its role");
});

test("upstream's webhook is accepted instead of the policy", async () => {
  setPolicies(() => undefined);
  const items = [{ metadata: { name: "pod-identity-webhook" } }];
  api.answers.set(`${ADMISSION}/v1/mutatingwebhookconfigurations`, () => [200, { items, metadata: {} }]);
  const { code, rows } = await withCluster();
  assert.equal(rows.find(({ check }) => check === "policy")?.seen, "the webhook pod-identity-webhook");
  assert.equal(code, 0);
});

test("an unreachable issuer is reported with the kind of failure", async () => {
  const { code, out } = await cli(["irsa", "doctor", "-c", "prod", "--issuer", issuer.url]);
  assert.equal(code, 1);
  assert.match(
    out,
    /^failed +discovery +no answer from https:\/\/127\.0\.0\.1:\d+\/\.well-known\/openid-configuration \(\w+\)/,
  );
});
