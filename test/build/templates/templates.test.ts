// The output of `npm run release`: templates for every machine and account, and a list of its
// contents. Update: `npx node --test --test-update-snapshots
// test/build/templates/templates.test.ts`. test/e2e/cfn-lint.e2e.ts lints the templates;
// test/acceptance/checks/07-release.ts deploys one.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { parse } from "yaml";
import { buildRelease } from "../../../build/assets.ts";
import { INDEXES } from "../../../build/manifests.ts";
import { releaseNotes } from "../../../build/publishable.ts";
import { ACTIONS, deployingPolicy } from "../../../build/templates/deploying-role.ts";
import { knownRegions } from "../../../functions/aws/partitions.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { useFolder } from "../../cli/fixtures.ts";
import { givenVpcEndpoint, issuerOf, KINDS, stackOf, vpcOf } from "../../infra/stacks.ts";
import { flat, type Resource, typesOf } from "../../infra/template.ts";

interface ReleaseTemplate {
  readonly Parameters: Readonly<
    Record<
      string,
      {
        readonly Default?: unknown;
        readonly AllowedPattern?: string;
        readonly AllowedValues?: readonly string[];
        readonly MaxLength?: number;
        readonly MaxValue?: number;
      }
    >
  >;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
}

const ROOT = join(import.meta.dirname, "..", "..", "..");
const released = join(useFolder().path, "release");
const NAMES = ["http", "mtls", "private", "issuer"] as const;
const read = (file: string) => readFileSync(join(released, file), "utf8");
const templateOf = (name: string): ReleaseTemplate =>
  parse(read(`${name}.template.yaml`), { version: "1.1" });
before(() => buildRelease(released, "owner/name"));

test("the checksums cover all other files, in the format of sha256sum", () => {
  const sums = readdirSync(released)
    .filter((file) => file !== "SHA256SUMS")
    .map((file) => `${hash("sha256", readFileSync(join(released, file)))}  ${file}\n`);
  assert.equal(read("SHA256SUMS"), sums.join(""));
  assert.ok(sums.length >= 10, sums.join(""));
});

test("each package manager's manifest names this version's package", () => {
  const [sha256 = ""] =
    /\w{64}(?= {2}lambda-iam-authenticator-.*\.tgz)/.exec(read("SHA256SUMS")) ?? [];
  for (const [at, file] of Object.keys(INDEXES).entries()) {
    const text = read(file);
    assert.ok(
      text.includes(
        "https://registry.npmjs.org/lambda-iam-authenticator/-/lambda-iam-authenticator-",
      ),
      file,
    );
    assert.equal(
      text.includes(`lambda-iam-authenticator-${packageJson.version}.tgz`),
      at < 2,
      file,
    );
    assert.equal(text.includes(sha256), at < 2, file);
    assert.doesNotMatch(text, /@\w+@/);
  }
});

for (const name of NAMES) {
  test(`${name}: the template contains nothing of this machine or of one account`, () => {
    const text = read(`${name}.template.yaml`);
    for (const found of [ROOT, tmpdir()]) assert.ok(!text.includes(found), found);
    for (const pattern of [/bootstrap|cdk-hnb|asset/i, /\b\d{12}\b/, /aws:cdk:path/])
      assert.doesNotMatch(text, pattern);
    // Above this size, `aws cloudformation deploy` requires a bucket for the template.
    assert.ok(Buffer.byteLength(text) < 51_200, `${Buffer.byteLength(text)} bytes`);
  });

  test(`${name}: the code of each function is a zip of the release, whose hash the version pins`, () => {
    const { Resources } = templateOf(name);
    const functions = of(Resources, "AWS::Lambda::Function").map(
      ({ Properties }) => Properties["Code"],
    );
    const zips = functions.map((code) => {
      const { S3Bucket, S3Key } = code as {
        S3Bucket: unknown;
        S3Key: { "Fn::Join": [string, [unknown, string]] };
      };
      const [separator, [prefix, zip]] = S3Key["Fn::Join"];
      assert.deepEqual(
        [S3Bucket, separator, prefix],
        [{ Ref: "CodeBucket" }, "", { Ref: "CodePrefix" }],
      );
      return zip;
    });
    const [main = "", ...others] = zips;
    assert.match(
      main,
      new RegExp(`^${name === "issuer" ? "issuer" : "authenticator"}-[\\d.]+-[0-9a-f]{8}\\.zip$`),
    );
    assert.equal(others.length, name === "issuer" ? 0 : 1);
    const [version] = of(Resources, "AWS::Lambda::Version");
    assert.equal(
      version?.Properties["CodeSha256"],
      hash("sha256", readFileSync(join(released, main)), "base64"),
    );
    for (const zip of zips) assert.ok(readdirSync(released).includes(zip), zip);
  });

  test(`${name}: each parameter of the function is in the version's description`, () => {
    const { Parameters, Resources } = templateOf(name);
    const [main] = of(Resources, "AWS::Lambda::Function");
    // Reserved concurrency belongs to the function, not to a version: Lambda changes it at once.
    const { Code: _, ReservedConcurrentExecutions: __, ...settings } = main?.Properties ?? {};
    const [version] = of(Resources, "AWS::Lambda::Version");
    const named = (value: unknown): string[] =>
      references(value)
        .flatMap((reference) => {
          // A policy represents a value that is too long for the description, and is replaced if
          // its own description changes.
          const { Type, Properties } = Resources[reference] ?? {};
          return Type === "AWS::IAM::ManagedPolicy"
            ? named(Properties?.["Description"])
            : [reference];
        })
        .filter((reference) => reference in Parameters);
    const wanted = [...new Set(named(settings))].sort();
    assert.ok(wanted.includes("ClusterId") && wanted.includes("MemorySize"));
    assert.deepEqual(named(version?.Properties["Description"]).sort(), wanted);
  });
}

