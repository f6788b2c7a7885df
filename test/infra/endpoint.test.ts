// The three kinds of endpoint: access, throttle and logs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Construct } from "constructs";
import { IamAuthenticator } from "../../infra/iam-authenticator.ts";
import { ACCOUNT, endpointOf, givenVpcEndpoint, KINDS, REGION, SCOPES, stackOf, templateOf, vpcOf } from "./stacks.ts";
import { output, resource, resources } from "./template.ts";

const STAGES = {
  http: "AWS::ApiGatewayV2::Stage",
  mtls: "AWS::ApiGatewayV2::Stage",
  private: "AWS::ApiGateway::Stage",
};

/** The place of the throttle in both kinds of API. */
function throttle(properties: Readonly<Record<string, unknown>>) {
  const { DefaultRouteSettings, MethodSettings } = properties as {
    DefaultRouteSettings?: Record<string, unknown>;
    MethodSettings?: Record<string, unknown>[];
  };
  const settings = DefaultRouteSettings ?? MethodSettings?.[0];
  return [settings?.["ThrottlingRateLimit"], settings?.["ThrottlingBurstLimit"]];
}

for (const kind of KINDS) {
  test(`${kind}: has the chosen throttle, or a default that depends on reserved concurrency`, () => {
    const byDefault = resource(templateOf(kind), STAGES[kind]).Properties;
    assert.deepEqual(throttle(byDefault), [200, 2_000]);
    const unbounded = stackOf(kind, { reservedConcurrency: false }).template();
    assert.deepEqual(throttle(resource(unbounded, STAGES[kind]).Properties), [150, 50]);
    const chosen = stackOf(kind, { throttle: { rateLimit: 5, burstLimit: 7 }, reservedConcurrency: 20 }).template();
    assert.deepEqual(throttle(resource(chosen, STAGES[kind]).Properties), [5, 7]);
  });

  test(`${kind}: the access log has caller, time and result, and no headers or bodies`, () => {
    const { AccessLogSettings, AccessLogSetting } = resource(templateOf(kind), STAGES[kind]).Properties;
    const { Format, DestinationArn } = (AccessLogSettings ?? AccessLogSetting) as Record<string, string>;
    // Without the `:*` of the log group's attribute, which API Gateway does not store.
    assert.match(
      DestinationArn ?? "",
      new RegExp(`^arn:<AWS::Partition>:logs:.*:log-group:<${SCOPES[kind]}AccessLog>$`),
    );
    assert.deepEqual(Object.keys(JSON.parse(Format ?? "")), [
      "time",
      "requestId",
      "sourceIp",
      "method",
      "path",
      "status",
      "responseLatency",
      "integrationLatency",
      "integrationError",
      "clientSubject",
    ]);
    assert.doesNotMatch(Format ?? "", /authorizer|header|body|querystring/i);
  });
}

for (const kind of ["http", "mtls"] as const) {
  test(`${kind}: a 503 becomes a 500, which kube-apiserver retries`, () => {
    const { ResponseParameters } = resource(templateOf(kind), "AWS::ApiGatewayV2::Integration").Properties;
    const mapped = { ResponseParameters: [{ Destination: "overwrite:statuscode", Source: "500" }] };
    assert.deepEqual(ResponseParameters, { "503": mapped });
  });
}

test("private: every 5xx of the gateway becomes a 500, which kube-apiserver retries", () => {
  const { ResponseType, StatusCode } = resource(templateOf("private"), "AWS::ApiGateway::GatewayResponse").Properties;
  assert.deepEqual([ResponseType, StatusCode], ["DEFAULT_5XX", "500"]);
});

test("http: one route, POST /authenticate, with payload 2.0, on the default endpoint", () => {
  const template = templateOf("http");
  assert.equal(resource(template, "AWS::ApiGatewayV2::Route").Properties["RouteKey"], "POST /authenticate");
  assert.equal(resource(template, "AWS::ApiGatewayV2::Integration").Properties["PayloadFormatVersion"], "2.0");
  assert.equal(resource(template, "AWS::ApiGatewayV2::Api").Properties["DisableExecuteApiEndpoint"], false);
});

