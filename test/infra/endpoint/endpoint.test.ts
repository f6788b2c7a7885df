// The three kinds of endpoint: access, throttle and logs, and a change from one to another.

import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import { Construct } from "constructs";
import { responseParameters } from "../../../infra/endpoint/http-endpoint.ts";
import { IamAuthenticator } from "../../../infra/iam-authenticator.ts";
import {
  ACCOUNT,
  ENV,
  endpointOf,
  givenVpcEndpoint,
  KINDS,
  type Kind,
  stackOf,
  templateOf,
  vpcOf,
} from "../stacks.ts";
import { output, type Resource, resource, resources } from "../template.ts";

for (const kind of KINDS) {
  test(`${kind}: has the chosen throttle, or a default that depends on reserved concurrency`, () => {
    for (const [props, ThrottlingRateLimit, ThrottlingBurstLimit] of [
      [{}, 150, 50],
      [{ reservedConcurrency: false }, 150, 50],
      [{ reservedConcurrency: 8 }, 200, 2_000],
      [{ throttle: { rateLimit: 5, burstLimit: 7 }, reservedConcurrency: 20 }, 5, 7],
    ] as const) {
      const stage = kind === "private" ? "AWS::ApiGateway::Stage" : "AWS::ApiGatewayV2::Stage";
      const { DefaultRouteSettings, MethodSettings } = resource(
        stackOf(kind, props).template(),
        stage,
      ).Properties;
      const [settings] = (MethodSettings ?? [DefaultRouteSettings]) as [object];
      assert.partialDeepStrictEqual(settings, { ThrottlingRateLimit, ThrottlingBurstLimit });
    }
  });
}

test("mtls: the domain requires a certificate that the truststore accepts", () => {
  const template = templateOf("mtls");
  assert.equal(
    resource(template, "AWS::ApiGatewayV2::Api").Properties["DisableExecuteApiEndpoint"],
    true,
  );
  const { MutualTlsAuthentication } = resource(
    template,
    "AWS::ApiGatewayV2::DomainName",
  ).Properties;
  assert.deepEqual(MutualTlsAuthentication, {
    TruststoreUri: "s3://trust/ca.pem",
    TruststoreVersion: "v1",
  });
});

test("private: accepts requests only through one VPC endpoint", () => {
  const { Policy, EndpointConfiguration } = resource(
    templateOf("private"),
    "AWS::ApiGateway::RestApi",
  ).Properties;
  const vpcEndpoint = "<AuthenticatorPrivateVpcEndpoint>";
  const { Statement } = Policy as { Statement: object[] };
  assert.deepEqual(Statement[1], {
    ...{
      Effect: "Deny",
      Action: "execute-api:Invoke",
      Principal: { AWS: "*" },
      Resource: "execute-api:/*",
    },
    Condition: { StringNotEquals: { "aws:SourceVpce": vpcEndpoint } },
  });
  assert.deepEqual(EndpointConfiguration, { Types: ["PRIVATE"], VpcEndpointIds: [vpcEndpoint] });
});

test("private: uses a given VPC endpoint", () => {
  const template = stackOf("private", (scope) => ({
    endpoint: {
      kind: "private",
      vpc: vpcOf(scope, "ControlPlaneVpc"),
      vpcEndpoint: givenVpcEndpoint(scope),
    },
  })).template();
  assert.deepEqual(resources(template, "AWS::EC2::VPCEndpoint"), []);
  const url = /^https:\/\/<AuthenticatorPrivateApi>-vpce-0123456789abcdef0\.execute-api\./;
  assert.match(output(template, "Endpoint"), url);
});

test("private: bodies, which contain tokens, are never logged", () => {
  const { MethodSettings } = resource(templateOf("private"), "AWS::ApiGateway::Stage").Properties;
  assert.partialDeepStrictEqual(MethodSettings, [
    { DataTraceEnabled: false, LoggingLevel: "ERROR" },
  ]);
});

test("private: the account's log role is overwritten only on request", () => {
  assert.deepEqual(resources(templateOf("private"), "AWS::ApiGateway::Account"), []);
  const chosen = stackOf("private", (scope) => ({
    endpoint: { kind: "private", vpc: vpcOf(scope, "ControlPlaneVpc"), accountLogRole: true },
  })).template();
  // The role is retained when the stack is deleted: other APIs of the account can use it by then.
  assert.equal(resource(chosen, "AWS::ApiGateway::Account").DeletionPolicy, "Retain");
  const policies = resources(chosen, "AWS::IAM::Role").flatMap(
    ({ Properties }) => Properties["ManagedPolicyArns"],
  );
  const pushes =
    "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs";
  assert.ok(policies.includes(pushes));
});

