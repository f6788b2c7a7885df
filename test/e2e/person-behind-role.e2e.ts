// The person behind a shared role, with a real kube-apiserver: alice's name by `kubeconfig client
// --role`, a trust policy that demands it, her denial, and her requests that are open before it: a
// watch, exec, attach and port-forward.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { kubeconfigOf } from "../../cli/kube/kubeconfig.ts";
import { ServiceError, startHttpServer } from "../../local/aws/http-server.ts";
import { readForm, renderError, renderResult } from "../../local/aws/protocols.ts";
import { stsAnswers } from "../../local/aws/sts/sts.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { mintToken } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { isolatedVariables, keyVariables } from "../aws-variables.ts";
import { cli, useLocalAws } from "../cli/cli.ts";
import { prepare, useFolder, useServer } from "../cli/fixtures.ts";
import { LOCAL_IDENTITIES, localIdentity, OPERATOR } from "../local-aws.ts";
import { findControlPlane, findKubectl } from "./binaries/binaries.ts";
import { sandboxMappings, startBackend } from "./cluster/backend.ts";
import { OWN_COMMAND } from "./cluster/exec-plugins.ts";
import { execute } from "./cluster/kubectl.ts";
import { whoIs } from "./control-plane/api.ts";
import { eventually } from "./control-plane/process.ts";
import { exampleFile } from "./instructions.ts";
import { startKubernetes } from "./kubernetes.ts";

const ROLE = "arn:aws:iam::111122223333:role/Developers";
const SESSION = "arn:aws:sts::111122223333:assumed-role/Developers/alice";
const { path: folder } = useFolder();

/** Sessions of the role that the local STS can issue, by name. */
const SESSIONS = ["alice", "EKSGetTokenAuth"].map((name, index) => {
  const accessKeyId = `ASIALOCALSHARED${"AB"[index]}AAAA`;
  const arn = SESSION.replace(/alice$/, name);
  const userId = `AROALOCALDEVELOPERSAA:${name}`;
  return { ...localIdentity("bob"), name, accessKeyId, arn, userId, sessionToken: `Local/${name}` };
});
const identities = [...LOCAL_IDENTITIES, OPERATOR, ...SESSIONS];

/** The trust policy demands `sts:RoleSessionName` equal to `${aws:username}`. */
const sts = useServer(() => {
  const answers = stsAnswers({ identities });
  return startHttpServer((asked) => {
    const form = readForm(asked);
    if (form.get("Action") !== "AssumeRole") return answers(asked);
    const session = SESSIONS.find(({ name }) => name === form.get("RoleSessionName"));
    const isOwn = asked.headers["authorization"]?.includes(
      `Credential=${localIdentity("alice").accessKeyId}/`,
    );
    const denied = new ServiceError(
      "AccessDenied",
      `not authorized to perform: sts:AssumeRole on ${ROLE}`,
      403,
    );
    if (session?.name !== "alice" || !isOwn) return renderError("iam", denied);
    const {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    } = session;
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    return renderResult("iam", "AssumeRole", {
      Credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration },
    });
  });
});

const backend = useServer(() =>
  startBackend({ folder, parameters: sandboxMappings(), identities }),
);

const { etcd, apiserver } = findControlPlane();
const kubectl = findKubectl();
const cluster = useServer(() => {
  const configFile = join(folder, "webhook.kubeconfig");
  const { url, authority, callerToken } = backend;
  writeFileSync(configFile, kubeconfigOf(url, authority.ca, { token: callerToken }));
  const webhook = { configFile, version: "v1", cacheTtl: "1s" } as const;
  return startKubernetes({ programs: { etcd, apiserver }, webhook });
});

/**
 * Answers each upgrade, and echoes what it gets. It speaks no SPDY: kube-apiserver copies the
 * bytes.
 */
