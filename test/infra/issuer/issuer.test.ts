// The issuer's stack and the roles of service accounts: permissions, order of creation, and
// retention.

import "../quick-synth.ts";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { Role } from "aws-cdk-lib/aws-iam";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import { readCluster } from "../../../infra/context/cluster.ts";
import { issuerStack, wantsIssuer } from "../../../infra/context/stacks.ts";
import {
  ServiceAccountRole,
  type ServiceAccountRoleProps,
} from "../../../infra/issuer/service-account-role.ts";
import { CLUSTERS } from "../clusters.ts";
import { ACCOUNT, ENV, issuerOf, REGION } from "../stacks.ts";
import { resource, resources, statements } from "../template.ts";

const plain = issuerOf().template();
const UNDER = `arn:<AWS::Partition>:ssm:${REGION}:${ACCOUNT}:parameter/iam-authenticator/prod`;

test("a failed first deployment leaves nothing that would block the next try", () => {
  assert.doesNotMatch(JSON.stringify(plain.toJSON()), /"DeletionPolicy":"Retain"/);
  // The only fixed name, which would conflict after a stack was deleted.
  const named = resources(plain, "AWS::Logs::LogGroup").filter(
    ({ Properties }) => "LogGroupName" in Properties,
  );
  assert.deepEqual([named.length, named[0]?.DeletionPolicy], [1, "Delete"]);
});

test("the URL survives every update", () => {
  const apisOf = (template: Template) => template.findResources("AWS::ApiGatewayV2::Api");
  // Fixed here: another id would be another API and another URL.
  assert.deepEqual(Object.keys(apisOf(plain)), ["IssuerApi4E919D2A"]);
  const variant = issuerOf(() => ({
    ...{
      logLevel: "debug",
      memorySize: 1024,
      architecture: Architecture.X86_64,
      safeDeployments: false,
    },
    ...{
      throttle: { rateLimit: 1, burstLimit: 1 },
      audiences: ["a", "b"],
      mappingPrefix: "/another/prefix",
    },
  }));
  assert.deepEqual(apisOf(variant.template()), apisOf(plain));
});

test("with a custom domain, that is the issuer, and the API's default endpoint is disabled", () => {
  const { issuer, template: made } = issuerOf((stack) => ({
    domain: {
      domainName: "oidc.example.com",
      certificate: Certificate.fromCertificateArn(
        stack,
        "C",
        `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/1`,
      ),
      hostedZone: HostedZone.fromHostedZoneAttributes(stack, "Z", {
        hostedZoneId: "Z1",
        zoneName: "example.com",
      }),
    },
  }));
  const { url } = issuer;
  assert.equal(url, "https://oidc.example.com");
  const template = made();
  assert.equal(resource(template, "AWS::IAM::OIDCProvider").Properties["Url"], url);
  assert.equal(
    resource(template, "AWS::ApiGatewayV2::Api").Properties["DisableExecuteApiEndpoint"],
    true,
  );
  assert.equal(
    resource(template, "AWS::Route53::RecordSet").Properties["Name"],
    "oidc.example.com.",
  );
  const [provider] = Object.values(template.findResources("AWS::IAM::OIDCProvider"));
  // Before these, IAM would not reach the issuer at its domain.
  for (const type of ["AWS::Route53::RecordSet", "AWS::ApiGatewayV2::ApiMapping"]) {
    const [id = type] = Object.keys(template.findResources(type));
    assert.ok(provider?.["DependsOn"].includes(id), id);
  }
});

test("grantManageKeys is a separate statement, only for the keys", () => {
  const { stack, issuer, template } = issuerOf();
  issuer.grantManageKeys(Role.fromRoleArn(stack, "Team", `arn:aws:iam::${ACCOUNT}:role/Team`));
  const granted = statements(template()).flatMap(({ of, statement }) =>
    of.startsWith("Team") ? statement : [],
  );
  const read = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParameterHistory"];
  const Action = [...read, "ssm:PutParameter", "ssm:DeleteParameter"];
  assert.deepEqual(granted, [
    { Effect: "Allow", Action, Resource: `${UNDER}/issuer/*` },
    { Effect: "Allow", Action: "ssm:GetParametersByPath", Resource: `${UNDER}/issuer` },
  ]);
});

