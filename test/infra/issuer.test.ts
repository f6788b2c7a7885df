// The issuer's stack and the roles of service accounts: permissions, order of creation, and retention.

import "./quick-synth.ts";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { App, Stack, Validations } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import { Topic } from "aws-cdk-lib/aws-sns";
import { AwsSolutionsChecks } from "cdk-nag";
import { type ClusterContext, readCluster } from "../../infra/context/cluster.ts";
import { issuerStack, wantsIssuer } from "../../infra/issuer/issuer-stack.ts";
import { ServiceAccountIssuer, type ServiceAccountIssuerProps } from "../../infra/issuer/service-account-issuer.ts";
import { ServiceAccountRole, type ServiceAccountRoleProps } from "../../infra/issuer/service-account-role.ts";
import { alarmsOf, key } from "./cloudwatch.ts";
import { CLUSTERS } from "./clusters.ts";
import { ACCOUNT, REGION, stackOf } from "./stacks.ts";
import { output, resource, resources, statements } from "./template.ts";

const outdir = mkdtempSync(join(tmpdir(), "issuer-"));
after(() => rmSync(outdir, { recursive: true }));

function issuerOf(props: Partial<ServiceAccountIssuerProps> = {}, app = new App()) {
  const stack = new Stack(app, "Test", { env: { account: ACCOUNT, region: REGION } });
  const issuer = new ServiceAccountIssuer(stack, "Issuer", { clusterId: "prod", ...props });
  return { app, stack, issuer, template: () => Template.fromStack(stack) };
}

const plain = issuerOf().template();
const API_URL = "<IssuerApi.ApiEndpoint>";
const UNDER = `arn:<AWS::Partition>:ssm:${REGION}:${ACCOUNT}:parameter/iam-authenticator/prod`;

test("the function can only list the issuer's keys and write its log", () => {
  assert.deepEqual(
    statements(plain).map(({ statement }) => statement),
    [
      { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "<IssuerLog.Arn>" },
      { Effect: "Allow", Action: "ssm:GetParametersByPath", Resource: `${UNDER}/issuer` },
    ],
  );
});

test("the stack uses alarms, memorySize and terminationProtection of its cluster, and is protected by default", () => {
  const stackWith = (more: Partial<ClusterContext>) =>
    issuerStack(new App(), readCluster({ clusterId: "prod", account: ACCOUNT, region: REGION, ...more }));
  const quiet = stackWith({ alarms: false, memorySize: 1_024, terminationProtection: false });
  const template = Template.fromStack(quiet);
  assert.deepEqual(
    alarmsOf(template).map(({ id }) => id),
    ["IssuerNewVersionErrors"],
  );
  assert.equal(resource(template, "AWS::Lambda::Function").Properties["MemorySize"], 1_024);
  assert.equal(quiet.terminationProtection, false);
  assert.equal(stackWith({}).terminationProtection, true);
  assert.equal(alarmsOf(Template.fromStack(stackWith({ alarms: true }))).length, 3);
});

test("another prefix changes the permission", () => {
  const [, read] = statements(issuerOf({ mappingPrefix: "/kube/auth" }).template());
  assert.deepEqual(
    (read?.statement as { Resource: string } | undefined)?.Resource,
    `arn:<AWS::Partition>:ssm:${REGION}:${ACCOUNT}:parameter/kube/auth/issuer`,
  );
});

test("the function has its URL, and runs the issuer's bundle", () => {
  const { Properties } = resource(plain, "AWS::Lambda::Function");
  assert.deepEqual(Properties["Environment"], {
    Variables: { CLUSTER_ID: "prod", ISSUER_URL: API_URL, AWS_ENDPOINT_URL_SSM: "" },
  });
  assert.deepEqual(
    [Properties["Runtime"], Properties["Handler"], Properties["Timeout"]],
    ["nodejs24.x", "index.handler", 5],
  );
});

test("the API has GET routes of the two documents, a throttle and an access log", () => {
  assert.deepEqual(
    resources(plain, "AWS::ApiGatewayV2::Route").map(({ Properties }) => [
      Properties["RouteKey"],
      Properties["AuthorizationType"],
    ]),
    [
      ["GET /.well-known/openid-configuration", "NONE"],
      ["GET /openid/v1/jwks", "NONE"],
    ],
  );
  const { Properties } = resource(plain, "AWS::ApiGatewayV2::Stage");
  assert.deepEqual(Properties["DefaultRouteSettings"], { ThrottlingBurstLimit: 200, ThrottlingRateLimit: 100 });
  const { DestinationArn } = Properties["AccessLogSettings"] as { DestinationArn: string };
  assert.match(DestinationArn, /^arn:<AWS::Partition>:logs:.*:log-group:<IssuerAccessLog>$/);
});

