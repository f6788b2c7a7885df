// acceptance-role.json allows the calls of --short, and changes nothing that is not of a run.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DELETIONS, fakeWorld } from "./fake-world.ts";
import { acceptancePolicy, actionOf, withoutPermission } from "./permissions.ts";
import { runChecks } from "./runner.ts";

const RUN = "acceptance-0123abcd";
const NAME = `IamAuthenticator-${RUN}`;

test("the removal after --short makes only calls that the policy allows", async () => {
  const calls: string[] = [];
  const world = fakeWorld((call) => {
    const [program, ...words] = call.split(" ");
    if (program === "aws") calls.push(words.join(" "));
    return undefined;
  });
  const kinds = ["function", "api", "alarm", "log", "application", "role"];
  const resources = kinds.map((kind) => `${kind} ${NAME}-${kind}`);
  world.stacks.set(NAME, { status: "CREATE_COMPLETE", resources, kept: resources });
  const own = [`role ${RUN}`, `role ${RUN}|policy read`, `role ${NAME}-role|attached a`];
  const before = [...world.resources];
  for (const line of [...resources, ...own, `parameter /iam-authenticator/${RUN}/callers`])
    world.resources.add(line);
  const { rows } = await runChecks(world, { clusterId: RUN, checks: [] });
  assert.deepEqual(new Set(rows.map(({ verdict }) => verdict)), new Set(["passed"]));
  assert.deepEqual([...world.resources], before);
  for (const kind of kinds)
    assert.ok(
      calls.some((call) => call.includes(`${NAME}-${kind}`)),
      kind,
    );
  assert.deepEqual(withoutPermission(calls), []);
});

test("the policy changes only resources of a run, and fits into a managed policy", () => {
  const { Statement } = acceptancePolicy();
  const reads = /:(Get|List|Describe|Filter)\w+$|^apigateway:GET$/;
  for (const { Action, Resource } of Statement) {
    for (const action of Action) assert.match(action, /^[a-z0-9]+:[A-Za-z0-9]+$/);
    if (Action.every((action) => reads.test(action))) continue;
    assert.ok(Resource !== "*", `${Action}`);
    for (const arn of Resource)
      assert.match(arn, /accepta|role\/cdk-|^arn:\*:apigateway:\*::\/apis\//);
  }
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  const { length } = JSON.stringify(acceptancePolicy());
  assert.ok(length <= 6144, `${length} characters`);
});

test("a call has the action of IAM's service, and one that the policy lacks is reported", () => {
  const actions = [...Object.keys(DELETIONS), "resourcegroupstaggingapi get-resources"].map(
    (call) => actionOf(...(call.split(" ") as [string, string])),
  );
  for (const action of [
    "lambda:DeleteFunction",
    "apigateway:DELETE",
    "iam:DeleteOpenIDConnectProvider",
    "tag:GetResources",
  ]) {
    assert.ok(actions.includes(action), action);
  }
  assert.equal(actionOf("sts", "get-caller-identity"), undefined);
  const calls = ["iam create-user {}", "lambda get-alias {}", "iam create-user {}"];
  assert.deepEqual(withoutPermission(calls), ["iam:CreateUser"]);
});
