// Runs `npm run acceptance` against an AWS emulator. Run by `npm run test:rehearsal`; requires
// Python 3. Rows that the emulator does not support are "not served"; every other row passes.
// ACCEPTANCE_REPORT=test/acceptance/reports keeps the report.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { startHttpServer } from "../../../local/aws/http-server.ts";
import { stsAnswers } from "../../../local/aws/sts/sts.ts";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { REGION } from "../../../local/sandbox-files.ts";
import { CHECKS } from "../../acceptance/acceptance.ts";
import { startApiserver } from "../../acceptance/apiserver.ts";
import { acceptanceIn } from "../../acceptance/command.ts";
import { readOptions } from "../../acceptance/options.ts";
import { withoutPermission } from "../../acceptance/permissions.ts";
import { realWorld } from "../../acceptance/real-world.ts";
import type { Webhook } from "../../acceptance/reviews.ts";
import { mustRun } from "../../acceptance/site.ts";
import { prepare, useFolder, useServer } from "../../cli/fixtures.ts";
import { MACHINE } from "../../infra/cdk-cli.ts";
import { post } from "../../post.ts";
import { fitForEmulator, setReleasedSts } from "./fit-for-emulator.ts";
import { PLACE, startEmulator } from "./ministack.ts";

const NO_THROTTLE = "the emulator's HTTP API runs a function whose reserved concurrency is 0";
const NO_ACCESS_LOG = "the emulator's HTTP API writes no access log";
const NO_METRICS = "the emulator's API Gateway and Lambda write no metrics";
const NO_MAPPING = "the emulator's API Gateway maps no status (not tried)";
const NO_PROVIDER =
  "the emulator's CloudFormation has no OIDC provider, and its APIs have no URL that an issuer may have";
const NO_SIGNED_TOKENS = "the emulator's IAM has no outbound web identity federation";
const NO_CODEDEPLOY = "the emulator has no CodeDeploy";
const NO_PERMISSIONS = "the emulator checks no permissions";
const NO_TERRAFORM = "Terraform's provider comes from its registry, which a rehearsal does not use";

/** Each key must be an existing check or row. */
const UNSERVED: Readonly<Record<string, string>> = {
  "3 statuses at the caller": NO_THROTTLE,
  "3 integrationError in the access log": NO_ACCESS_LOG,
  "3 5xx metric": NO_METRICS,
  "3 Throttles metric of the alias": NO_METRICS,
  "3 the account's burst": "not tried on the emulator",
  "3 fault: raw status": NO_MAPPING,
  "3 crash: raw status": NO_MAPPING,
  "3 time-out: raw status": NO_MAPPING,
  "3 throttle: raw status": NO_MAPPING,
  "3 a standby": NO_MAPPING,
  "4 FILL of a metric that was never written": NO_METRICS,
  "4 report command": "the emulator has no Logs Insights",
  "4 second page of a query": "the emulator has no Logs Insights",
  "4 metrics": "the emulator's CloudWatch Logs does not extract metrics from log lines",
  "5": NO_CODEDEPLOY,
  "6": "the emulator has no CodeDeploy, and reports READY for any provisioned concurrency",
  "7 SafeDeployments=true, LogLevel=debug": NO_CODEDEPLOY,
  "7 order of events": NO_CODEDEPLOY,
  "8 AssumeRoleWithWebIdentity": NO_PROVIDER,
  "8 another service account": NO_PROVIDER,
  "10 the first review after 20 idle minutes": "the emulator does not freeze idle functions",
  "10 drift": "the emulator does not detect drift of APIs, aliases and alarms",
  "11 rolled back by CodeDeploy": NO_CODEDEPLOY,
  "15 Lambda throttles: the status at the caller": NO_THROTTLE,
  "16 Lambda's reports": "the emulator's Lambda logs no reports",
  "16 entries of the access log": NO_ACCESS_LOG,
  "17 a stack by deploying-role.json": NO_PERMISSIONS,
  "17 terraform apply": NO_TERRAFORM,
  "12": NO_SIGNED_TOKENS,
  "13": NO_SIGNED_TOKENS,
};

async function startEmulatedWorld(region: string) {
  const emulator = await startEmulator(region);
  const sts = await startEmulatedSts();
  const common = { PATH: process.env["PATH"], ...emulator.environment };
  /** Of the AWS CLI, each as `<service> <operation>`. */
  const calls: string[] = [];
  const world = realWorld(region, (program, [service]) => ({
    ...common,
    HOME: world.folder,
    // With an IP address as host, bucket names are in the path.
    ...(program === "aws" && { AWS_ENDPOINT_URL: `http://127.0.0.1:${emulator.port}` }),
    // Its token is for an AWS host.
    ...(service === "eks" && { AWS_ENDPOINT_URL: undefined }),
    ...(program === "iam-authenticator" && { AWS_ENDPOINT_URL_STS: sts.url }),
  }));

  return {
    ...world,
    calls,
    async run(...[program, args, options]: Parameters<typeof world.run>) {
      const isCall = program === "aws" && args.includes("--cli-input-json");
      if (isCall) calls.push(args.slice(0, 2).join(" "));
      const ran = await world.run(program, args, options);
      if (program === "aws" && ran.exitCode === 0)
        sts.learn(args.slice(0, 2).join(" "), ran.stdout);
      return { ...ran, stdout: emulator.localUrls(ran.stdout) };
    },
    settings: { architecture: MACHINE, safeDeployments: false },
    releaseParameters: { Architecture: MACHINE, Monitoring: "false" },
    unserved: UNSERVED,
    prepare(folder: string) {
      if (folder.endsWith(".out")) fitForEmulator(folder, sts.url);
      else setReleasedSts(folder, sts.url);
    },
    /** By TLS: kube-apiserver sends its token to no other webhook. */
    async startApiserver({ server, ...webhook }: Webhook) {
      const authority = createCertificateAuthority({ subject: { CN: "emulator" } });
      const { pathname, search } = new URL(server);
      const forward = createServer(authority.server(), async (request, response) => {
        const headers = { ...request.headers, host: new URL(server).host } as unknown as Record<
          string,
          string
        >;
        const answer = await post(`${server}${new URL(request.url ?? "", server).search}`, {
          headers,
          body: await text(request),
        });
        response
          .writeHead(answer.status, { "content-type": answer.headers["content-type"] ?? "" })
          .end(answer.text);
      }).listen(0, "127.0.0.1");
      await once(forward, "listening");
      const { port } = forward.address() as AddressInfo;
      const secure = { ...webhook, server: `https://127.0.0.1:${port}${pathname}${search}` };
      const apiserver = await startApiserver(world.folder, secure, authority.ca);
      return {
        ...apiserver,
        async stop() {
          await apiserver.stop();
          forward.close();
        },
      };
    },
    async stop() {
      await emulator.stop();
      await sts.close();
      rmSync(world.folder, { recursive: true });
    },
  };
}