test("the provider in IAM has the issuer's URL and AWS's audience, and no thumbprint", () => {
  assert.deepEqual(resource(plain, "AWS::IAM::OIDCProvider").Properties, {
    ClientIdList: ["sts.amazonaws.com"],
    Url: API_URL,
  });
});

test("the provider is created after the routes, the stage and the permission to invoke the function", () => {
  const [provider] = Object.values(plain.findResources("AWS::IAM::OIDCProvider"));
  const depends: string[] = provider?.["DependsOn"] ?? [];
  for (const type of [
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Lambda::Permission",
    "AWS::ApiGatewayV2::Integration",
  ]) {
    const ids = Object.keys(plain.findResources(type));
    assert.ok(ids.length > 0);
    for (const id of ids) assert.ok(depends.includes(id), `${id} is not before the provider`);
  }
});

test("all resources of the URL are retained when the stack is deleted or a resource replaced", () => {
  for (const type of [
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Integration",
    "AWS::Lambda::Function",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Permission",
    "AWS::IAM::Role",
    "AWS::IAM::Policy",
    "AWS::IAM::OIDCProvider",
  ]) {
    const found = Object.entries(plain.findResources(type)).filter(([id]) => !id.includes("Deployment"));
    assert.ok(found.length > 0, type);
    for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of found) {
      assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ["RetainExceptOnCreate", "Retain"], id);
    }
  }
});

test("a failed first deployment leaves no provider and no used name that would block the next try", () => {
  const left = Object.entries(plain.toJSON()["Resources"] as Record<string, { DeletionPolicy?: string }>).filter(
    ([, { DeletionPolicy }]) => DeletionPolicy === "Retain",
  );
  assert.deepEqual(left, []);
  // The only fixed name, which would conflict after a stack was deleted.
  const [accessLog, ...others] = Object.entries(plain.findResources("AWS::Logs::LogGroup")).filter(
    ([, { Properties }]) => Properties?.["LogGroupName"] !== undefined,
  );
  assert.deepEqual([others, accessLog?.[1]["DeletionPolicy"]], [[], "Delete"]);
});

test("the URL survives every update: the API keeps its logical id and the properties that would replace it", () => {
  const [id, ...others] = Object.keys(plain.findResources("AWS::ApiGatewayV2::Api"));
  assert.equal(others.length, 0);
  // Fixed here: another id would be another API and another URL.
  assert.equal(id, "IssuerApi4E919D2A");
  const variants: Partial<ServiceAccountIssuerProps>[] = [
    { logLevel: "debug", memorySize: 1024, architecture: Architecture.X86_64 },
    { throttle: { rateLimit: 1, burstLimit: 1 }, audiences: ["a", "b"] },
    { mappingPrefix: "/another/prefix", safeDeployments: false },
  ];
  for (const variant of variants) {
    const apis = issuerOf(variant).template().findResources("AWS::ApiGatewayV2::Api");
    assert.deepEqual(apis, plain.findResources("AWS::ApiGatewayV2::Api"));
  }
});

test("with a custom domain, that is the issuer, and the API's default endpoint is disabled", () => {
  const app = new App();
  const stack = new Stack(app, "Test", { env: { account: ACCOUNT, region: REGION } });
  const { url } = new ServiceAccountIssuer(stack, "Issuer", {
    clusterId: "prod",
    domain: {
      domainName: "oidc.example.com",
      certificate: Certificate.fromCertificateArn(stack, "C", `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/1`),
      hostedZone: HostedZone.fromHostedZoneAttributes(stack, "Z", { hostedZoneId: "Z1", zoneName: "example.com" }),
    },
  });
  assert.equal(url, "https://oidc.example.com");
  const template = Template.fromStack(stack);
  assert.equal(resource(template, "AWS::IAM::OIDCProvider").Properties["Url"], url);
  assert.equal(resource(template, "AWS::ApiGatewayV2::Api").Properties["DisableExecuteApiEndpoint"], true);
  assert.equal(resource(template, "AWS::Route53::RecordSet").Properties["Name"], "oidc.example.com.");
  const [provider] = Object.values(template.findResources("AWS::IAM::OIDCProvider"));
  // Before these, IAM would not reach the issuer at its domain.
  for (const type of ["AWS::Route53::RecordSet", "AWS::ApiGatewayV2::ApiMapping"]) {
    const [id = type] = Object.keys(template.findResources(type));
    assert.ok(provider?.["DependsOn"].includes(id), id);
  }
});

