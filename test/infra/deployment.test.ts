// The deployment of a new version: checked first, a tenth of the reviews, and rolled back on an alarm.

import assert from "node:assert/strict";
import { test } from "node:test";
import { KINDS, stackOf, templateOf } from "./stacks.ts";
import { lambdaFunction, resource, resources } from "./template.ts";

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

test("the check has the accepted regions, and compareStoredValues: false as a setting that is absent otherwise", () => {
  for (const [props, name, expected] of [
    [{ stsRegions: ["us-east-1", "eu-west-1"] }, "STS_REGIONS", "us-east-1,eu-west-1"],
    [{}, "COMPARE_STORED_VALUES", undefined],
    [{ compareStoredValues: true }, "COMPARE_STORED_VALUES", undefined],
    [{ compareStoredValues: false }, "COMPARE_STORED_VALUES", "false"],
  ] as const) {
    const { Environment } = lambdaFunction(stackOf("http", props).template(), "DeploymentCheck").Properties;
    assert.equal((Environment as { Variables: Record<string, string> }).Variables[name], expected);
  }
});

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
