// The deployment of a new version: checked first, a tenth of the reviews, and rolled back on an alarm.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Topic } from "aws-cdk-lib/aws-sns";
import { KINDS, type Kind, SCOPES, stackOf, templateOf } from "./stacks.ts";
import { flat, lambdaFunction, resource, resources, statements } from "./template.ts";

test("a new version receives a tenth of the reviews", () => {
  const template = templateOf("http");
  const { DeploymentConfigName } = resource(template, "AWS::CodeDeploy::DeploymentGroup").Properties;
  assert.equal(DeploymentConfigName, "CodeDeployDefault.LambdaCanary10Percent10Minutes");
  // Kept for a manual rollback, but not if its deployment is rolled back: the next try would find it.
  assert.equal(resource(template, "AWS::Lambda::Version").DeletionPolicy, "RetainExceptOnCreate");
  const atOnce = stackOf("http", { safeDeployments: false }).template();
  assert.deepEqual(resources(atOnce, "AWS::CodeDeploy::DeploymentGroup"), []);
  assert.equal(resources(atOnce, "AWS::Lambda::Function").length, 1);
});

function alias(kind: Kind) {
  const [found] = Object.values(templateOf(kind).findResources("AWS::Lambda::Alias"));
  return found as { UpdatePolicy: { CodeDeployLambdaAliasUpdate: Record<string, unknown> }; DependsOn: string[] };
}

for (const kind of KINDS) {
  const scope = SCOPES[kind];
  test(`${kind}: a new version is checked before it receives a review, by a function with the required settings`, () => {
    const { UpdatePolicy, DependsOn } = alias(kind);
    const hook = flat(UpdatePolicy.CodeDeployLambdaAliasUpdate["BeforeAllowTrafficHook"]);
    assert.equal(hook, `<${scope}DeploymentCheck>`);
    const { Environment, Runtime, Handler, Timeout } = lambdaFunction(templateOf(kind), "DeploymentCheck").Properties;
    assert.deepEqual(Environment, {
      Variables: {
        VERSION_ARN: `<${scope}FunctionCurrentVersion>`,
        MAPPING_PREFIX: "/iam-authenticator/prod.example",
        LIVE_ARN: `<${scope}Function.Arn>:live`,
        CALLER_AUTH: kind === "mtls" ? "mtls" : "bearer",
        ...(kind === "mtls" && { CALLER_SUBJECTS: "CN=kube-apiserver,O=Example" }),
      },
    });
    assert.deepEqual([Runtime, Handler, Timeout], ["nodejs24.x", "index.handler", 600]);
    // The alias moves only when the check and the permissions of both exist.
    const waitsFor = (ids: readonly string[], own: string) => ids.map((id) => flat(id)).includes(`${scope}${own}`);
    assert.ok(waitsFor(DependsOn, "DeploymentCheck"), DependsOn.join(" "));
    assert.ok(waitsFor(DependsOn, "DeploymentServiceRoleDefaultPolicy"), DependsOn.join(" "));
    const functions = Object.entries(templateOf(kind).findResources("AWS::Lambda::Function"));
    const [, check] = functions.find(([id]) => id.includes("DeploymentCheck")) ?? [];
    assert.ok(waitsFor(check?.["DependsOn"], "DeploymentCheckRoleDefaultPolicy"));
  });

  test(`${kind}: the check can only invoke versions of the function, read the stored parameters and report to CodeDeploy`, () => {
    const of = `${scope}DeploymentCheckRoleDefaultPolicy`;
    const group = `<${scope}DeploymentApplication>/<${scope}Deployment>`;
    assert.deepEqual(
      statements(templateOf(kind)).flatMap((found) => (found.of === of ? [found.statement] : [])),
      [
        {
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
          Resource: `<${scope}DeploymentCheckLog.Arn>`,
        },
        { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: `<${scope}Function.Arn>:*` },
        {
          Effect: "Allow",
          Action: "ssm:GetParametersByPath",
          Resource: "arn:<AWS::Partition>:ssm:eu-west-1:111122223333:parameter/iam-authenticator/prod.example",
        },
        {
          Effect: "Allow",
          Action: "codedeploy:PutLifecycleEventHookExecutionStatus",
          Resource: `arn:<AWS::Partition>:codedeploy:eu-west-1:111122223333:deploymentgroup:${group}`,
        },
      ],
    );
  });
}

test("the check has the accepted regions", () => {
  const template = stackOf("http", { stsRegions: ["us-east-1", "eu-west-1"] }).template();
  const { Variables } = lambdaFunction(template, "DeploymentCheck").Properties["Environment"] as {
    Variables: Record<string, string>;
  };
  assert.equal(Variables["STS_REGIONS"], "us-east-1,eu-west-1");
});

test("alarms that notify never stop a deployment", () => {
  const template = stackOf("http", (scope) => ({ alarmTopic: new Topic(scope, "Topic") })).template();
  const [group] = Object.values(template.findResources("AWS::CodeDeploy::DeploymentGroup"));
  const { Alarms } = group?.["Properties"]?.AlarmConfiguration ?? {};
  const ids = (Alarms as { Name: { Ref: string } }[]).map(({ Name }) => Name.Ref);
  assert.equal(ids.length, 2);
  for (const [id, { Properties }] of Object.entries(template.findResources("AWS::CloudWatch::Alarm"))) {
    assert.equal(Properties.AlarmActions === undefined, ids.includes(id), id);
  }
});

for (const kind of KINDS) {
  test(`${kind}: the alarms watch the new version before the alias moves`, () => {
    const { DependsOn } = alias(kind);
    const ids = DependsOn.map((id) => String(flat(id)));
    for (const name of ["NewVersionFaults", "NewVersionErrors"])
      assert.ok(ids.includes(`${SCOPES[kind]}${name}`), ids.join(" "));
  });
}

interface Template {
  readonly Resources: Readonly<Record<string, unknown>>;
}

/** Logical ids that a resource refers to: by Ref, Fn::GetAtt, Fn::Sub or DependsOn. */
function referred(value: unknown, ids: ReadonlySet<string>): string[] {
  if (typeof value === "string") return [value.split(".")[0] ?? ""].filter((id) => ids.has(id));
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((field) => referred(field, ids));
}

for (const kind of KINDS) {
  test(`${kind}: there is no circular reference, which only a deployment would find`, () => {
    const { Resources } = templateOf(kind).toJSON() as Template;
    const ids = new Set(Object.keys(Resources));
    const done = new Set<string>();
    const visit = (id: string, path: readonly string[]): void => {
      assert.ok(!path.includes(id), `${[...path, id].join(" -> ")}`);
      if (done.has(id)) return;
      for (const next of new Set(referred(Resources[id], ids))) if (next !== id) visit(next, [...path, id]);
      done.add(id);
    };
    for (const id of ids) visit(id, []);
  });
}
