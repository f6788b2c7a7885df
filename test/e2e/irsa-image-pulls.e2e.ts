// examples/image-pulls: kubelet's code and the real ecr-credential-provider get a session of a
// service account's role through our issuer. Other Pods are pulled by the node's role, or, as
// configured, not at all. STS is local, and a stub of ECR verifies the signatures.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse, parseAllDocuments, stringify } from "yaml";
import { kubeconfigOf } from "../../cli/kube/kubeconfig.ts";
import {
  type LocalRequest,
  type LocalResponse,
  startHttpServer,
} from "../../local/aws/http-server.ts";
import { stsAnswers } from "../../local/aws/sts/sts.ts";
import { POD_ROLE_ARN, SERVICE_ACCOUNT } from "../../local/service-account.ts";
import { useFolder, useServer } from "../cli/fixtures.ts";
import { findEcrCredentialProvider } from "./binaries/binaries.ts";
import { findKubeletJudge } from "./binaries/judges.ts";
import { execute } from "./cluster/kubectl.ts";
import { exampleFile } from "./instructions.ts";
import { pod, serviceAccount, startIssuingCluster } from "./irsa/issuing-cluster.ts";
import { certifiedUser, type KubernetesObject } from "./kubernetes.ts";

const IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1";
const NODE = "node-1";
const ECR_ROLE = "eks.amazonaws.com/ecr-role-arn";