test("a domain that AWS would not accept fails at synth", () => {
  const stack = new Stack(new App(), "Test");
  const certificate = Certificate.fromCertificateArn(stack, "C", "arn:aws:acm:eu-west-1:111122223333:certificate/1");
  const domain = { domainName: "OIDC.example.com", certificate };
  assert.throws(
    () => new ServiceAccountIssuer(stack, "I", { clusterId: "prod", domain }),
    /domainName must be a host name in lower case, not OIDC\.example\.com/,
  );
});

test("outputs: the URL, kube-apiserver's flags, the provider, and the prefix of its keys", () => {
  assert.equal(output(plain, "IssuerUrl"), API_URL);
  assert.equal(
    output(plain, "IssuerFlags"),
    `--service-account-issuer=${API_URL} ` +
      "--service-account-issuer=<the current issuer; omit this flag for a new cluster> " +
      `--service-account-jwks-uri=${API_URL}/openid/v1/jwks`,
  );
  assert.equal(output(plain, "ProviderArn"), "<IssuerProvider.Arn>");
  assert.equal(output(plain, "ParameterPrefix"), "/iam-authenticator/prod");
});

test("alarms: the API fails, keys are invalid, and a new version crashes; the topic receives the first two", () => {
  const { stack, template } = issuerOf();
  const topic = Topic.fromTopicArn(stack, "Topic", `arn:aws:sns:${REGION}:${ACCOUNT}:on-call`);
  new ServiceAccountIssuer(stack, "Other", { clusterId: "other", alarmTopic: topic });
  const rows = resources(template(), "AWS::CloudWatch::Alarm")
    .map(({ Properties }) => Properties)
    .map((alarm) => [alarm["MetricName"], alarm["Threshold"], alarm["Period"], alarm["AlarmActions"] !== undefined]);
  const of = (notifies: boolean) => [
    ["5xx", 1, 300, notifies],
    ["InvalidIssuerKeys", 1, 300, notifies],
    ["Errors", 3, 600, false],
  ];
  assert.deepEqual(rows.sort(), [...of(false), ...of(true)].sort());
});

test("alarms that notify: two of three periods with one bad request each", () => {
  const [failing, invalid] = alarmsOf(plain);
  const api = key("AWS/ApiGateway", "5xx", { ApiId: "<IssuerApi>" });
  const keys = key("LambdaIamAuthenticator", "InvalidIssuerKeys", { ClusterId: "prod" });
  const data = (metric: string, ...times: number[]) => times.map((at) => ({ at, metric, value: 1 }));
  for (const [alarm, own, other] of [
    [failing, api, keys],
    [invalid, keys, api],
  ] as const) {
    assert.equal(alarm?.fires(data(own, 10, 400), 600), true);
    assert.equal(alarm?.fires(data(own, 10), 600), false);
    assert.equal(alarm?.fires(data(other, 10, 400), 600), false);
  }
});

