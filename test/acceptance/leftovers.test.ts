// "Leftovers by tag": the tagging API also lists what no longer exists, so that only a resource for
// which its own service answers is left.

import assert from "node:assert/strict";
import { test } from "node:test";
import { awsOf } from "./aws.ts";
import { type Answer, fakeWorld } from "./fake-world.ts";
import { leftByTag } from "./leftovers.ts";
import { isGood } from "./report.ts";
import { runChecks } from "./runner.ts";

const RUN = "acceptance-0123abcd";
const error = (code: string) => new Error(`An error occurred (${code}) when calling it: no`);
const json = (value: unknown) => JSON.stringify(value);

/** The tagging API lists these; each other call gets `answer`. */
function listing(arns: readonly string[], answer: Answer) {
  const asked: string[] = [];
  const world = fakeWorld((call) => {
    if (call.includes("resourcegroupstaggingapi"))
      return json({ ResourceTagMappingList: arns.map((ResourceARN) => ({ ResourceARN })) });
    const [, service, operation] = call.split(" ");
    const [, input = ""] = /--cli-input-json (\{.*\})/.exec(call) ?? [];
    asked.push(`${service} ${operation} ${input}`);
    return answer(call);
  });
  return { world, asked };
}

const IN = "eu-west-1:111122223333";
const NAME = "IamAuthenticator-acceptance-0123abcd";
const STACK = `arn:aws:cloudformation:${IN}:stack/${NAME}/1`;
// biome-ignore format: a table
const ASKED: readonly (readonly [arn: string, call: string, exists: unknown, gone: Error | unknown])[] = [
  [STACK, `cloudformation describe-stacks {"StackName":"${STACK}"}`, { Stacks: [{ StackStatus: "CREATE_COMPLETE" }] }, { Stacks: [{ StackStatus: "DELETE_COMPLETE" }] }],
  [`arn:aws:lambda:${IN}:function:f`, 'lambda get-function-configuration {"FunctionName":"f"}', {}, error("ResourceNotFoundException")],
  ["arn:aws:apigateway:eu-west-1::/apis/a1", 'apigatewayv2 get-api {"ApiId":"a1"}', {}, error("NotFoundException")],
  ["arn:aws:apigateway:eu-west-1::/apis/a1/stages/$default", 'apigatewayv2 get-api {"ApiId":"a1"}', {}, error("NotFoundException")],
  ["arn:aws:apigateway:eu-west-1::/restapis/r1/stages/live", 'apigateway get-rest-api {"restApiId":"r1"}', {}, error("NotFoundException")],
  ["arn:aws:apigateway:eu-west-1::/domainnames/a.example.com", 'apigatewayv2 get-domain-name {"DomainName":"a.example.com"}', {}, error("NotFoundException")],
  [`arn:aws:logs:${IN}:log-group:/aws/a`, 'logs describe-log-groups {"logGroupNamePrefix":"/aws/a"}', { logGroups: [{ logGroupName: "/aws/a" }] }, { logGroups: [{ logGroupName: "/aws/a-2" }] }],
  [`arn:aws:cloudwatch:${IN}:alarm:a`, 'cloudwatch describe-alarms {"AlarmNames":["a"]}', { MetricAlarms: [{ AlarmName: "a" }] }, { MetricAlarms: [] }],
  [`arn:aws:codedeploy:${IN}:application:c`, 'codedeploy get-application {"applicationName":"c"}', {}, error("ApplicationDoesNotExistException")],
  [`arn:aws:codedeploy:${IN}:deploymentgroup:c/g`, 'codedeploy get-deployment-group {"applicationName":"c","deploymentGroupName":"g"}', {}, error("DeploymentGroupDoesNotExistException")],
  ["arn:aws:iam::111122223333:role/path/r", 'iam get-role {"RoleName":"r"}', {}, error("NoSuchEntity")],
  ["arn:aws:iam::111122223333:user/u", 'iam get-user {"UserName":"u"}', {}, error("NoSuchEntity")],
  ["arn:aws:iam::111122223333:oidc-provider/a/b", 'iam get-open-id-connect-provider {"OpenIDConnectProviderArn":"arn:aws:iam::111122223333:oidc-provider/a/b"}', {}, error("NoSuchEntity")],
  ["arn:aws:iam::111122223333:policy/p", 'iam get-policy {"PolicyArn":"arn:aws:iam::111122223333:policy/p"}', {}, error("NoSuchEntity")],
  ["arn:aws:s3:::b", 's3api list-objects-v2 {"Bucket":"b"}', {}, error("NoSuchBucket")],
  [`arn:aws:ssm:${IN}:parameter/a/b`, 'ssm get-parameter {"Name":"/a/b"}', {}, error("ParameterNotFound")],
  [`arn:aws:ec2:${IN}:vpc-endpoint/vpce-1`, 'ec2 describe-vpc-endpoints {"VpcEndpointIds":["vpce-1"]}', { VpcEndpoints: [{ State: "available" }] }, { VpcEndpoints: [{ State: "Deleted" }] }],
  [`arn:aws:ec2:${IN}:security-group/sg-1`, 'ec2 describe-security-groups {"GroupIds":["sg-1"]}', {}, error("InvalidGroup.NotFound")],
  ["arn:aws:route53:::hostedzone/Z1", 'route53 get-hosted-zone {"Id":"Z1"}', {}, error("NoSuchHostedZone")],
  [`arn:aws:sns:${IN}:t`, `sns get-topic-attributes {"TopicArn":"arn:aws:sns:${IN}:t"}`, {}, error("NotFound")],
];

