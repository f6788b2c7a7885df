// Roles for service accounts end to end: publishes a real kube-apiserver's keys, compares its documents with ours, sets a
// Pod's role by the policy, and exchanges a token bound to that Pod with AWS's clients.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { apiserverFlags } from "../../cli/irsa/flags.ts";
import { kubeconfigOf } from "../../cli/kubeconfig/webhook.ts";
import { DISCOVERY_PATH, JWKS_PATH } from "../../functions/issuer/documents.ts";
import type { LocalServer } from "../../local/http-server.ts";
import { type LocalIssuer, startIssuer } from "../../local/issuer.ts";
import { type MemoryStore, startParameterStore } from "../../local/parameter-store/parameter-store.ts";
import { roleArn, serviceAccountRole } from "../../local/roles.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { cli, useLocalAws } from "../cli/cli.ts";
import { post } from "../post.ts";
import { findAwsCli } from "./aws-cli.ts";
import { callApi, whoIs } from "./control-plane/api.ts";
import { eventually } from "./control-plane/eventually.ts";
import { type Kubernetes, type KubernetesObject, startKubernetes } from "./irsa/api.ts";
import { installPolicies } from "./irsa/install-policies.ts";

const REGION = "us-east-1";
const ACCOUNT = "111122223333";
const ROLE = { name: "Reader", account: ACCOUNT };
const ROLE_ARN = roleArn(ROLE);
const AUDIENCE = "sts.amazonaws.com";

const folder = mkdtempSync(join(tmpdir(), "irsa-e2e-"));
let store: MemoryStore;
let issuer: LocalIssuer;
let sts: LocalServer;
let kubernetes: Kubernetes;
let admin: string;

before(async () => {
  store = await startParameterStore({ region: REGION, parameters: { "/iam-authenticator/prod/callers": "[]" } });
  const logFile = join(folder, "issuer.log");
  issuer = await startIssuer({ clusterId: "prod", region: REGION, storeUrl: store.url, logFile });
  const provider = { issuer: issuer.url, account: ACCOUNT, audiences: [AUDIENCE] };
  const role = { ...ROLE, roleId: "AROALOCALREADERAAAAAA", namespace: "app", serviceAccount: "reader" };
  sts = await startSts({
    webIdentity: { providers: [provider], roles: [serviceAccountRole(provider, role)], ca: issuer.ca },
  });
  // There is no IAM: doctor reports that it could not read it.
  const unreachable = "http://127.0.0.1:9";
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url, AWS_ENDPOINT_URL_STS: sts.url, AWS_ENDPOINT_URL_IAM: unreachable });
  kubernetes = await start([]);
  // kube-controller-manager, which creates it, does not run here.
  await kubernetes.create({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace: "default" },
  });
  admin = kubeconfigFile(kubernetes, "admin.conf");
});
after(async () => {
  await kubernetes.stop();
  await issuer.close();
  await Promise.all([sts.close(), store.close()]);
  rmSync(folder, { recursive: true });
});

/** With the flags that the command prints; the first is the issuer. */
function start(flags: readonly string[]): Promise<Kubernetes> {
  const [, ...printed] = apiserverFlags({ issuer: issuer.url, for: "1.37" });
  return startKubernetes({ issuer: issuer.url, flags: [...printed, ...flags] });
}

function kubeconfigFile({ endpoint, credentials }: Kubernetes, name: string): string {
  const { cert, key } = credentials.admin;
  const data = (text: string) => Buffer.from(text).toString("base64");
  const user = { "client-certificate-data": data(cert), "client-key-data": data(key) };
  const file = join(folder, name);
  writeFileSync(file, kubeconfigOf(endpoint.url, endpoint.ca, user));
  return file;
}

interface Row {
  readonly check: string;
  readonly state: string;
  readonly seen: string;
}

async function doctor(kubeconfig: string): Promise<Map<string, Row>> {
  const ca = join(folder, "issuer-ca.crt");
  writeFileSync(ca, issuer.ca);
  const words = ["-c", "prod", "--issuer", issuer.url, "--ca", ca, "--kubeconfig", kubeconfig, "-o", "json"];
  const { out, err } = await cli(["irsa", "doctor", ...words]);
  assert.notEqual(out, "", err);
  return new Map((JSON.parse(out) as Row[]).map((row) => [row.check, row]));
}

async function published(path: string): Promise<unknown> {
  const { status, body } = await callApi({ url: issuer.url, ca: issuer.ca }, { token: "none" }, "GET", path);
  assert.equal(status, 200, JSON.stringify(body));
  return Buffer.isBuffer(body) || typeof body !== "string" ? body : JSON.parse(body);
}