describe("permission to write keys", () => {
  function rightsOf(
    grant: (team: ReturnType<typeof Role.fromRoleArn>) => void,
    { stack, template }: ReturnType<typeof issuerOf> | ReturnType<typeof stackOf>,
  ) {
    grant(Role.fromRoleArn(stack, "Team", `arn:aws:iam::${ACCOUNT}:role/Team`));
    return statements(template())
      .filter(({ of }) => of.startsWith("Team"))
      .map(({ statement }) => statement);
  }

  test("grantManageKeys is a separate statement, only for the keys", () => {
    const made = issuerOf();
    assert.deepEqual(
      rightsOf((team) => made.issuer.grantManageKeys(team), made),
      [
        {
          Effect: "Allow",
          Action: [
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:GetParameterHistory",
            "ssm:PutParameter",
            "ssm:DeleteParameter",
          ],
          Resource: `${UNDER}/issuer/*`,
        },
        { Effect: "Allow", Action: "ssm:GetParametersByPath", Resource: `${UNDER}/issuer` },
      ],
    );
  });

  test("a principal to which CDK cannot grant permissions is refused at synth", () => {
    const { stack, issuer } = issuerOf();
    const foreign = Role.fromRoleArn(stack, "Foreign", "arn:aws:iam::444455556666:role/Team");
    assert.throws(() => issuer.grantManageKeys(foreign), /^Error: grantManageKeys: .* not of 444455556666/);
    const service = new ServicePrincipal("ec2.amazonaws.com");
    assert.throws(() => issuer.grantManageKeys(service), /^Error: grantManageKeys: the grantee must be an IAM role/);
  });

  for (const [what, options] of [
    ["all mappings", {}],
    ["one account's", { account: "444455556666" }],
  ] as const) {
    test(`grantManageMappings of ${what} cannot write an issuer's keys`, () => {
      const made = stackOf("http");
      const granted = rightsOf((team) => made.authenticator.grantManageMappings(team, options), made) as {
        Action: string | string[];
        Resource: string | string[];
      }[];
      const writes = granted.filter(({ Action }) => [Action].flat().some((one) => /Put|Delete/.test(one)));
      assert.ok(writes.length > 0);
      const name = `arn:<AWS::Partition>:ssm:${REGION}:${ACCOUNT}:parameter/iam-authenticator/prod.example/issuer/kid`;
      for (const pattern of writes.flatMap(({ Resource }) => [Resource].flat())) {
        const matches = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
        assert.doesNotMatch(name, matches);
      }
    });
  }
});

test("cdk-nag has no findings", () => {
  const app = new App({ outdir: mkdtempSync(join(outdir, "app-")) });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { stack, issuer } = issuerOf({}, app);
  issuer.grantManageKeys(Role.fromRoleArn(stack, "Team", `arn:aws:iam::${ACCOUNT}:role/Team`));
  new ServiceAccountRole(stack, "Reader", { issuer: "https://oidc.example.com", namespace: "a", name: "b" });
  try {
    app.synth();
  } catch (error) {
    assert.match(String(error), /ValidationFailed/);
  }
  const { pluginReports } = JSON.parse(readFileSync(join(app.outdir, "validation-report.json"), "utf8"));
  const found = pluginReports.flatMap(
    ({ violations }: { violations: { ruleName: string; violatingConstructs: { constructPath: string }[] }[] }) =>
      violations.flatMap(({ ruleName, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
      ),
  );
  // The role of the app's team has a wildcard below the issuer's path.
  assert.deepEqual(
    found.filter((finding: string) => !finding.includes("Test/Team/")),
    [],
  );
});

describe("ServiceAccountRole", () => {
  function roleOf(props: Partial<ServiceAccountRoleProps> = {}) {
    const stack = new Stack(new App(), "Test", { env: { account: ACCOUNT, region: REGION } });
    const made = new ServiceAccountRole(stack, "Reader", {
      issuer: "https://oidc.example.com",
      namespace: "team-a",
      name: "reader",
      ...props,
    });
    return { made, role: resource(Template.fromStack(stack), "AWS::IAM::Role").Properties };
  }

  test("trusts exactly one subject and one audience of the issuer", () => {
    assert.deepEqual(roleOf().role["AssumeRolePolicyDocument"], {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "sts:AssumeRoleWithWebIdentity",
          Principal: { Federated: `arn:<AWS::Partition>:iam::${ACCOUNT}:oidc-provider/oidc.example.com` },
          Condition: {
            StringEquals: {
              "oidc.example.com:sub": "system:serviceaccount:team-a:reader",
              "oidc.example.com:aud": "sts.amazonaws.com",
            },
          },
        },
      ],
    });
  });

  test("a pattern requires allowPattern, and the audience is still exact", () => {
    assert.throws(
      () => roleOf({ name: "*" }),
      /the role of team-a\/\*: the service account "\*" is a pattern: every user who can create/,
    );
    const document = roleOf({ name: "*", allowPattern: true }).role["AssumeRolePolicyDocument"] as {
      Statement: [{ Condition: unknown }];
    };
    assert.deepEqual(document.Statement[0].Condition, {
      StringEquals: { "oidc.example.com:aud": "sts.amazonaws.com" },
      StringLike: { "oidc.example.com:sub": "system:serviceaccount:team-a:*" },
    });
  });

  test("a name that is not a Kubernetes name fails at synth", () => {
    for (const namespace of ["", "Team", "a/b", "a:b"]) {
      assert.throws(() => roleOf({ namespace }), /is not a Kubernetes name/);
    }
  });

  test("another audience is in the trust policy and in the annotations", () => {
    const { made } = roleOf({ audience: "sts.example.com" });
    assert.equal(made.annotations["eks.amazonaws.com/audience"], "sts.example.com");
    assert.deepEqual(Object.keys(roleOf().made.annotations), ["eks.amazonaws.com/role-arn"]);
  });

  test("a URL that no token has in `iss` is refused: IAM compares it character by character", () => {
    for (const issuer of ["https://oidc.example.com/", "http://oidc.example.com", "oidc.example.com"]) {
      assert.throws(() => roleOf({ issuer }), /the issuer of a role must be a URL such as .*, not /);
    }
  });

  test("an issuer whose URL is not known at synth is refused with advice", () => {
    const { stack, issuer } = issuerOf();
    const props = { issuer, namespace: "a", name: "b" };
    assert.throws(
      () => new ServiceAccountRole(stack, "R", props),
      /deploy the issuer first and use its output IssuerUrl/,
    );
  });
});