describe("ServiceAccountRole", () => {
  const HOST = "oidc.example.com";
  function roleOf(props: Partial<ServiceAccountRoleProps> = {}) {
    const stack = new Stack(new App(), "Test", ENV);
    const reader = { issuer: "https://oidc.example.com", namespace: "team-a", name: "reader" };
    const { annotations } = new ServiceAccountRole(stack, "Reader", { ...reader, ...props });
    const { AssumeRolePolicyDocument } = resource(
      Template.fromStack(stack),
      "AWS::IAM::Role",
    ).Properties;
    return {
      annotations,
      trust: AssumeRolePolicyDocument as { Statement: [{ Condition: unknown }] },
    };
  }

  test("trusts exactly one subject and one audience of the issuer", () => {
    const subject = "system:serviceaccount:team-a:reader";
    const StringEquals = { [`${HOST}:sub`]: subject, [`${HOST}:aud`]: "sts.amazonaws.com" };
    const statement = {
      ...{ Effect: "Allow", Action: "sts:AssumeRoleWithWebIdentity", Condition: { StringEquals } },
      Principal: { Federated: `arn:<AWS::Partition>:iam::${ACCOUNT}:oidc-provider/${HOST}` },
    };
    assert.deepEqual(roleOf().trust, { Version: "2012-10-17", Statement: [statement] });
  });

  test("a pattern requires allowPattern, and the audience is still exact", () => {
    const problem =
      /the role of team-a\/\*: the service account "\*" is a pattern: every user who can create/;
    assert.throws(() => roleOf({ name: "*" }), problem);
    assert.deepEqual(roleOf({ name: "*", allowPattern: true }).trust.Statement[0].Condition, {
      StringEquals: { [`${HOST}:aud`]: "sts.amazonaws.com" },
      StringLike: { [`${HOST}:sub`]: "system:serviceaccount:team-a:*" },
    });
  });

  test("another audience is in the annotations", () => {
    const audience = "sts.example.com";
    assert.equal(roleOf({ audience }).annotations["eks.amazonaws.com/audience"], audience);
    assert.deepEqual(Object.keys(roleOf().annotations), ["eks.amazonaws.com/role-arn"]);
  });

  test("names that Kubernetes does not accept, and URLs that no token has in `iss`, are refused", () => {
    for (const namespace of ["", "Team", "a/b", "a:b"]) {
      assert.throws(() => roleOf({ namespace }), /is not a Kubernetes name/);
    }
    for (const issuer of [
      "https://oidc.example.com/",
      "http://oidc.example.com",
      "oidc.example.com",
    ]) {
      assert.throws(
        () => roleOf({ issuer }),
        /the issuer of a role must be a URL such as .*, not /,
      );
    }
    const { issuer } = issuerOf();
    assert.throws(() => roleOf({ issuer }), /deploy the issuer first and use its output IssuerUrl/);
  });
});

describe("the app's stack", () => {
  const stackWith = (more: object = {}) =>
    issuerStack(
      new App(),
      readCluster({ clusterId: "prod", account: ACCOUNT, region: REGION, ...more }),
    );

  test("is the same beside every kind of webhook, and always public", () => {
    const templateWith = (more: object) => Template.fromStack(stackWith(more)).toJSON();
    const endpoints = CLUSTERS.flatMap(({ endpoint }) => endpoint ?? []);
    assert.equal(endpoints.length, 2);
    for (const endpoint of endpoints)
      assert.deepEqual(templateWith({ endpoint }), templateWith({}));
  });

  test("is protected against deletion, and uses the cluster's settings", () => {
    const { stackName, terminationProtection } = stackWith();
    assert.deepEqual([stackName, terminationProtection], ["IamAuthenticatorIssuer-prod", true]);
    const stack = stackWith({
      alarms: false,
      safeDeployments: false,
      mappingPrefix: "/kube/auth",
      logLevel: "warn",
    });
    const template = Template.fromStack(stack);
    const { Environment } = resource(template, "AWS::Lambda::Function").Properties;
    assert.partialDeepStrictEqual(Environment, {
      Variables: { MAPPING_PREFIX: "/kube/auth", LOG_LEVEL: "warn" },
    });
    assert.match(JSON.stringify(statements(template)[1]), /:parameter\/kube\/auth\/issuer"/);
    for (const type of ["AWS::CodeDeploy::DeploymentGroup", "AWS::CloudWatch::Alarm"])
      template.resourceCountIs(type, 0);
  });

  test("has the authenticator's suffix, and never its stack name", () => {
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