const kubelet = useServer(async () => {
  const { cert, key } = createCertificateAuthority().server();
  const server = createServer({ cert, key });
  const open = new Set<Socket>();
  server.on("upgrade", ({ headers }, socket) => {
    open.add(socket as Socket);
    const head = [
      "HTTP/1.1 101 Switching Protocols",
      "Connection: Upgrade",
      `Upgrade: ${headers.upgrade}`,
    ];
    socket.write(
      [...head, `X-Stream-Protocol-Version: ${headers["x-stream-protocol-version"]}`, "", ""].join(
        "\r\n",
      ),
    );
    socket.on("error", () => {}).pipe(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
});

/** alice's environment: an IAM user who may assume the role. The command is installed. */
let environment: Record<string, string>;
let kubeconfig: string;
prepare(async () => {
  const programs = join(folder, "programs");
  mkdirSync(programs);
  const shim = `#!/bin/sh\nexec "${process.execPath}" "${OWN_COMMAND}" "$@"\n`;
  writeFileSync(join(programs, "iam-authenticator"), shim, { mode: 0o755 });
  symlinkSync(kubectl, join(programs, "kubectl"));
  environment = {
    PATH: [programs, process.env["PATH"]].join(delimiter),
    HOME: folder,
    ...isolatedVariables(localIdentity("alice")),
    AWS_ENDPOINT_URL_STS: sts.url,
  };
  kubeconfig = join(folder, "alice.kubeconfig");
  const { url, ca } = cluster.endpoint;
  writeFileSync(join(folder, "ca.crt"), ca);
  const words = [
    "kubeconfig",
    "client",
    "-c",
    CLUSTER_ID,
    "--server",
    url,
    "--ca",
    join(folder, "ca.crt"),
  ];
  const { code, stderr } = await asAlice("iam-authenticator", [
    ...[...words, "--region", REGION, "--role", ROLE],
    ...["--out", kubeconfig],
  ]);
  assert.equal(code, 0, stderr);
  await cluster.create({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "developers" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "developers" }],
  });
});

const asAlice = (program: string, words: readonly string[], more = {}) =>
  execute(program === "kubectl" ? kubectl : join(folder, "programs", program), words, {
    env: { ...environment, ...more },
  });

async function whoami(more = {}): Promise<string> {
  const words = [
    "--kubeconfig",
    kubeconfig,
    "auth",
    "whoami",
    "-o",
    "jsonpath={.status.userInfo.username}",
  ];
  const { code, stdout, stderr } = await asAlice("kubectl", words, more);
  return code === 0 ? stdout : stderr;
}

/**
 * Runs the operator's command. A new execution environment of the function has no memory of earlier
 * mappings.
 */
async function operate(words: readonly string[]): Promise<string> {
  useLocalAws({
    AWS_ENDPOINT_URL_SSM: backend.store.url,
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL_STS: sts.url,
  });
  const { code, out, err } = await cli([...words, "-c", CLUSTER_ID, "--yes"]);
  assert.equal(code, 0, err);
  backend.redeploy();
  return out + err;
}

test("the IAM user alice, by --role, has her own name in kubectl auth whoami", async () => {
  assert.equal(await whoami(), "dev:alice");
});

test("kubectl's allow list has only aws, and without the comment our command", async () => {
  const example = exampleFile("other-tools/kuberc.yaml");
  const only = join(folder, "kuberc-aws");
  writeFileSync(only, example);
  assert.match(
    await whoami({ KUBERC: only }),
    /is not permitted by the credential plugin allowlist/,
  );
  const both = join(folder, "kuberc-both");
  writeFileSync(both, example.replace("# - name", "- name"));
  assert.equal(await whoami({ KUBERC: both }), "dev:alice");
});

test("a trust policy that demands the user's own name refuses another session name", async () => {
  const words = ["token", "-c", CLUSTER_ID, "--region", REGION, "--role", ROLE];
  for (const name of ["EKSGetTokenAuth", "bob"]) {
    const { code, stderr } = await asAlice("iam-authenticator", [...words, "--session-name", name]);
    assert.equal(code, 3);
    assert.match(stderr, /not authorized to perform: sts:AssumeRole/);
  }
  // Another user cannot take her name.
  const other = await asAlice(
    "iam-authenticator",
    [...words, "--session-name", "alice"],
    keyVariables(OPERATOR),
  );
  assert.match(other.stderr, /not authorized to perform: sts:AssumeRole/);
});

test("the name alice denies her behind the role, and no other person", async () => {
  const isDenied = async () => /^error: You must be logged in to the server/.test(await whoami());
  const bob = await mintToken({
    identity: localIdentity("bob"),
    clusterId: CLUSTER_ID,
    region: REGION,
  });
  const list = `/iam-authenticator/${CLUSTER_ID}/deny/any`;
  for (const deny of [
    () => operate(["mappings", "deny", "alice"]),
    async () => {
      backend.store.put(list, JSON.stringify([{ name: "ALICE" }]));
      backend.redeploy();
    },
  ]) {
    assert.equal(await whoami(), "dev:alice");
    await deny();
    // kube-apiserver remembers a token for 10 s, and tokens of one second are equal.
    await eventually("kube-apiserver asks again", 15_000, isDenied);
    assert.equal((await whoIs(cluster.endpoint, bob))?.username, "dev:bob-example.com");
    await operate(["mappings", "allow", "alice", "--allow-weakening"]);
  }
  assert.equal(await whoami(), "dev:alice");
});

const POD = { apiVersion: "v1", kind: "Pod", metadata: { name: "web", namespace: "default" } };

/** The pod runs on the node of the fake kubelet. */
async function createPod(): Promise<void> {
  await cluster.create({ apiVersion: "v1", kind: "Node", metadata: { name: "node-1" } });
  const status = {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
  };
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" }, status };
  const patched = await cluster.call("GET", "/api/v1/nodes/node-1");
  const { metadata } = patched.body as { metadata: object };
  const updated = await cluster.call("PUT", "/api/v1/nodes/node-1/status", { ...node, metadata });
  assert.equal(updated.status, 200, JSON.stringify(updated.body));
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace: "default" },
  };
  await cluster.create(account);
  const spec = {
    nodeName: "node-1",
    automountServiceAccountToken: false,
    containers: [{ name: "web", image: "web", stdin: true }],
  };
  await cluster.create({ ...POD, spec });
}