const cluster = useServer(startIssuingCluster);
/** The session of the node's role. */
const NODE_KEYS = {
  AWS_ACCESS_KEY_ID: "ASIALOCALNODEAAAAAAA",
  AWS_SECRET_ACCESS_KEY: "local/only/of-the-node",
};
/** The secret of each session that STS issued, by its access key. */
const sessions = new Map<string, string>();
/** Who has asked ECR: `node`, or `session` for one that STS issued. */
const pullers: string[] = [];
const sts = useServer(() => {
  const answer = stsAnswers({ identities: [], webIdentity: cluster.webIdentity });
  return startHttpServer(async (request) => {
    const response = await answer(request);
    const value = (name: string) =>
      new RegExp(`<${name}>(.*?)</${name}>`).exec(String(response.body))?.[1] ?? "";
    sessions.set(value("AccessKeyId"), value("SecretAccessKey"));
    return response;
  });
});
const ecr = useServer(() => startHttpServer(authorizationToken));

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html */
function authorizationToken(request: LocalRequest): LocalResponse {
  const headers = { "content-type": "application/x-amz-json-1.1" };
  const isCall =
    request.headers["x-amz-target"] ===
    "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
  if (!isCall || !isSignedBySession(request))
    return { status: 400, headers, body: '{"__type":"UnrecognizedClientException"}' };
  const authorizationToken = Buffer.from("AWS:of-the-registry").toString("base64");
  const expiresAt = Date.now() / 1000 + 43_200;
  return {
    status: 200,
    headers,
    body: JSON.stringify({ authorizationData: [{ authorizationToken, expiresAt }] }),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function isSignedBySession({ method, target, headers, body }: LocalRequest): boolean {
  const form =
    /Credential=(\w+)\/((\d{8})\/([\w-]+)\/ecr\/aws4_request), SignedHeaders=([\w;-]+), Signature=(\w+)$/;
  const [, key = "", scope = "", date = "", region = "", signed = "", signature] =
    form.exec(headers["authorization"] ?? "") ?? [];
  const isNode = key === NODE_KEYS.AWS_ACCESS_KEY_ID;
  const secret = isNode ? NODE_KEYS.AWS_SECRET_ACCESS_KEY : sessions.get(key);
  if (secret === undefined) return false;
  pullers.push(isNode ? "node" : "session");
  const lines = signed.split(";").map((name) => `${name}:${headers[name]?.trim()}\n`);
  const sha256 = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");
  const hmac = (secret: string | Buffer, text: string) =>
    createHmac("sha256", secret).update(text).digest();
  const request = [method, target, "", lines.join(""), signed, sha256(body)].join("\n");
  const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, sha256(request)].join("\n");
  const signing = [date, region, "ecr", "aws4_request"].reduce<string | Buffer>(
    hmac,
    `AWS4${secret}`,
  );
  return hmac(signing, text).toString("hex") === signature;
}

const CONFIG = exampleFile("image-pulls/credential-provider.yaml");
/** For nodes without a role. */
const STRICT = CONFIG.replace(
  "requireServiceAccount: false\n",
  "requireServiceAccount: true\n",
).replace("      optionalServiceAccount", "      requiredServiceAccount");

/**
 * The credentials that kubelet gets for the image of a Pod, and its log. `account`: empty for a
 * static Pod.
 */
async function pull(name: string, config = CONFIG, account: string = SERVICE_ACCOUNT.name) {
  const { kubernetes } = cluster;
  // Without the volume of our policy, since the image is pulled for the service account, not by the
  // Pod.
  const labels = { "eks.amazonaws.com/skip-pod-identity-webhook": "true" };
  const plain = pod(name);
  const made = await kubernetes.create({
    ...plain,
    metadata: { ...plain.metadata, labels },
    spec: { ...plain.spec, nodeName: NODE },
  });
  const { uid } = (made as { metadata: { uid: string } }).metadata;
  const { path: folder, write } = useFolder();
  symlinkSync(findEcrCredentialProvider(), join(folder, "ecr-credential-provider"));
  const { endpoint, credentials } = kubernetes;
  const kubeconfig = parse(
    kubeconfigOf(endpoint.url, endpoint.ca, certifiedUser(credentials.admin)),
  );
  Object.assign(kubeconfig.users[0].user, {
    as: `system:node:${NODE}`,
    "as-groups": ["system:nodes"],
  });
  const { namespace } = SERVICE_ACCOUNT;
  const files = [
    write("config.yaml", config),
    folder,
    write("node.kubeconfig", stringify(kubeconfig)),
  ];
  const { code, stdout, stderr } = await execute(
    findKubeletJudge(),
    [...files, IMAGE, namespace, name, uid, account],
    {
      env: {
        AWS_ENDPOINT_URL_STS: sts.url,
        AWS_ENDPOINT_URL_ECR: ecr.url,
        AWS_EC2_METADATA_DISABLED: "true",
        HOME: folder,
        ...NODE_KEYS,
      },
    },
  );
  return { code, found: code === 0 ? JSON.parse(stdout) : [], log: stderr };
}

async function annotate(annotations: Readonly<Record<string, string>>): Promise<void> {
  const { namespace, name } = SERVICE_ACCOUNT;
  const account = serviceAccount(namespace, name);
  const metadata = { ...account.metadata, annotations };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
  const { status, body } = await cluster.kubernetes.call("PUT", path, { ...account, metadata });
  assert.equal(status, 200, JSON.stringify(body));
}

const BY_REGISTRY = [{ username: "AWS", password: "of-the-registry" }];

test("a static Pod is pulled by the node's role", async () => {
  const { found, log } = await pull("static", CONFIG, "");
  assert.deepEqual(
    [found, pullers.splice(0), sts.requests.length],
    [BY_REGISTRY, ["node"], 0],
    log,
  );
  assert.deepEqual((await pull("static-strict", STRICT, "")).found, []);
  assert.deepEqual(pullers, []);
});

test("without the ClusterRole, no Pod with a service account is pulled", async () => {
  for (const annotations of [{}, { [ECR_ROLE]: POD_ROLE_ARN }]) {
    await annotate(annotations);
    const { found, log } = await pull(`without-rbac-${Object.keys(annotations).length}`);
    assert.deepEqual([found, sts.requests.length, pullers.length], [[], 0, 0]);
    assert.match(
      log,
      /forbidden: system:node:node-1 is not authorized to request tokens for audience/,
    );
  }
});

test("a Pod without the annotation is pulled by the node's role unless it is required", async () => {
  for (const document of parseAllDocuments(exampleFile("image-pulls/rbac.yaml"))) {
    await cluster.kubernetes.create(document.toJS() as KubernetesObject);
  }
  // The annotation of Pods is not read.
  await annotate({ "eks.amazonaws.com/role-arn": POD_ROLE_ARN });
  const { found, log } = await pull("without-annotation");
  assert.deepEqual(
    [found, pullers.splice(0), sts.requests.length],
    [BY_REGISTRY, ["node"], 0],
    log,
  );
  assert.deepEqual((await pull("strict-without-annotation", STRICT)).found, []);
  assert.deepEqual([pullers, sts.requests.length], [[], 0]);
});

test("with the annotation, ECR accepts the session of the service account's role", async () => {
  await annotate({ [ECR_ROLE]: POD_ROLE_ARN });
  const { found, log } = await pull("with-annotation");
  assert.deepEqual(found, BY_REGISTRY, log);
  const [exchange, ...others] = sts.requests.map(
    ({ body }) => new URLSearchParams(body.toString()),
  );
  assert.deepEqual([others.length, pullers.splice(0), sessions.size], [0, ["session"], 1]);
  assert.equal(exchange?.get("RoleArn"), POD_ROLE_ARN);
  const claims = JSON.parse(
    Buffer.from(exchange?.get("WebIdentityToken")?.split(".")[1] ?? "", "base64url").toString(),
  );
  assert.deepEqual(
    [claims.iss, claims.aud, claims.sub],
    [cluster.issuer.url, ["sts.amazonaws.com"], "system:serviceaccount:ci:deployer"],
  );
});

test("a role that does not trust the service account gets no credentials", async () => {
  await annotate({ [ECR_ROLE]: `${POD_ROLE_ARN}-of-others` });
  const { found, log } = await pull("of-others");
  assert.deepEqual([found, sessions.size <= 2, pullers], [[], true, []]);
  assert.match(log, /failed to assume role/);
});

test("kubelet rejects the configuration without a cacheType", async () => {
  const { code, log } = await pull("config", CONFIG.replace(/^ *cacheType.*\n/m, ""));
  assert.equal(code, 1);
  assert.match(log, /cacheType is required to be set when tokenAttributes is specified/);
});
