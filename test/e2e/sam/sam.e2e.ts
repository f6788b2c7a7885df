// Runs SAM CLI on the output of `cdk synth`: validates and resolves it, and runs it in a container with the local STS and
// Parameter Store. Run by `npm run test:sam`; requires Python 3, and Docker or the permission to start it.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { stackName } from "../../../infra/context/stack-name.ts";
import { localIdentity } from "../../../local/identities.ts";
import { type Sandbox, startSandbox } from "../../../local/sandbox.ts";
import { CLUSTER_ID, REGION, sandboxFiles } from "../../../local/sandbox-settings.ts";
import { mintToken } from "../../../local/token.ts";
import { postReview, readWebhook, tokenReview } from "../../../local/webhook.ts";
import { cdk, writeApp } from "../../infra/cdk-cli.ts";
import { CLUSTERS } from "../../infra/clusters.ts";
import { startTcpProxy, type TcpProxy } from "../cluster/http2-front.ts";
import { type ContainerEngine, startContainerEngine } from "./container-engine.ts";
import { freshEvent } from "./event.ts";
import { buildRuntimeImage, machine } from "./runtime-image.ts";
import { type SamCli, samCli } from "./sam-cli.ts";
import { startApi } from "./start-api.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const folder = mkdtempSync(join(tmpdir(), "sam-"));
const files = sandboxFiles(join(folder, "sandbox"));
const templateOf = (id: string) => join(folder, "cdk.out", `${stackName({ clusterId: id })}.template.json`);
const template = templateOf(CLUSTER_ID);
const envFile = join(folder, "env.json");
let sandbox: Sandbox | undefined;
let engine: ContainerEngine | undefined;
let proxies: TcpProxy[] = [];
let sam: SamCli;
/** Arguments of every `sam local` command. */
let options: string[];

before(async () => {
  writeApp(folder, [...CLUSTERS, { clusterId: CLUSTER_ID, architecture: machine() }]);
  cdk(folder, ["synth", "--quiet"]);
  sandbox = await startSandbox(files);
  engine = await startContainerEngine();
  buildRuntimeImage(engine.docker);
  const bridge = bridgeAddress(engine);
  const ports = [sandbox.stsUrl, sandbox.parameterStoreUrl].map((url) => Number(new URL(url).port));
  proxies = await Promise.all(ports.map((port) => startTcpProxy(port, bridge)));
  sam = samCli(REGION, engine.environment);
  const hosts = ["--add-host", `host.docker.internal:${bridge}`];
  options = ["-t", template, "--env-vars", envFile, "--skip-pull-image", ...hosts];
});
after(async () => {
  for (const { close } of proxies) close();
  await sandbox?.close();
  await engine?.stop();
  rmSync(folder, { recursive: true });
});

/** The bridge's first address, where containers reach this machine. Gateway is empty for a new bridge. */
function bridgeAddress(engine: ContainerEngine): string {
  const subnet = engine.docker(["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}"]);
  return subnet.trim().replace(/0\/\d+$/, "1");
}

/** env.example.json with the ports of this run. */
function writeEnvironment(callerAuth: string): void {
  const { Parameters } = JSON.parse(readFileSync(join(root, "env.example.json"), "utf8"));
  assert.deepEqual(Object.keys(Parameters), [
    "CLUSTER_ID",
    "CALLER_AUTH",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSM",
  ]);
  const [sts, store] = proxies.map(({ port }) => `http://host.docker.internal:${port}`);
  const chosen = { CALLER_AUTH: callerAuth, AWS_ENDPOINT_URL_STS: sts, AWS_ENDPOINT_URL_SSM: store };
  writeFileSync(envFile, JSON.stringify({ Parameters: { ...Parameters, ...chosen } }));
}

for (const { clusterId } of CLUSTERS) {
  test(`${clusterId}: the template is valid, and SAM finds its function and route`, async () => {
    const path = templateOf(clusterId);
    assert.match(await sam.run(["validate", "-t", path]), /is a valid SAM Template/);
    const { functions, routes } = await sam.resolve(path);
    assert.deepEqual(functions.map(({ id }) => id).sort(), ["Authenticator", "DeploymentCheck"]);
    const found = functions.find(({ id }) => id === "Authenticator");
    assert.ok(found);
    const { code, ...rest } = found;
    assert.deepEqual([rest["runtime"], rest["handler"], rest["timeout"]], ["nodejs24.x", "index.handler", 8]);
    assert.ok(readFileSync(join(code, "index.mjs")).equals(readFileSync(join(root, "dist/authenticator/index.mjs"))));
    assert.deepEqual(
      routes.map(({ path, methods }) => [path, methods]),
      [["/authenticate", ["POST"]]],
    );
  });
}

test("sam local invoke: the function handles the example events and grants a new token", async () => {
  writeEnvironment("none");
  const invoke = async (event: string, input?: string) => {
    const answer = await sam.run(["local", "invoke", "Authenticator", "-e", event, ...options], input);
    return JSON.parse(answer.trim().split("\n").at(-1) ?? "");
  };
  for (const name of ["bare.json", "payload-1.0.json", "payload-2.0.json"]) {
    const { statusCode, body } = await invoke(join(root, "events", name));
    assert.equal(statusCode, 200);
    assert.match(JSON.parse(body).status.error, /^token_expired: /);
  }
  const { statusCode, body } = await invoke("-", await freshEvent("bob"));
  assert.equal(statusCode, 200);
  assert.deepEqual(JSON.parse(body).status.user.groups, ["developers"]);
});

test("sam local start-api: a TokenReview of our caller is granted, and another caller is refused", async (t) => {
  writeEnvironment("bearer");
  const api = await startApi(sam, options);
  t.after(api.stop);
  const token = await mintToken({ identity: localIdentity("bob"), clusterId: CLUSTER_ID, region: REGION });
  const server = `${api.url}/authenticate`;
  const ours = await postReview({ server, token: readWebhook(files).token }, tokenReview(token));
  assert.equal(ours.status, 200, ours.body);
  assert.equal(JSON.parse(ours.body).status.user.username, "dev:bob-example.com");
  const foreign = await postReview({ server, token: "somebody-else" }, tokenReview(token));
  assert.equal(foreign.status, 401);
  assert.match(foreign.body, /caller_refused/);
});
