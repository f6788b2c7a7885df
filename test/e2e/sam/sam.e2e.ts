// Runs SAM CLI on the output of `cdk synth`: validates and resolves it, and runs it in a container
// with the local STS and Parameter Store. Run by `npm run test:sam`; requires Python 3 and a
// running Docker engine that can pull AWS's image.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { stackName } from "../../../infra/context/stacks.ts";
import { localIdentity } from "../../../local/identities.ts";
import { type Sandbox, startSandbox } from "../../../local/sandbox.ts";
import { CLUSTER_ID, REGION, readSecret, sandboxFiles } from "../../../local/sandbox-files.ts";
import { keyVariables } from "../../aws-variables.ts";
import { useFolder } from "../../cli/fixtures.ts";
import { cdk, MACHINE, ROOT, writeApp } from "../../infra/cdk-cli.ts";
import { CLUSTERS } from "../../infra/clusters.ts";
import { execute } from "../cluster/kubectl.ts";
import { pythonTool } from "../tools.ts";
import { freshEvent } from "./event.ts";

const folder = useFolder().path;
const files = sandboxFiles(join(folder, "sandbox"));
const templateOf = (id: string) =>
  join(folder, "cdk.out", `${stackName({ clusterId: id })}.template.json`);
const template = templateOf(CLUSTER_ID);
const envFile = join(folder, "env.json");
let sandbox: Sandbox | undefined;
let sam: SamCli;
let options: string[];

before(async () => {
  writeApp(folder, [...CLUSTERS, { clusterId: CLUSTER_ID, architecture: MACHINE }]);
  cdk(folder, ["synth", "--quiet"]);
  const bridge = bridgeAddress();
  sandbox = await startSandbox(files, { bridge });
  sam = samCli(REGION);
  options = [
    "-t",
    template,
    "--env-vars",
    envFile,
    ...["--add-host", `host.docker.internal:${bridge}`],
  ];
});
after(async () => {
  await sandbox?.close();
});

type SamCli = ReturnType<typeof samCli>;

interface Resolved {
  readonly functions: readonly {
    readonly id: string;
    readonly code: string;
    readonly [key: string]: unknown;
  }[];
  readonly routes: readonly {
    readonly function: string;
    readonly path: string;
    readonly methods: string[];
  }[];
}

function samCli(region: string) {
  const bin = pythonTool("aws-sam-cli==1.170.0");
  const environment = {
    ...process.env,
    SAM_CLI_TELEMETRY: "0",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...keyVariables(localIdentity("function", readSecret(files))),
  };
  const call = async (program: string, args: readonly string[], input: string): Promise<string> => {
    const { code, stdout, stderr } = await execute(
      join(bin, program),
      args,
      { env: environment, timeout: 0 },
      input,
    );
    if (code !== 0)
      throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${stderr}${stdout}`);
    return stdout;
  };
  return {
    /**
     * Returns standard output; throws with all output. Asynchronous, since local services run in
     * this process.
     */
    run: (args: readonly string[], input = "") => call("sam", args, input),
    /** The function and route that SAM's providers read from a template. */
    resolve: async (template: string): Promise<Resolved> =>
      JSON.parse(await call("python", [join(import.meta.dirname, "resolve.py"), template], "")),
  };
}

/**
 * The bridge's first address, where containers reach this machine. Gateway is empty for a new
 * bridge.
 */
function bridgeAddress(): string {
  const words = ["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}"];
  const subnet = execFileSync("docker", words, { encoding: "utf8" });
  return subnet.trim().replace(/0\/\d+$/, "1");
}

/** env.example.json with the ports of this run. */
function writeEnvironment(): void {
  const { Parameters } = JSON.parse(readFileSync(join(ROOT, "env.example.json"), "utf8"));
  assert.equal(
    Object.keys(Parameters).join(" "),
    "CLUSTER_ID CALLER_AUTH AWS_ENDPOINT_URL_STS AWS_ENDPOINT_URL_SSM",
  );
  const { stsUrl = "", parameterStoreUrl = "" } = sandbox ?? {};
  const [sts, store] = [stsUrl, parameterStoreUrl].map((url) =>
    url.replace("127.0.0.1", "host.docker.internal"),
  );
  const chosen = { AWS_ENDPOINT_URL_STS: sts, AWS_ENDPOINT_URL_SSM: store };
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
    assert.deepEqual(
      [rest["runtime"], rest["handler"], rest["timeout"]],
      ["nodejs24.x", "index.handler", 8],
    );
    assert.ok(
      readFileSync(join(code, "index.mjs")).equals(
        readFileSync(join(ROOT, "dist/authenticator/index.mjs")),
      ),
    );
    assert.deepEqual(
      routes.map(({ path, methods }) => [path, methods]),
      [["/authenticate", ["POST"]]],
    );
  });
}

test("sam local invoke: the function handles the example events and grants a new token", async () => {
  writeEnvironment();
  const invoke = async (event: string, input?: string) => {
    const answer = await sam.run(
      ["local", "invoke", "Authenticator", "-e", event, ...options],
      input,
    );
    return JSON.parse(answer.trim().split("\n").at(-1) ?? "");
  };
  for (const name of ["bare.json", "payload-1.0.json", "payload-2.0.json"]) {
    const { statusCode, body } = await invoke(join(ROOT, "events", name));
    assert.equal(statusCode, 200);
    assert.match(JSON.parse(body).status.error, /^token_expired: /);
  }
  const { statusCode, body } = await invoke("-", await freshEvent("bob", readSecret(files)));
  assert.equal(statusCode, 200);
  assert.deepEqual(JSON.parse(body).status.user.groups, ["developers"]);
});
