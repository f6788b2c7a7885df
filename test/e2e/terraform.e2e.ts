// examples/terraform is formatted, its resources equal those of the release's CloudFormation
// template, and the function can read its names. Evaluated with OpenTofu, without AWS's provider,
// which cannot be built from a Go module.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isCaller } from "../../functions/authenticator/caller/caller.ts";
import type { MappingKind } from "../../functions/authenticator/mapping/kinds.ts";
import { checkMapping } from "../../functions/authenticator/mapping/mapping.ts";
import { parseStoredSettings } from "../../functions/settings/stored-settings.ts";
import packageJson from "../../package.json" with { type: "json" };
import { useFolder } from "../cli/fixtures.ts";
import {
  assertRejected,
  type Body,
  evaluateModule,
  parseModule,
  tofu,
} from "./terraform/evaluate.ts";
import { equalResources, expectedResources, releaseTemplate } from "./terraform/expected.ts";

const MODULE = join(import.meta.dirname, "..", "..", "examples", "terraform");
const PREFIX = "/iam-authenticator/prod.example";
const ACCOUNT = "111122223333";

const folder = useFolder();

const EMAIL = "on-call@example.com";
const TOPIC = `arn:aws:sns:eu-west-1:${ACCOUNT}:alarms`;
const values = { cluster_id: "prod.example", zip_file: folder.write("authenticator.zip", "zip") };

test("tofu fmt changes no file", () => {
  assert.equal(tofu(MODULE, ["fmt", "-check", "-recursive", "-diff"]), "");
});

const template = releaseTemplate("http");

const SETTINGS: Readonly<Record<string, Body>> = {
  "by default": {},
  "for any account": { accounts: ["any"] },
  "with an email address": { alarm_email: EMAIL },
  "without reserved concurrency": { reserved_concurrency: 0 },
  "with every setting": {
    accounts: [ACCOUNT, "444455556666"],
    memory_size: 1024,
    architecture: "x86_64",
    reserved_concurrency: 40,
    throttle_rate: 7,
    throttle_burst: 8,
    log_level: "debug",
    log_retention_days: 30,
    quiet_hours: 72,
    failover_url: "https://standby.example.com/authenticate",
    alarm_topic_arn: TOPIC,
  },
};
for (const [name, variables] of Object.entries(SETTINGS)) {
  test(`each resource equals that of the CloudFormation template, ${name}`, () => {
    const resources = evaluateModule(MODULE, { ...values, ...variables });
    const expected = expectedResources(template, { cluster_id: "prod.example", ...variables });
    equalResources(resources, expected);
  });
}

test("the function accepts the parameters of mappings and callers", () => {
  const sha256 = "0".repeat(64);
  const bob = {
    arn: `arn:aws:iam::${ACCOUNT}:user/bob`,
    username: "bob",
    description: "until the end of the year",
  };
  const role = `arn:aws:iam::${ACCOUNT}:role/path/control-plane`;
  const until = { ...bob, principalId: "AIDAEXAMPLE", notAfter: "2026-12-31T00:00:00Z" };
  const resources = evaluateModule(MODULE, {
    ...values,
    callers: { "control-plane": sha256, role },
    mappings_files: [folder.write("mappings.yaml", JSON.stringify({ mappings: [until] }))],
    mappings: [
      {
        arn: `arn:aws:iam::${ACCOUNT}:role/Developers`,
        username: "dev:{SessionName}",
        groups: ["developers"],
      },
      {
        account: ACCOUNT,
        permissionSet: "ClusterAdmin",
        username: "admin:{SessionName}",
        groups: ["system:masters"],
      },
      { account: "444455556666" },
    ],
  });
  const parameters = [...resources].filter(([address]) =>
    /^aws_ssm_parameter\.(mapping|callers)/.test(address),
  );
  const stored = new Map<string, unknown>();
  for (const [, { name, type, tags, value }] of parameters) {
    assert.deepEqual([type, tags], ["String", { "iam-authenticator:managed-by": "terraform" }]);
    stored.set(String(name).replace(PREFIX, ""), JSON.parse(String(value)));
  }
  const callers = stored.get("/callers") as unknown[];
  assert.deepEqual(callers, [
    { name: "control-plane", sha256 },
    { arn: role, name: "role" },
  ]);
  assert.ok(callers.every(isCaller));
  stored.delete("/callers");
  assert.deepEqual([...stored.keys()].sort(), [
    "/account/444455556666",
    `/role/${ACCOUNT}/developers`,
    `/sso/${ACCOUNT}/clusteradmin`,
    `/user/${ACCOUNT}/bob`,
  ]);
  for (const [name, value] of stored) {
    assert.equal(checkMapping(value, name.split("/")[1] as MappingKind).valid, true, name);
  }
  assert.deepEqual(stored.get(`/user/${ACCOUNT}/bob`), until);
});

test("the stored settings have the version of the zip's name and the cluster's id", () => {
  const stored = (zip_file: string) => {
    const resources = evaluateModule(MODULE, { ...values, zip_file, mapping_prefix: "/shared" });
    const { name, value } = resources.get("aws_ssm_parameter.settings") ?? {};
    assert.equal(name, "/shared/settings/prod.example");
    const read = parseStoredSettings(String(value));
    return read.valid ? read.value.version : read;
  };
  const released = folder.write("authenticator-1.20.3-rc.1-0a1b2c3d.zip", "zip");
  assert.deepEqual([values.zip_file, released].map(stored), [packageJson.version, "1.20.3-rc.1"]);
});

