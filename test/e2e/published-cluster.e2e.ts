// What a user with a new laptop types until `kubectl auth whoami`, with two clusters that an
// administrator has published, and two real kube-apiservers: a new CA, an entry of another program,
// an administrator without the permission, and a published server that collects tokens.

import assert from "node:assert/strict";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { kubeconfigOf } from "../../cli/kube/kubeconfig.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { isolatedVariables, keyVariables } from "../aws-variables.ts";
import { type CliOptions, cli, useLocalAws } from "../cli/cli.ts";
import { forbidden } from "../cli/commands/mappings/forbidden.ts";
import { prepare, useServer } from "../cli/fixtures.ts";
import { localIdentity, OPERATOR } from "../local-aws.ts";
import { settingsOf } from "../stored-settings.ts";
import { findAwsCli } from "./aws-cli.ts";
import { findKubectl } from "./binaries/binaries.ts";
import { type Backend, MAPPING_PREFIX, sandboxMappings, startBackend } from "./cluster/backend.ts";
import { OWN_COMMAND } from "./cluster/exec-plugins.ts";
import { execute } from "./cluster/kubectl.ts";
import { whoIs } from "./control-plane/api.ts";
import { createFolder, type Kubernetes, removeFolder, startKubernetes } from "./kubernetes.ts";

const OTHER = "staging";
const PARAMETER = `${MAPPING_PREFIX}/cluster/${CLUSTER_ID}`;
const folder = createFolder();
after(() => removeFolder(folder));
const newFolder = (name: string) => mkdtempSync(join(folder, `${name}-`));

const backend = useServer(() =>
  startBackend({
    folder: newFolder("backend"),
    parameters: { ...sandboxMappings(), ...settingsOf(CLUSTER_ID) },
  }),
);
/** The second cluster's function, with its parameters in the same account. */
const otherBackend = useServer(async () => {
  const { store, callerToken, authority } = backend;
  for (const [name, value] of Object.entries({ ...sandboxMappings(), ...settingsOf(OTHER) }))
    store.put(name.replace(MAPPING_PREFIX, `/iam-authenticator/${OTHER}`), value);
  const callers = store.value(`${MAPPING_PREFIX}/callers`) ?? assert.fail();
  store.put(`/iam-authenticator/${OTHER}/callers`, callers);
  return startBackend({
    folder: newFolder("other-backend"),
    parameters: {},
    beside: { callerToken, authority },
    settings: { CLUSTER_ID: OTHER, AWS_ENDPOINT_URL_SSM: store.url },
  });
});

function controlPlane(
  { url, authority, callerToken }: Backend,
  port?: number,
): Promise<Kubernetes> {
  const configFile = join(newFolder("webhook"), "webhook.kubeconfig");
  writeFileSync(configFile, kubeconfigOf(url, authority.ca, { token: callerToken }));
  return startKubernetes({ webhook: { configFile, version: "v1", cacheTtl: "1s" }, port });
}

let cluster: Kubernetes;
let other: Kubernetes;
let programs: string;
prepare(async () => {
  other = await controlPlane(otherBackend);
  after(() => other.stop());
  cluster = await controlPlane(backend);
  after(() => cluster.stop());
  programs = newFolder("programs");
  const own = `#!/bin/sh\nexec "${process.execPath}" "${OWN_COMMAND}" "$@"\n`;
  writeFileSync(join(programs, "iam-authenticator"), own, { mode: 0o755 });
  const aws = `#!/bin/sh\nPATH=\${PATH#*:}\nexec "${findAwsCli()}" "$@"\n`;
  writeFileSync(join(programs, "aws"), aws, { mode: 0o755 });
  symlinkSync(findKubectl(), join(programs, "kubectl"));
  await publish(CLUSTER_ID, cluster);
  await publish(OTHER, other);
});

const services = () => ({
  AWS_REGION: REGION,
  AWS_ENDPOINT_URL_SSM: backend.store.url,
});