for (const kind of KINDS) {
  test(`${kind}: accepts 75 accounts, the most that fit into the policy's description`, () => {
    const { Parameters } = templateOf(kind);
    const isAllowed = (count: number) =>
      new RegExp(`^(?:${Parameters["Accounts"]?.AllowedPattern})$`).test(
        Array(count).fill("111122223333").join(","),
      );
    assert.deepEqual([0, 1, 16, 75, 76].map(isAllowed), [true, true, true, true, false]);
  });

  test(`${kind}: Accounts is the stack's own account by default, any, or a list`, () => {
    const { Parameters, Conditions, Resources } = templateOf(kind);
    const { Default, AllowedPattern } = Parameters["Accounts"] ?? {};
    assert.deepEqual([Default, new RegExp(`^(?:${AllowedPattern})$`).test("any")], ["", true]);
    assert.deepEqual(Conditions["HasAccounts"], {
      "Fn::Not": [{ "Fn::Equals": [{ Ref: "Accounts" }, ""] }],
    });
    assert.deepEqual(Conditions["IsAnyAccount"], { "Fn::Equals": [{ Ref: "Accounts" }, "any"] });
    const listed = { "Fn::If": ["HasAccounts", { Ref: "Accounts" }, { Ref: "AWS::AccountId" }] };
    const accepted = { "Fn::If": ["IsAnyAccount", "", listed] };
    const [main = assert.fail()] = of(Resources, "AWS::Lambda::Function");
    const { Variables } = main.Properties["Environment"] as { Variables: Record<string, unknown> };
    assert.deepEqual(Variables["ACCOUNTS"], accepted);
    const [stored, ...others] = of(Resources, "AWS::SSM::Parameter").map(
      ({ Properties }) => Properties,
    );
    assert.deepEqual(others, []);
    const start = `{"format":1,"version":"${packageJson.version}","settings":{"ACCOUNTS":"`;
    const end = ['","NODE_REGION":"', { Ref: "NodeRegion" }, '"}}'];
    assert.deepEqual(stored?.["Value"], { "Fn::Join": ["", [start, accepted, ...end]] });
    const id = { Ref: "ClusterId" };
    assert.deepEqual(stored?.["Name"], {
      "Fn::Join": ["", ["/iam-authenticator/", id, "/settings/", id]],
    });
  });
}

/**
 * https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html,
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
 */
const DESCRIPTIONS = {
  "AWS::Lambda::Version": 256,
  "AWS::Lambda::Alias": 256,
  "AWS::IAM::ManagedPolicy": 1_000,
};
/**
 * The longest names that CloudFormation generates: those services' limits. The `Ref` of a managed
 * policy is its ARN.
 */
const NAMES_OF = { "AWS::CodeDeploy::DeploymentGroup": 100, "AWS::IAM::Policy": 128 } as Record<
  string,
  number
>;
/**
 * `ANPA` and 17 characters:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
const POLICY_ID = 21;

/**
 * The length of the longest value, with any parameters that the template accepts. A region is one of
 * AWS: the function refuses others.
 */
