// Monitoring and outputs of an authenticator, and that none of them contains a secret.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { App, Lazy } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { logEntry } from "../../functions/authenticator/http/log-review.ts";
import { newRecord } from "../../functions/authenticator/review/record.ts";
import { issuerStack } from "../../infra/context/stacks.ts";
import type { PrivateEndpoint } from "../../infra/endpoint/endpoint.ts";
import { anchorsOf } from "../docs/shell-blocks.ts";
import { ACCOUNT, endpointOf, REGION, stackOf } from "./stacks.ts";
import { flat, output, resources } from "./template.ts";

test("the documented query uses only fields of the log line or of Insights", () => {
  const line = logEntry(
    { ...newRecord(0), ms: { caller: 0, identity: 0, mapping: 0 } },
    "granted",
    undefined,
    0,
  );
  const fields = [
    ...Object.keys(line),
    ...Object.keys(line.ms).map((stage) => `ms.${stage}`),
    "@timestamp",
  ];
  const words = "filter sort stats by desc as count max ispresent".split(" ");
  const made = ["reviews", "latest"];
  const page = readFileSync(new URL("../../docs/access.md", import.meta.url), "utf8");
  const [query = assert.fail("no query"), ...others] = page.match(/(?<=')filter [^']*/g) ?? [];
  assert.deepEqual(others, []);
  const named = query.match(/@?[a-z][\w.]*/gi) ?? [];
  const unknown = named.filter((name) => ![...fields, ...words, ...made].includes(name));
  assert.deepEqual(unknown, []);
});

test("each alarm names its heading in docs/troubleshoot.md", () => {
  const issuer = issuerStack(new App(), { clusterId: "prod", account: ACCOUNT, region: REGION });
  const page = readFileSync(new URL("../../docs/troubleshoot.md", import.meta.url), "utf8");
  const [, section = ""] = /^## An alarm fires\n(.*)/ms.exec(page) ?? [];
  const named = [stackOf("http", { quietHours: 24 }).template(), Template.fromStack(issuer)]
    .flatMap((template) => resources(template, "AWS::CloudWatch::Alarm"))
    .map(
      ({ Properties }) =>
        /docs\/troubleshoot\.md#(\S+)$/.exec(String(Properties["AlarmDescription"]))?.[1],
    );
  assert.deepEqual([...new Set(named)].toSorted(), anchorsOf(section).toSorted());
});

const ENDPOINTS = {
  http: "<AuthenticatorApi.ApiEndpoint>/authenticate",
  mtls: "https://<AuthenticatorMtlsDomain>/authenticate",
  private:
    "https://<AuthenticatorPrivateApi>-<AuthenticatorPrivateVpcEndpoint>.execute-api.eu-west-1.<AWS::URLSuffix>/live/authenticate",
};
/**
 * If it is not installed, npx would download any package that has this name, and run it with AWS
 * credentials.
 */
const RUN = "npx --no -- lambda-iam-authenticator";
const BY_ROLE = { name: "control-plane", arn: "arn:aws:iam::111122223333:role/control-plane" };
const BY_TOKEN = { name: "rescue", sha256: "0".repeat(64) };
const BY_ID = { ...BY_ROLE, principalId: "AROAEXAMPLE" };
const TOKEN = "--token-file caller-token";
const FILE = "--token-file-path /etc/kubernetes/iam-authenticator/caller-token";
// biome-ignore format: a table
const ROWS = [
  ["with callerAuth none, the command has --no-token", "private", [], "--no-token"],
  ["if the stack manages the callers, the command does not change them", "http", [BY_TOKEN], TOKEN],
  ["if all callers of the stack prove themselves by IAM, the command names the file that a timer renews", "http", [BY_ID], FILE],
  ["with callers of both kinds, the command has the token", "http", [BY_ROLE, BY_TOKEN], TOKEN],
] as const;
for (const [what, kind, callers, option] of ROWS) {
  test(what, () => {
    const made = stackOf(kind, (scope) => ({
      endpoint: {
        ...(endpointOf(kind, scope) as PrivateEndpoint),
        ...(kind === "private" && { callerAuth: "none" }),
      },
    }));
    for (const caller of callers) made.authenticator.addCaller(caller);
    const command = `${RUN} kubeconfig webhook --endpoint ${ENDPOINTS[kind]} ${option} --out webhook.kubeconfig`;
    assert.equal(output(made.template(), "KubeconfigCommand"), command);
  });
}

test("with failoverUrl, the command reads the stack", () => {
  const failoverUrl = "https://standby.example.com/authenticate";
  const commandOf = (kind: "http" | "mtls") =>
    output(stackOf(kind, { failoverUrl }).template(), "KubeconfigCommand");
  const stack = "--cluster prod.example --region eu-west-1";
  const place = `${stack} --prefix /iam-authenticator/prod.example`;
  const remark = "# only in eu-west-1: docs/regions.md adds it to the standby too";
  const added = `${RUN} callers add control-plane ${place} --out webhook.kubeconfig --new --yes ${remark}`;
  assert.equal(commandOf("http"), added);
  const certificate = "--client-cert kube-apiserver.crt --client-key kube-apiserver.key";
  assert.equal(
    commandOf("mtls"),
    `${RUN} kubeconfig webhook ${stack} ${certificate} --out webhook.kubeconfig`,
  );
});

test("a caller's ARN that is not known at synth, or a session's, is refused", () => {
  const { authenticator } = stackOf("http");
  const adding = (arn: string) => () => authenticator.addCaller({ name: "a", arn });
  assert.throws(
    adding(Lazy.string({ produce: () => "arn" })),
    /^Error: caller a: its arn must be known at synth/,
  );
  assert.throws(
    adding("arn:aws:sts::111122223333:assumed-role/control-plane/i-1"),
    /^Error: caller a: must have a name, and either its token's sha256 .* or the arn of its IAM role or user/,
  );
});

test("of a caller's token, the template has only the hash, in one parameter", () => {
  const token = "a-caller-token-that-only-kube-apiserver-holds";
  const sha256 = hash("sha256", token);
  const made = stackOf("http");
  made.authenticator.addCaller({ name: "control-plane", sha256 });
  const text = JSON.stringify(made.template().toJSON());
  assert.equal(text.includes(token), false);
  assert.equal(text.split(sha256).length, 2);
  assert.equal(JSON.stringify(flat(made.template().toJSON()["Outputs"])).includes("HASH"), false);
});