for (const [arn, call, exists, gone] of ASKED) {
  const [, , service] = arn.split(":");
  test(`${service}: ${arn} is left if its service answers, and gone otherwise`, async () => {
    const there = listing([arn], () => json(exists));
    assert.equal(await leftByTag(there.world, awsOf(there.world), RUN), arn);
    assert.equal(there.asked[0], call);
    const ghost = listing([arn], () => (gone instanceof Error ? gone : json(gone)));
    const seen = await leftByTag(ghost.world, awsOf(ghost.world), RUN);
    assert.equal(seen, "none (1 listed by the tagging API, gone)");
    assert.equal(ghost.asked.length, 1, "a resource that is gone is not asked for again");
  });
}

test("a resource that answers for some seconds after its deletion is not left", async () => {
  let asked = 0;
  const { world } = listing([`arn:aws:lambda:${IN}:function:f`], () => {
    asked += 1;
    return asked < 5 ? "{}" : error("ResourceNotFoundException");
  });
  const seen = await leftByTag(world, awsOf(world), RUN);
  assert.deepEqual([seen, asked], ["none (1 listed by the tagging API, gone)", 5]);
});

for (const [what, arn, answer, reason] of [
  ["of an unknown kind", `arn:aws:sqs:${IN}:q`, "{}", "no call is known for it"],
  [
    "without the permission to ask",
    `arn:aws:lambda:${IN}:function:f`,
    error("AccessDenied"),
    "AccessDenied",
  ],
] as const) {
  test(`a resource ${what} is left, and the row says why`, async () => {
    const { world } = listing([arn], () => answer);
    const seen = await leftByTag(world, awsOf(world), RUN);
    assert.equal(seen, `${arn} (cannot be asked: ${reason})`);
  });
}

test("a run is good if only the tagging API still lists its resources", async () => {
  const name = `${NAME}-function`;
  const arns = [
    `arn:aws:lambda:${IN}:function:${name}`,
    "arn:aws:apigateway:eu-west-1::/apis/gone",
  ];
  const ghosts = json({ ResourceTagMappingList: arns.map((ResourceARN) => ({ ResourceARN })) });
  for (const isThere of [false, true]) {
    const world = fakeWorld((call) =>
      call.includes("resourcegroupstaggingapi") ? ghosts : undefined,
    );
    if (isThere) world.resources.add(`function ${name}`);
    const { rows } = await runChecks(world, { clusterId: RUN, checks: [] });
    assert.equal(isGood(rows), !isThere, json(rows));
    const { seen } = rows.find((row) => row.name === "leftovers by tag") ?? assert.fail();
    const count = isThere ? 1 : 2;
    assert.match(seen, new RegExp(`\\(${count} listed by the tagging API, gone\\)$`));
  }
});