function longest(
  { Parameters, Resources }: Omit<ReleaseTemplate, "Conditions">,
  value: unknown,
): number {
  if (typeof value === "string") return value.length;
  const [[intrinsic, given] = assert.fail()] = Object.entries(value as Record<string, unknown>);
  const all = (values: unknown[]) =>
    values.map((value) => longest({ Parameters, Resources }, value));
  if (intrinsic === "Fn::Join") {
    const [separator, parts] = given as [string, unknown[]];
    return all(parts).reduce((sum, length) => sum + length, separator.length * (parts.length - 1));
  }
  if (intrinsic === "Fn::If") return Math.max(...all((given as unknown[]).slice(1)));
  if (intrinsic === "Fn::GetAtt")
    return (given as string[])[1] === "PolicyId" ? POLICY_ID : assert.fail(`${given}`);
  if (given === "AWS::NoValue") return 0;
  const { [String(given)]: parameter } = Parameters;
  if (parameter === undefined)
    return NAMES_OF[Resources[String(given)]?.Type ?? ""] ?? Number.POSITIVE_INFINITY;
  const { AllowedPattern, AllowedValues, MaxLength, MaxValue } = parameter;
  if (AllowedValues !== undefined) return Math.max(...AllowedValues.map(({ length }) => length));
  if (AllowedPattern === undefined || MaxLength !== undefined)
    return Number(MaxLength ?? String(MaxValue).length);
  const lengths = Array.from({ length: 200 }, (_, at) => at + 1);
  const texts = lengths.flatMap((n) => ["a".repeat(n), Array(n).fill("1".repeat(12)).join()]);
  const accepted = [...texts, ...knownRegions()].filter((text) =>
    new RegExp(`^(?:${AllowedPattern})$`).test(text),
  );
  assert.ok(accepted.length > 0, `no value of ${given} is known`);
  return Math.max(...accepted.map(({ length }) => length));
}

for (const name of NAMES) {
  test(`${name}: no description is too long with the longest cluster id and other parameters`, (t) => {
    const template = templateOf(name);
    let count = 0;
    for (const [type, limit] of Object.entries(DESCRIPTIONS)) {
      for (const { Properties } of of(template.Resources, type)) {
        const length = longest(template, Properties["Description"] ?? "");
        t.diagnostic(`${type}: at most ${length} of ${limit}`);
        assert.ok(length <= limit, `${type}: ${length}`);
        count += 1;
      }
    }
    assert.equal(count, { http: 4, mtls: 5, private: 3, issuer: 2 }[name]);
    assert.equal(longest(template, { Ref: "ClusterId" }), 100);
  });
}

for (const name of ["http", "issuer"] as const) {
  test(`${name}: the template, without hashes and version`, (t) => {
    const path = join(import.meta.dirname, "snapshots", `release-${name}.snapshot`);
    const text = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
    const withoutHashes = (value: unknown) =>
      text(value)
        .replace(/-[\d.]+-[0-9a-f]{8}\.zip/g, ".zip")
        .replace(/[\w+/]{43}=/g, "HASH");
    t.assert.fileSnapshot(flat(templateOf(name)), path, { serializers: [withoutHashes] });
  });
}

test("each template has as many resources of each type as the construct", () => {
  const issuer = issuerOf(() => ({ alarmEmail: "on-call@example.com" }));
  const common = { alarmEmail: "on-call@example.com", quietHours: 24 };
  const constructOf = (kind: (typeof KINDS)[number]) =>
    stackOf(kind, (scope) => {
      if (kind !== "private") return common;
      return {
        ...common,
        endpoint: { kind, vpc: vpcOf(scope, "Vpc"), vpcEndpoint: givenVpcEndpoint(scope) },
      };
    }).template();
  for (const name of NAMES) {
    const construct = name === "issuer" ? issuer.template() : constructOf(name);
    const long = { http: 2, mtls: 3, private: 1, issuer: 0 }[name];
    const expected = [
      ...typesOf(construct.toJSON()["Resources"]),
      ...Array(long).fill("AWS::IAM::ManagedPolicy"),
    ];
    if (name === "http" || name === "mtls") expected.push("AWS::CloudWatch::Alarm");
    assert.deepEqual(typesOf(templateOf(name).Resources), expected.sort(), name);
  }
});

test("required parameters are the cluster, the bucket and those of a kind without a default", () => {
  const required = NAMES.map((name) =>
    Object.entries(templateOf(name).Parameters)
      .filter(([, { Default }]) => Default === undefined)
      .map(([parameter]) => parameter),
  );
  const always = ["CodeBucket", "ClusterId"];
  assert.deepEqual(required, [
    always,
    [
      ...always,
      "DomainName",
      "CertificateArn",
      "TruststoreBucket",
      "TruststoreKey",
      "CallerSubjects",
    ],
    [...always, "VpcEndpointId"],
    always,
  ]);
});