async function token(): Promise<string> {
  const words = [
    "token",
    "-c",
    CLUSTER_ID,
    "--region",
    REGION,
    "--role",
    ROLE,
    "--forward-session-name",
    "--token-only",
  ];
  return (await asAlice("iam-authenticator", words)).stdout.trim();
}

/**
 * Opens an upgraded request of the Pod. Returns the status of a refusal, or a function that sends a
 * text and gets the echo.
 */
async function openStream(path: string, bearer: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; socket?: Socket }>();
  const { url, ca } = cluster.endpoint;
  request(`${url}/api/v1/namespaces/default/pods/web/${path}`, {
    method: "POST",
    ca,
    headers: {
      authorization: `Bearer ${bearer}`,
      connection: "Upgrade",
      upgrade: "SPDY/3.1",
      "x-stream-protocol-version": path.startsWith("portforward")
        ? "portforward.k8s.io"
        : "v4.channel.k8s.io",
    },
  })
    .on("upgrade", ({ statusCode = 0 }, socket) =>
      resolve({ status: statusCode, socket: socket as Socket }),
    )
    .on("response", (response) => resolve({ status: response.resume().statusCode ?? 0 }))
    .on("error", reject)
    .end();
  const { status, socket } = await promise;
  if (socket !== undefined) after(() => socket.destroy());
  return {
    status,
    ended: () => once(socket ?? assert.fail(), "close", { signal: AbortSignal.timeout(30_000) }),
    async echo(text: string): Promise<string> {
      socket?.write(text);
      const [data = ""] = await once(socket ?? assert.fail(`refused with ${status}`), "data");
      return String(data);
    },
  };
}

const STREAMS = {
  exec: "exec?command=sh&stdin=true&stdout=true",
  attach: "attach?stdin=true&stdout=true",
  "port-forward": "portforward",
};

const create = (name: string) =>
  cluster.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" } });

test("a denial refuses new requests; a watch, exec, attach and port-forward that are open go on", async (t) => {
  await createPod();
  const watch = spawn(
    kubectl,
    ["--kubeconfig", kubeconfig, "get", "configmaps", "--watch", "-o", "name"],
    {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  t.after(() => watch.kill());
  let seen = "";
  watch.stdout.on("data", (data) => {
    seen += data;
  });
  await create("before");
  await eventually("the watch shows an object", 30_000, () => seen.includes("configmap/before"));
  const bearer = await token();
  const streams = new Map<string, Awaited<ReturnType<typeof openStream>>>();
  for (const [name, path] of Object.entries(STREAMS)) {
    const stream = await openStream(path, bearer);
    assert.equal(stream.status, 101, name);
    assert.equal(await stream.echo("before"), "before");
    streams.set(name, stream);
  }

  const said = await operate(["mappings", "deny", SESSION]);
  assert.match(said, /Access ends by/);
  await eventually(
    "kube-apiserver asks again",
    10_000,
    async () => (await whoami()) !== "dev:alice",
  );
  assert.match(await whoami(), /^error: You must be logged in to the server/);
  for (const [name, path] of Object.entries(STREAMS)) {
    const isDenied = async () => (await openStream(path, bearer)).status === 401;
    // Beside the webhook's cache, kube-apiserver remembers each token for 10 s.
    await eventually(`a new ${name} with the old token is refused`, 15_000, isDenied);
    assert.equal((await openStream(path, await token())).status, 401, name);
  }

  await create("afterwards");
  await eventually("the open watch shows a new object", 10_000, () =>
    seen.includes("configmap/afterwards"),
  );
  for (const [name, stream] of streams)
    assert.equal(await stream.echo("afterwards"), "afterwards", name);

  // What ends them: kube-apiserver's end.
  const ends = [...streams].map(([name, stream]) => [name, stream.ended()] as const);
  await cluster.endpoint.stop();
  for (const [name, end] of ends)
    await end.catch((error: Error) => assert.fail(`${name}: ${error.message}`));
  if (watch.exitCode === null) await once(watch, "exit", { signal: AbortSignal.timeout(30_000) });
});