for (const [accountLogRole, count] of [
  [undefined, 1],
  [false, 0],
  [true, 0],
] as const) {
  test(`private: accountLogRole ${accountLogRole}: synth ${count === 0 ? "does not warn" : "warns"} of a missing log role`, () => {
    const { stack } = stackOf("private", (scope) => ({
      endpoint: {
        kind: "private",
        vpc: vpcOf(scope, "ControlPlaneVpc"),
        ...(accountLogRole !== undefined && { accountLogRole }),
      },
    }));
    const text = Match.stringLikeRegexp("get-account --query cloudwatchRoleArn");
    assert.equal(Annotations.fromStack(stack).findWarning("*", text).length, count);
  });
}

test("each kind, stack and cluster has a separate access log below /aws/vendedlogs/", () => {
  const app = new App();
  const stacks = ["One", "Two"].map((id) => new Stack(app, id, ENV));
  for (const stack of stacks) {
    for (const clusterId of ["a", "b"]) {
      const endpoint = endpointOf("mtls", new Construct(stack, clusterId));
      new IamAuthenticator(stack, `Of-${clusterId}`, {
        clusterId,
        endpoint,
        formerEndpoint: { kind: "http" },
      });
    }
  }
  const names = stacks
    .flatMap((stack) =>
      resources(Template.fromStack(stack), "AWS::Logs::LogGroup").map((log) => ({ stack, log })),
    )
    .filter(({ log }) => log.Properties["LogGroupName"] !== undefined)
    // The values of CloudFormation, also for two stacks from one template.
    .map(({ stack, log }) =>
      String(log.Properties["LogGroupName"]).replace("<AWS::StackName>", stack.stackName),
    );
  assert.deepEqual([names.length, new Set(names).size], [8, 8]);
  for (const name of names)
    assert.match(name, /^\/aws\/vendedlogs\/iam-authenticator\/(One|Two)-[0-9a-f]{8}$/);
});

/** One deployment of the same stack, with mappings and callers as code. */
function deployed(
  kind: Kind,
  formerKind?: Kind,
): Map<string, Pick<Resource, "Type" | "Properties">> {
  const stack = new Stack(new App(), "Test", ENV);
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    clusterId: "prod",
    endpoint: endpointOf(kind, stack),
    ...(formerKind !== undefined && {
      formerEndpoint: endpointOf(formerKind, new Construct(stack, "Former")),
    }),
  });
  authenticator.addAccountMapping(ACCOUNT);
  authenticator.addCaller({ name: "control-plane", sha256: "0".repeat(64) });
  return new Map(Object.entries(Template.fromStack(stack).toJSON()["Resources"]));
}

const CHANGES = KINDS.flatMap((from) =>
  KINDS.filter((to) => to !== from).map((to) => [from, to] as const),
);

for (const [from, to] of CHANGES) {
  test(`${from} to ${to} replaces all logical ids except the stack's parameters`, () => {
    const old = deployed(from);
    const now = deployed(to);
    const both = deployed(to, from);
    const shared = [...now].filter(([id]) => old.has(id));
    const types = shared.map(([, { Type }]) => Type);
    // An account, the callers and the function's settings, which are those of the current endpoint
    // and change after its alias.
    assert.deepEqual(types, Array(3).fill("AWS::SSM::Parameter"));
    for (const [id, { Properties }] of shared)
      assert.deepEqual(Properties, old.get(id)?.Properties);
    for (const [id, resource] of new Map([...old, ...now]))
      assert.deepEqual(both.get(id), resource, id);
    assert.equal(both.size, new Set([...old.keys(), ...now.keys()]).size);
  });
}

test("API Gateway answers its own errors with a 500 or a redirect", () => {
  const mapped = (failoverUrl: string | undefined) =>
    Object.entries<{ ResponseParameters: { Destination: string; Source: string }[] }>(
      responseParameters(failoverUrl),
    ).map(([status, { ResponseParameters }]) => [
      status,
      ...ResponseParameters.map(({ Destination, Source }) => `${Destination} ${Source}`),
    ]);
  const retried = "overwrite:statuscode 500";
  assert.deepEqual(
    mapped(undefined),
    ["500", "502", "503", "504"].map((status) => [status, retried]),
  );
  const url = "https://standby.example.com/authenticate";
  const redirected = ["overwrite:statuscode 307", `overwrite:header.location ${url}`];
  assert.deepEqual(mapped(url), [
    ["500", retried],
    ...["502", "503", "504"].map((status) => [status, ...redirected]),
  ]);
});
