// Enforces in the local Parameter Store the IAM policy of the construct's grantManageMappings.

import { App, Stack } from "aws-cdk-lib";
import { User } from "aws-cdk-lib/aws-iam";
import { grantMappings } from "../../../../infra/grants.ts";
import type { Fault, LocalRequest } from "../../../../local/aws/http-server.ts";
import { accessDenied } from "./forbidden.ts";

type Answers = (request: LocalRequest) => Fault | undefined;
/**
 * For `fail()` of a store: denies requests outside of the grant for this account, or for all
 * accounts without one. `but` is a resource below the prefix to deny too.
 */
export function onlyGranted(prefix: string, account?: string, { but = "" } = {}): Answers {
  const stack = new Stack(new App(), "Stack");
  const cluster = { prefix, clusterId: prefix.replace(/.*\//, "") };
  const { principalStatements } = grantMappings(
    stack,
    cluster,
    new User(stack, "Operator"),
    account,
  );
  // `arn:<partition>:ssm:<region>:<account>:parameter/<name without its slash>`
  const nameOf = (arn: string) => arn.replace(/^.*:parameter\//, "/");
  const all = principalStatements.map(({ actions, resources }) => ({
    actions,
    resources: resources.map(nameOf),
  }));
  const statements = all.filter(({ resources }) => !resources.includes(`${prefix}/${but}`));
  return ({ headers, body }) => {
    const action = String(headers["x-amz-target"]).replace("AmazonSSM.", "ssm:");
    const {
      Path,
      Name,
      ResourceId,
      Names = [Path ?? Name ?? ResourceId],
    } = JSON.parse(body.toString());
    const resources = statements
      .filter(({ actions }) => actions.includes(action))
      .flatMap((statement) => statement.resources);
    const refused = Names.find(
      (name: string) => !resources.some((resource) => covers(resource, name)),
    );
    return refused === undefined ? undefined : accessDenied(action, refused);
  };
}

function covers(resource: string, name: string): boolean {
  const pattern = resource.split("*").map((part) => part.replace(/[.]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`).test(name);
}