describe("the app's stack", () => {
  test("is IamAuthenticatorIssuer-<clusterId>, protected against deletion, with outputs of plain names", () => {
    const stack = issuerStack(new App(), { clusterId: "prod", account: ACCOUNT, region: REGION });
    assert.equal(stack.stackName, "IamAuthenticatorIssuer-prod");
    assert.equal(stack.terminationProtection, true);
    assert.deepEqual(Object.keys(Template.fromStack(stack).findResources("AWS::ApiGatewayV2::Api")), [
      "IssuerApi4E919D2A",
    ]);
    assert.deepEqual(Object.keys(Template.fromStack(stack).findOutputs("*")).sort(), [
      "IssuerFlags",
      "IssuerUrl",
      "ParameterPrefix",
      "ProviderArn",
    ]);
  });

  test("is the same beside every kind of webhook, and always public", () => {
    const of = (endpoint?: ClusterContext["endpoint"]) =>
      Template.fromStack(
        issuerStack(new App(), { clusterId: "prod", region: REGION, ...(endpoint !== undefined && { endpoint }) }),
      ).toJSON();
    const plainStack = of();
    for (const { endpoint } of CLUSTERS) {
      if (endpoint !== undefined)
        assert.deepEqual(of(readCluster({ clusterId: "prod", endpoint }).endpoint), plainStack);
    }
    assert.ok(CLUSTERS.filter(({ endpoint }) => endpoint !== undefined).length >= 2);
  });

  test("uses the cluster's settings that also apply to the issuer", () => {
    const settings = {
      architecture: "x86_64",
      safeDeployments: false,
      mappingPrefix: "/kube/auth",
      logLevel: "warn",
      logRetentionDays: 365,
      tags: { team: "platform" },
    } as const;
    const stack = issuerStack(new App(), { clusterId: "prod", region: REGION, ...settings });
    const template = Template.fromStack(stack);
    const { Properties } = resource(template, "AWS::Lambda::Function");
    assert.deepEqual(Properties["Architectures"], ["x86_64"]);
    const { Variables } = Properties["Environment"] as { Variables: Record<string, string> };
    assert.deepEqual([Variables["MAPPING_PREFIX"], Variables["LOG_LEVEL"]], ["/kube/auth", "warn"]);
    template.resourceCountIs("AWS::CodeDeploy::DeploymentGroup", 0);
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 365 });
    assert.deepEqual(stack.tags.tagValues(), { team: "platform" });
  });

  test("has the authenticator's suffix for an id that is not a stack name, and never the authenticator's stack name", () => {
    const { stackName } = issuerStack(new App(), { clusterId: "prod.example", stackName: "Auth" });
    assert.match(stackName, /^IamAuthenticatorIssuer-prod-example-[0-9a-f]{8}$/);
  });

  test("exists with -c issuer=true and with issuer: true in the list, and not otherwise", () => {
    const cluster = { clusterId: "prod" };
    const app = (issuer?: unknown) => new App({ context: issuer === undefined ? {} : { issuer } });
    assert.equal(wantsIssuer(app(), cluster), false);
    assert.equal(wantsIssuer(app("true"), cluster), true);
    assert.equal(wantsIssuer(app("false"), { ...cluster, issuer: true }), false);
    assert.equal(wantsIssuer(app(), { ...cluster, issuer: true }), true);
    assert.throws(() => wantsIssuer(app("yes"), cluster), /-c issuer must be true or false/);
  });
});