test("function names are valid in Lambda and unique per cluster", () => {
  const nameOf = (cluster_id: string) => {
    const resources = evaluateModule(MODULE, { ...values, cluster_id });
    return String(resources.get("aws_lambda_function.authenticator")?.["function_name"]);
  };
  assert.equal(nameOf("prod"), "iam-authenticator-prod");
  assert.equal(nameOf("a-b_c"), "iam-authenticator-a-b_c");
  const ids = [
    "prod.example",
    "prod-example",
    "a".repeat(46),
    "a".repeat(47),
    `${"a".repeat(99)}b`,
    "a".repeat(100),
  ];
  const names = ids.map(nameOf);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[A-Za-z0-9_-]{1,64}$/);
});

test("all taggable resources have the tags, and a parameter keeps its own tag", () => {
  const tags = { team: "platform" };
  const mappings = [{ account: ACCOUNT }];
  const resources = evaluateModule(MODULE, { ...values, tags, mappings } as unknown as Body);
  const untagged =
    /\.(api|live|authenticate)$|^aws_(apigatewayv2_(integration|route)|iam_role_policy|lambda_(alias|permission))\./;
  for (const [address, body] of resources) {
    if (untagged.test(address) && body["tags"] === undefined) continue;
    const own = address.startsWith("aws_ssm_parameter.")
      ? { "iam-authenticator:managed-by": "terraform" }
      : {};
    assert.deepEqual(body["tags"], { ...tags, ...own }, address);
  }
});

const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/control-plane/i-1`;
for (const [name, wrong, message] of [
  ["a cluster id with a slash", { cluster_id: "a/b" }, /cluster_id must be up to 100 letters/],
  ["mappings that are no objects", { mappings: ["dev"] }, /mappings, entry 1: must be an object/],
  [
    "an account of eleven digits",
    { accounts: ["11112222333"] },
    /accounts must be AWS account ids/,
  ],
  [
    "no account",
    { accounts: [] },
    /accounts must be AWS account ids of 12 digits each, or \["any"\]/,
  ],
  ["any account beside one", { accounts: ["any", ACCOUNT] }, /accounts must be AWS account ids/],
  [
    "a caller's token instead of its hash",
    { callers: { a: "token" } },
    /callers must be the SHA-256 of each token/,
  ],
  [
    "the ARN of a session as a caller",
    { callers: { a: SESSION } },
    /callers must be .* or the ARN of an IAM role or user/,
  ],
  ["a prefix without a slash", { mapping_prefix: "auth" }, /mapping_prefix must be 1 to 12 levels/],
  ["a prefix of AWS", { mapping_prefix: "/aws/x" }, /and not begin with aws or ssm/],
  [
    "memory below Lambda's",
    { memory_size: 100 },
    /memory_size must be an integer from 128 to 10240/,
  ],
  ["another architecture", { architecture: "arm" }, /architecture must be arm64 or x86_64/],
  [
    "half an environment",
    { reserved_concurrency: 0.5 },
    /reserved_concurrency must be a positive integer, or 0/,
  ],
  ["no rate", { throttle_rate: 0 }, /throttle_rate must be 1 or more/],
  ["another log level", { log_level: "WARN" }, /log_level must be debug, info, warn or error/],
  [
    "days that CloudWatch does not know",
    { log_retention_days: 100 },
    /log_retention_days must be a number of days/,
  ],
  [
    "a name instead of an email address",
    { alarm_email: "on-call" },
    /alarm_email must be an email address, such as/,
  ],
  [
    "a topic and an email address",
    { alarm_email: EMAIL, alarm_topic_arn: TOPIC },
    /exclude each other: leave one out/,
  ],
  [
    "a standby without https",
    { failover_url: "http://a/authenticate" },
    /failover_url must be the output endpoint/,
  ],
  [
    "a topic by its name",
    { alarm_topic_arn: "on-call" },
    /alarm_topic_arn must be the ARN of an SNS topic/,
  ],
] as const) {
  test(`${name} is rejected`, () => {
    assertRejected(
      () => evaluateModule(MODULE, { ...values, ...(wrong as unknown as Body) }),
      message,
    );
  });
}

test("the README's example sets only existing variables, and all required ones", () => {
  const [, example = ""] =
    /```hcl\n([\s\S]*?)```/.exec(readFileSync(join(MODULE, "README.md"), "utf8")) ?? [];
  const { path: copy, write } = useFolder();
  write("main.tf", example);
  assert.equal(tofu(copy, ["fmt", "-check"]), "");
  const [{ module = {} } = {}] = parseModule(copy);
  const [[{ source: _, ...set } = {}] = []] = Object.values(module);
  const variables = parseModule(MODULE).flatMap(({ variable = {} }) => Object.entries(variable));
  const known = variables.map(([variable]) => variable);
  const required = variables
    .filter(([, [body = {}]]) => !("default" in body))
    .map(([variable]) => variable);
  const unknown = Object.keys(set).filter((key) => !known.includes(key));
  const missing = required.filter((variable) => !(variable in set));
  assert.deepEqual([unknown, missing], [[], []]);
});