/** As an administrator types it, with the answers to the questions. */
function publishing(
  id: string,
  { url, ca }: { readonly url: string; readonly ca: string },
  answers = "y\ny\n",
) {
  const file = join(newFolder("ca"), "ca.crt");
  writeFileSync(file, ca);
  useLocalAws({ ...services(), ...keyVariables(OPERATOR) });
  return cli(["kubeconfig", "client", "-c", id, "--server", url, "--ca", file, "--publish"], {
    interactive: true,
    input: answers,
  });
}
async function publish(id: string, { endpoint }: Kubernetes) {
  const { code, err } = await publishing(id, endpoint);
  assert.equal(code, 0, err);
}

/** The home folder of a new laptop: without a kubeconfig. */
let home: string;
beforeEach(() => {
  home = newFolder("home");
});

/** Types the lines into a shell of alice. Returns the output of the last. */
async function types(...lines: string[]) {
  const env = {
    PATH: [programs, process.env["PATH"]].join(delimiter),
    HOME: home,
    ...isolatedVariables(localIdentity("alice")),
    ...services(),
  };
  return execute("bash", ["--norc", "-euo", "pipefail", "-c", lines.join("\n")], {
    env,
    cwd: home,
  });
}

/** The same, at a terminal with answers. */
function answers(words: string, input: string) {
  useLocalAws({ ...services(), ...keyVariables(localIdentity("alice")) });
  const options: CliOptions = { interactive: true, input, environment: { HOME: home } };
  return cli(`kubeconfig client ${words}`, options);
}

const WHOAMI = "kubectl auth whoami -o jsonpath={.status.userInfo.username}";

async function logsIn(...lines: string[]): Promise<void> {
  const { code, stdout, stderr } = await types(...lines);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /alice$/);
}

for (const [exec, option] of [
  ["aws", ""],
  ["iam-authenticator", " --exec iam-authenticator"],
] as const) {
  test(`a new laptop: one line for the cluster, and kubectl logs in with ${exec}`, async () => {
    await logsIn(`iam-authenticator kubeconfig client -c ${CLUSTER_ID} --merge${option}`, WHOAMI);
  });
}

test("a new laptop with the configuration file: one line for both clusters", async () => {
  const config = join(home, ".config", "iam-authenticator");
  mkdirSync(config, { recursive: true });
  const contexts = { [CLUSTER_ID]: { region: REGION }, [OTHER]: { region: REGION } };
  writeFileSync(join(config, "config.yaml"), JSON.stringify({ contexts }));
  await logsIn("iam-authenticator kubeconfig client --all --merge", WHOAMI);
  const names = await types("kubectl config get-contexts -o name");
  assert.equal(names.stdout, `${CLUSTER_ID}\n${OTHER}\n`);
  for (const name of [CLUSTER_ID, OTHER]) {
    await logsIn(`kubectl config use-context ${name} > ${home}/out`, WHOAMI);
    const { stdout } = await types(
      "kubectl config view --minify -o jsonpath={.clusters[0].cluster.server}",
    );
    assert.equal(stdout, (name === OTHER ? other : cluster).endpoint.url);
  }
});

test("an entry of another program with the name of a cluster stays", async () => {
  const kubeconfig = join(home, ".kube", "config");
  mkdirSync(join(home, ".kube"));
  const foreign =
    "apiVersion: v1\nkind: Config\nclusters:\n- {name: local, cluster: {server: 'https://kind.example'}}\n";
  writeFileSync(kubeconfig, foreign);
  const merge = `iam-authenticator kubeconfig client -c ${CLUSTER_ID} --merge`;
  const refused = await types(merge);
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /has another cluster "local", which this command did not write\. Give --alias <name>\.\n$/,
  );
  assert.equal(readFileSync(kubeconfig, "utf8"), foreign);
  await logsIn(`${merge} --alias mine`, WHOAMI);
  assert.match((await types("kubectl config view --raw")).stdout, /kind\.example/);
});

test("a user without the permission gets one sentence, and logs in with --server and --ca", async () => {
  backend.store.fail(forbidden("GetParameter"));
  const { code, stderr } = await types(
    `iam-authenticator kubeconfig client -c ${CLUSTER_ID} --merge`,
  );
  backend.store.fail(undefined);
  assert.equal(code, 3);
  assert.equal(
    stderr,
    `No permission for ssm:GetParameter on ${PARAMETER}: give --server and --ca, or ask an administrator of the cluster ` +
      `${CLUSTER_ID} for the permission.\n`,
  );
  assert.ok(!existsSync(join(home, ".kube")));
  const { url, ca } = cluster.endpoint;
  writeFileSync(join(home, "ca.crt"), ca);
  const given = `--server ${url} --ca ca.crt`;
  await logsIn(`iam-authenticator kubeconfig client -c ${CLUSTER_ID} ${given} --merge`, WHOAMI);
});