async function own(path: string): Promise<unknown> {
  const { status, body } = await kubernetes.call("GET", path);
  assert.equal(status, 200);
  return typeof body === "string" ? JSON.parse(body) : body;
}

async function requestToken(audience: string, account: string, pod?: { name: string; uid: string }): Promise<string> {
  const path = `/api/v1/namespaces/app/serviceaccounts/${account}/token`;
  const boundObjectRef = pod && { apiVersion: "v1", kind: "Pod", ...pod };
  const spec = { audiences: [audience], expirationSeconds: 3600, boundObjectRef };
  const { status, body } = await kubernetes.call("POST", path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return (body as { status: { token: string } }).status.token;
}

test("doctor reports that no key is published", async () => {
  const rows = await doctor(admin);
  assert.match(rows.get("discovery")?.seen ?? "", /^HTTP 500, no key below \/iam-authenticator\/prod\/issuer/);
});

test("the keys of the running kube-apiserver are published with its kids", async () => {
  const { code, err } = await cli(["irsa", "keys", "publish", "-c", "prod", "--kubeconfig", admin, "--yes"]);
  assert.equal(code, 0, err);
  issuer.redeploy();
  const [ours, theirs] = [await published(JWKS_PATH), await own(JWKS_PATH)];
  assert.ok((theirs as { keys: unknown[] }).keys.length > 0);
  assert.deepEqual(ours, theirs);
});

test("the discovery document equals kube-apiserver's, including the order of members", async () => {
  const [ours, theirs] = [await published(DISCOVERY_PATH), await own(DISCOVERY_PATH)];
  assert.equal(JSON.stringify(ours), JSON.stringify(theirs));
});

test("kube-apiserver lets caches keep its documents for an hour, and the issuer for a minute", async () => {
  const { endpoint, credentials } = kubernetes;
  for (const path of [DISCOVERY_PATH, JWKS_PATH]) {
    const headers = { accept: "*/*" };
    const theirs = await post(`${endpoint.url}${path}`, {
      method: "GET",
      headers,
      tls: { ca: endpoint.ca, ...credentials.admin },
    });
    const ours = await post(`${issuer.url}${path}`, { method: "GET", headers, tls: { ca: issuer.ca } });
    assert.deepEqual(
      [theirs, ours].map((answer) => [answer.status, answer.headers["cache-control"]]),
      [
        [200, "public, max-age=3600"],
        [200, "public, max-age=60"],
      ],
    );
    assert.equal(ours.headers["content-type"], theirs.headers["content-type"]);
  }
});

test("another kube-apiserver that trusts the issuer accepts the first one's tokens", async () => {
  const config = join(folder, "authentication.yaml");
  const jwt = {
    issuer: { url: issuer.url, audiences: ["another-cluster"], certificateAuthority: issuer.ca },
    claimMappings: { username: { claim: "sub", prefix: "first:" } },
  };
  writeFileSync(
    config,
    JSON.stringify({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt: [jwt] }),
  );
  await kubernetes.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } });
  for (const name of ["reader", "other"]) await kubernetes.create(serviceAccount(name));
  const second = await startKubernetes({ flags: [`--authentication-config=${config}`] });
  try {
    const token = await requestToken("another-cluster", "reader");
    const user = await eventually("the issuer's keys are known", 30_000, () => whoIs(second.endpoint, token));
    assert.equal(user.username, "first:system:serviceaccount:app:reader");
    assert.equal(await whoIs(second.endpoint, await requestToken(AUDIENCE, "reader")), undefined);
  } finally {
    await second.stop();
  }
});

function serviceAccount(name: string): KubernetesObject {
  const metadata = { name, namespace: "app", annotations: { "eks.amazonaws.com/role-arn": ROLE_ARN } };
  return { apiVersion: "v1", kind: "ServiceAccount", metadata };
}

interface MadePod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: {
    readonly volumes: readonly { readonly name: string }[];
    readonly containers: readonly [{ readonly env?: readonly { readonly name: string; readonly value: string }[] }];
  };
}

function pod(name: string, serviceAccountName: string): KubernetesObject {
  const containers = [{ name: "main", image: "example.com/image" }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "app" },
    spec: { serviceAccountName, containers },
  } as KubernetesObject;
}