const PAGE = readFileSync(join(ROOT, "docs", "deploy.md"), "utf8");
const [, SECTION = ""] = /^## CloudFormation without CDK\n(.*?)^## /ms.exec(PAGE) ?? [];

test("docs/deploy.md lists exactly the parameters of the templates", () => {
  const documented = [...SECTION.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name = ""]) => name);
  const parameters = NAMES.flatMap((name) => Object.keys(templateOf(name).Parameters));
  assert.deepEqual([...new Set(documented)].sort(), [...new Set(parameters)].sort());
});

test("the deploying role's policy covers every type of resource, and no other service", () => {
  const { Statement } = JSON.parse(read("deploying-role.json")) as {
    Statement: { Effect: string; Action: string[]; Resource: string | string[] }[];
  };
  const allowed = new Set(Statement.flatMap(({ Action }) => Action));
  const types = new Set(
    NAMES.flatMap((name) => Object.values(templateOf(name).Resources).map(({ Type }) => Type)),
  );
  for (const type of types) {
    const needed = ACTIONS[type] ?? assert.fail(type);
    for (const action of needed) assert.ok(allowed.has(action), `${type}: ${action}`);
  }
  assert.deepEqual(Object.keys(ACTIONS).sort(), [...types].sort());
  const message = /^a template contains AWS::EC2::Instance: add its actions/;
  assert.throws(() => deployingPolicy(["AWS::EC2::Instance"]), { message });
  for (const { Action, Resource } of Statement) {
    for (const action of Action) assert.match(action, /^[a-z0-9]+:[A-Za-z0-9]+$/);
    const service = Action[0]?.split(":")[0] ?? "";
    const isLimited =
      ["iam", "lambda", "sns", "ssm"].includes(service) && !Action.includes("sns:Unsubscribe");
    assert.equal(Resource === "*", !isLimited, service);
    // IAM rejects an ARN of another partition.
    if (Resource !== "*")
      for (const arn of Resource) assert.match(arn, /^arn:\*:(iam|lambda|sns|ssm):/);
  }
  const ofParameters = Statement.filter(({ Action }) => Action.includes("ssm:PutParameter"));
  assert.deepEqual(
    ofParameters.map(({ Resource }) => Resource),
    [["arn:*:ssm:*:*:parameter/iam-authenticator/*/settings/*"]],
  );
  // API Gateway creates its role with the first custom domain of an account.
  const [linked, ...others] = Statement.filter(({ Action }) =>
    Action.includes("iam:CreateServiceLinkedRole"),
  );
  assert.deepEqual(others, []);
  assert.deepEqual(linked?.Action, ["iam:CreateServiceLinkedRole"]);
  assert.deepEqual(linked.Resource, [
    "arn:*:iam::*:role/aws-service-role/ops.apigateway.amazonaws.com/*",
  ]);
  assert.ok(allowed.has("s3:GetObjectVersion"), "API Gateway reads TruststoreVersion");
  // Limit of a managed policy, without spaces.
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  const size = JSON.stringify({ Version: "2012-10-17", Statement }).length;
  assert.ok(size <= 6144, `${size} characters`);
});

test("the notes are the section of the version, otherwise the section Unreleased", () => {
  const changelog =
    "# Changelog\n\n## [Unreleased]\n\n- new\n\n## [0.1.0] - 2026-01-01\n\n### Added\n\n- first\n";
  assert.equal(
    releaseNotes(changelog, "0.1.0"),
    "# lambda-iam-authenticator 0.1.0\n\n### Added\n\n- first\n",
  );
  assert.equal(releaseNotes(changelog, "0.2.0"), "# lambda-iam-authenticator 0.2.0\n\n- new\n");
  assert.throws(
    () => releaseNotes("# Changelog\n", "0.2.0"),
    /neither a section \[0\.2\.0\] nor \[Unreleased\]/,
  );
});

function of(resources: ReleaseTemplate["Resources"], type: string): Resource[] {
  return Object.values(resources).filter(({ Type }) => Type === type);
}

/** The targets of every `Ref` and `Fn::GetAtt` in the value. */
function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) =>
    key === "Ref" && typeof entry === "string"
      ? [entry]
      : key === "Fn::GetAtt"
        ? [(entry as [string])[0]]
        : references(entry),
  );
}