test("an administrator who has lost the permission to publish changes nothing, and users go on", async () => {
  const merge = `iam-authenticator kubeconfig client -c ${CLUSTER_ID} --merge`;
  await logsIn(merge, WHOAMI);
  const before = backend.store.value(PARAMETER);
  backend.store.fail(forbidden("PutParameter"));
  const { code, err } = await publishing(CLUSTER_ID, other.endpoint);
  backend.store.fail(undefined);
  assert.equal(code, 3, err);
  assert.match(err, /No permission: .*ssm:PutParameter.*\n.*Nothing was written\./);
  assert.equal(backend.store.value(PARAMETER), before);
  await logsIn(merge, WHOAMI);
});

test("a token that a published server collects works at no other cluster", async () => {
  const merge = `-c ${CLUSTER_ID} --merge`;
  await logsIn(`iam-authenticator kubeconfig client ${merge}`, WHOAMI);
  const tokens: string[] = [];
  const authority = createCertificateAuthority({ subject: { CN: "stranger" } });
  const stranger = createServer(authority.server(), ({ headers }, response) => {
    tokens.push(headers.authorization?.replace("Bearer ", "") ?? "");
    response.writeHead(401).end();
  }).listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const before = backend.store.value(PARAMETER) ?? assert.fail();
  const url = `https://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  const { code } = await publishing(CLUSTER_ID, { url, ca: authority.ca });
  assert.equal(code, 0);
  // Neither a script nor a user who declines.
  const script = await types(`iam-authenticator kubeconfig client ${merge}`);
  assert.equal(script.code, 2);
  assert.match(
    script.stderr,
    /is for the server \S+, not for \S+, and trusts the CA .*, not the CA stranger, SHA-256 /,
  );
  assert.equal((await answers(merge, "n\n")).code, 1);
  await logsIn(WHOAMI);
  assert.deepEqual(tokens.filter(Boolean), []);
  // A user who accepts sends a token.
  assert.equal((await answers(merge, "y\n")).code, 0);
  await types(`${WHOAMI} || true`);
  const [token] = tokens.filter(Boolean);
  stranger.closeAllConnections();
  stranger.close();
  assert.equal((await whoIs(cluster.endpoint, token ?? assert.fail()))?.username, "alice");
  assert.equal(await whoIs(other.endpoint, token ?? ""), undefined);
  backend.store.put(PARAMETER, before);
});

test("a new CA at the same address is shown to users, and not published", async () => {
  const merge = `-c ${CLUSTER_ID} --merge`;
  await logsIn(`iam-authenticator kubeconfig client ${merge}`, WHOAMI);
  const { endpoint: old } = cluster;
  await cluster.stop();
  cluster = await controlPlane(backend, Number(new URL(old.url).port));
  const { endpoint: now } = cluster;
  assert.equal(now.url, old.url);
  assert.match((await types(WHOAMI)).stderr, /x509: certificate signed by unknown authority/);
  // It would not help: it is what is stored already.
  const again = await publishing(CLUSTER_ID, old);
  assert.equal(again.code, 1);
  assert.match(again.err, /^Nothing was written: the CA does not verify the certificate of https:/);
  const published = await publishing(CLUSTER_ID, now);
  assert.equal(published.code, 0, published.err);
  assert.match(published.out, /^ {4}server: https:\S+, CA: .*SHA-256 \S+ -> .*SHA-256 \S+$/m);
  const script = await types(`iam-authenticator kubeconfig client ${merge}`);
  assert.equal(script.code, 2);
  assert.match(
    script.stderr,
    /the context "local" trusts the CA .*SHA-256 \S+, not the CA .*SHA-256 \S+\. To replace it, run this in a terminal\./,
  );
  assert.equal((await answers(merge, "y\n")).code, 0);
  await logsIn(WHOAMI);
});