/** The Pod's environment with another path of kubelet's file, and no other AWS settings. */
function environmentOf({ spec }: MadePod, token: string): Record<string, string> {
  const file = join(folder, `token-${Math.random()}`);
  writeFileSync(file, token);
  const variables = (spec.containers[0].env ?? []).map(({ name, value }) => [name, value]);
  const environment: Record<string, string> = Object.fromEntries(variables);
  assert.equal(environment["AWS_ROLE_ARN"], ROLE_ARN);
  assert.equal(environment["AWS_WEB_IDENTITY_TOKEN_FILE"], "/var/run/secrets/eks.amazonaws.com/serviceaccount/token");
  return {
    ...environment,
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
  };
}

const run = promisify(execFile);
const CLIENTS = {
  "the AWS CLI": async (env: Record<string, string>) => {
    const { stdout } = await run(findAwsCli(), ["sts", "get-caller-identity", "--output", "json"], { env });
    return JSON.parse(stdout).Arn as string;
  },
  "the SDK for JavaScript": async (env: Record<string, string>) => {
    const script = `import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
console.log((await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn);`;
    const cwd = join(import.meta.dirname, "..", "..");
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { env, cwd });
    return stdout.trim();
  },
};

let made: MadePod;

test("a Pod of an annotated service account gets its role by the policy", async () => {
  // The AWS CLI needs a region and reads only AWS_DEFAULT_REGION.
  await installPolicies(kubernetes, { audience: AUDIENCE, region: REGION });
  await eventually("the policy is in force", 30_000, async () => {
    const { spec } = (await kubernetes.create(pod("canary", "reader"), "?dryRun=All")) as MadePod;
    return spec.volumes.some(({ name }) => name === "aws-iam-token") || undefined;
  });
  made = (await kubernetes.create(pod("reader", "reader"))) as MadePod;
});

for (const [name, identity] of Object.entries(CLIENTS)) {
  test(`${name} gets the role's credentials with the Pod's environment and a token bound to the Pod`, async () => {
    const { name: podName, uid } = made.metadata;
    const token = await requestToken(AUDIENCE, "reader", { name: podName, uid });
    const arn = await identity(environmentOf(made, token));
    assert.match(arn, new RegExp(`^arn:aws:sts::${ACCOUNT}:assumed-role/Reader/`));
  });
}

test("STS refuses another audience, another service account and a changed signature", async () => {
  const good = await requestToken(AUDIENCE, "reader");
  const [header = "", claims = "", signature = ""] = good.split(".");
  const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
  const cases = {
    audience: await requestToken("another-cluster", "reader"),
    account: await requestToken(AUDIENCE, "other"),
    signature: [header, claims, `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`].join("."),
    "alg none": `${none}.${claims}.`,
  };
  for (const [what, token] of Object.entries(cases)) {
    await assert.rejects(
      CLIENTS["the SDK for JavaScript"](environmentOf(made, token)),
      /InvalidIdentityToken|AccessDenied/,
      what,
    );
  }
  assert.match(await CLIENTS["the SDK for JavaScript"](environmentOf(made, good)), /assumed-role\/Reader/);
});

test("doctor finds no problems except the missing IAM", async () => {
  const rows = await doctor(admin);
  const states = [...rows].map(([check, { state }]) => `${check}: ${state}`);
  assert.deepEqual(states, [
    "discovery: ok",
    "jwks: ok",
    "keys: ok",
    "provider: warning",
    "cluster keys: ok",
    "token issuer: ok",
    "signing key: ok",
    "audiences: ok",
    "legacy tokens: ok",
    "policy: ok",
    "labels: ok",
    "accounts: ok",
  ]);
});

test("doctor finds a Pod that was created before its service account had the role", async () => {
  const late = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "late", namespace: "app" } };
  await kubernetes.create(late);
  await kubernetes.create(pod("lost", "late"));
  const patched = { ...serviceAccount("late") };
  const { status } = await kubernetes.call("PUT", "/api/v1/namespaces/app/serviceaccounts/late", patched);
  assert.equal(status, 200);
  assert.equal((await doctor(admin)).get("pod")?.seen, "app/lost runs without its role");
});

test("doctor reports a kube-apiserver that accepts tokens for AWS as logins", async () => {
  const audiences = `--api-audiences=${issuer.url},${AUDIENCE}`;
  const hazardous = await start([audiences]);
  try {
    const kubeconfig = kubeconfigFile(hazardous, "hazardous.conf");
    const metadata = { name: "default", namespace: "default" };
    await hazardous.create({ apiVersion: "v1", kind: "ServiceAccount", metadata });
    const row = (await doctor(kubeconfig)).get("audiences");
    assert.deepEqual([row?.state, row?.seen], ["failed", "a token for AWS logs in to kube-apiserver"]);
  } finally {
    await hazardous.stop();
  }
});