test("mtls: the default endpoint is disabled, and the domain requires a certificate that the truststore accepts", () => {
  const template = templateOf("mtls");
  assert.equal(resource(template, "AWS::ApiGatewayV2::Api").Properties["DisableExecuteApiEndpoint"], true);
  assert.deepEqual(resource(template, "AWS::ApiGatewayV2::DomainName").Properties, {
    DomainName: "authenticator.example.com",
    DomainNameConfigurations: [
      {
        CertificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012",
        EndpointType: "REGIONAL",
        SecurityPolicy: "TLS_1_2",
      },
    ],
    MutualTlsAuthentication: { TruststoreUri: "s3://trust/ca.pem", TruststoreVersion: "v1" },
  });
  assert.equal(resource(template, "AWS::Route53::RecordSet").Properties["Name"], "authenticator.example.com.");
});

test("private: accepts requests only through one VPC endpoint, whatever permissions the caller has", () => {
  const template = templateOf("private");
  const { Policy, EndpointConfiguration } = resource(template, "AWS::ApiGateway::RestApi").Properties;
  const anyone = { Action: "execute-api:Invoke", Principal: { AWS: "*" }, Resource: "execute-api:/*" };
  assert.deepEqual(Policy, {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", ...anyone },
      {
        Effect: "Deny",
        ...anyone,
        Condition: { StringNotEquals: { "aws:SourceVpce": "<AuthenticatorPrivateVpcEndpoint>" } },
      },
    ],
  });
  assert.deepEqual(EndpointConfiguration, {
    Types: ["PRIVATE"],
    VpcEndpointIds: ["<AuthenticatorPrivateVpcEndpoint>"],
  });
});

test("private: the created endpoint allows the VPC on port 443, and does not change its DNS", () => {
  const template = templateOf("private");
  const { PrivateDnsEnabled, ServiceName } = resource(template, "AWS::EC2::VPCEndpoint").Properties;
  assert.deepEqual([PrivateDnsEnabled, ServiceName], [false, "com.amazonaws.eu-west-1.execute-api"]);
  const ingress = resource(template, "AWS::EC2::SecurityGroup").Properties["SecurityGroupIngress"];
  assert.deepEqual(ingress, [
    { CidrIp: "10.0.0.0/16", Description: "from 10.0.0.0/16:443", FromPort: 443, IpProtocol: "tcp", ToPort: 443 },
  ]);
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
  assert.match(
    output(template, "Endpoint"),
    /^https:\/\/<AuthenticatorPrivateApi>-vpce-0123456789abcdef0\.execute-api\./,
  );
});

test("private: bodies, which contain tokens, are never logged", () => {
  const { MethodSettings } = resource(templateOf("private"), "AWS::ApiGateway::Stage").Properties;
  const [settings] = MethodSettings as Record<string, unknown>[];
  assert.deepEqual([settings?.["DataTraceEnabled"], settings?.["LoggingLevel"]], [false, "ERROR"]);
});

test("private: the account's log role is overwritten only on request", () => {
  assert.deepEqual(resources(templateOf("private"), "AWS::ApiGateway::Account"), []);
  const chosen = stackOf("private", (scope) => ({
    endpoint: { kind: "private", vpc: vpcOf(scope, "ControlPlaneVpc"), accountLogRole: true },
  })).template();
  // The role is retained when the stack is deleted: other APIs of the account can use it by then.
  assert.equal(resource(chosen, "AWS::ApiGateway::Account").DeletionPolicy, "Retain");
  const policies = resources(chosen, "AWS::IAM::Role").flatMap(
    ({ Properties }) => Properties["ManagedPolicyArns"] ?? [],
  );
  assert.ok(
    policies.includes("arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
  );
});

test("each kind, stack and cluster has a separate access log below /aws/vendedlogs/", () => {
  const app = new App();
  const stacks = ["One", "Two"].map((id) => new Stack(app, id, { env: { account: ACCOUNT, region: REGION } }));
  for (const stack of stacks) {
    for (const clusterId of ["a", "b"]) {
      const endpoint = endpointOf("mtls", new Construct(stack, clusterId));
      new IamAuthenticator(stack, `Of-${clusterId}`, { clusterId, endpoint, formerEndpoint: { kind: "http" } });
    }
  }
  const names = stacks
    .flatMap((stack) => resources(Template.fromStack(stack), "AWS::Logs::LogGroup").map((log) => ({ stack, log })))
    .filter(({ log }) => log.Properties["LogGroupName"] !== undefined)
    // The values of CloudFormation, also for two stacks from one template.
    .map(({ stack, log }) => String(log.Properties["LogGroupName"]).replace("<AWS::StackName>", stack.stackName));
  assert.equal(names.length, 8);
  assert.equal(new Set(names).size, 8);
  for (const name of names) assert.match(name, /^\/aws\/vendedlogs\/iam-authenticator\/(One|Two)-[0-9a-f]{8}$/);
});