/** Verifies signatures with keys that the emulator's IAM and STS issued. */
async function startEmulatedSts() {
  const identities: LocalIdentity[] = [];
  const users = new Map<string, { arn: string; userId: string }>();
  const server = await startHttpServer((request) => stsAnswers({ identities })(request));

  function add(name: string, keys: Keys, { arn = "", userId = "" } = {}): void {
    const {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
    } = keys;
    const account = arn.split(":")[4] ?? "";
    identities.push({
      name,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
      arn,
      account,
      userId,
    });
  }

  /** Reads keys from the AWS CLI's output. `command` is the service and the operation. */
  function learn(command: string, printed: string): void {
    if (!["iam create-user", "iam create-access-key", "sts assume-role"].includes(command)) return;
    const { User, AccessKey, AssumedRoleUser, Credentials } = JSON.parse(printed);
    if (User) users.set(User.UserName, { arn: User.Arn, userId: User.UserId });
    if (AccessKey) add(AccessKey.UserName, AccessKey, users.get(AccessKey.UserName));
    const { Arn: arn, AssumedRoleId: userId } = AssumedRoleUser ?? {};
    if (Credentials) add(userId, Credentials, { arn, userId });
  }

  return { url: server.url, learn, close: server.close };
}

type Keys = Readonly<Record<"AccessKeyId" | "SecretAccessKey", string>> & {
  readonly SessionToken?: string;
};

const given = process.env["ACCEPTANCE_REPORT"];
const folder = given === undefined ? useFolder().path : resolve(given);
const world = useServer(() => startEmulatedWorld(REGION));
prepare(() => mustRun(world.run("cdk", ["bootstrap", `aws://000000000000/${REGION}`])));

/** Runs the command, and returns its exit code and the rows of its report by verdict. */
async function rowsOf(...argv: readonly string[]) {
  const options = readOptions(["--yes", ...argv], { AWS_REGION: REGION });
  const before = readdirSync(folder);
  const code = await acceptanceIn(world, PLACE, CHECKS, options, {
    reports: folder,
    runs: useFolder().path,
  });
  const [file = ""] = readdirSync(folder)
    .filter((name) => !before.includes(name) || given !== undefined)
    .sort()
    .slice(-1);
  const report = readFileSync(join(folder, file), "utf8");
  const rows = report.split("\n").flatMap((line) => {
    const [, check = "", name, , , verdict] = line.split(/ *(?<!\\)\| */);
    return /^\d/.test(check) ? [{ row: `${Number.parseInt(check, 10)} ${name}`, verdict }] : [];
  });
  return {
    code,
    of: (verdict: string) => rows.filter((row) => row.verdict === verdict).map(({ row }) => row),
  };
}

const REMOVED = ["14 removal", "14 leftovers by tag", "14 leftovers by name"];
const wholly = (row: string) => row.replace(" entire check", "");

test("--short: a login, a denial and measurements, and unsupported rows are not served", async () => {
  const { code, of } = await rowsOf("--short");
  assert.equal(code, 1, "a run with rows that were not served is not good");
  assert.deepEqual(of("failed"), []);
  const unserved = Object.keys(UNSERVED).filter((row) => /^1[56] /.test(row));
  assert.deepEqual(of("not served").sort(), unserved.sort());
  assert.deepEqual(of("not run"), []);
  assert.deepEqual(of("passed").slice(-3), REMOVED);
  assert.deepEqual(withoutPermission(world.calls), []);
});

test("every check runs, unsupported rows are not served, and no resources are left", async () => {
  const { code, of } = await rowsOf();
  assert.equal(code, 1, "a run with rows that were not served is not good");
  assert.deepEqual(of("failed"), []);
  const unserved = Object.keys(UNSERVED).filter((row) => !row.startsWith("15 "));
  assert.deepEqual(of("not served").map(wholly).sort(), unserved.sort());
  const of30 = ["mtls", "private"].map((kind) => `7 ${kind}: an id of 30 characters`);
  const rates = ["PutParameter", "GetParameters"].map(
    (name) => `18 ${name}: seconds with an accepted request`,
  );
  const notRun = ["2 permission set", ...of30, "9 mtls", "9 private"];
  assert.deepEqual(of("not run"), [...notRun, "17 an earlier release", ...rates]);
  assert.deepEqual(of("passed").slice(-3), REMOVED);
});
