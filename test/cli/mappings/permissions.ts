// Enforces in the local Parameter Store the IAM policy of the construct's grantManageMappings.

import { App, Stack } from "aws-cdk-lib";
import { User } from "aws-cdk-lib/aws-iam";
import { grantMappings } from "../../../infra/grants.ts";
import type { Fault } from "../../../local/faults.ts";
import type { LocalRequest } from "../../../local/http-server.ts";
import type { MemoryStore } from "../../../local/parameter-store/parameter-store.ts";

interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/**
 * For `fail()` of a store: denies requests outside of the grant for this account, or for all accounts without one.
 * `but` is a resource below the prefix to deny too.
 */
export function onlyGranted(
  prefix: string,
  account?: string,
  { but = "" } = {},
): (request: LocalRequest) => Fault | undefined {
  const statements = grantedTo(prefix, account).filter(({ resources }) => !resources.includes(`${prefix}/${but}`));
  return ({ headers, body }) => {
    const action = String(headers["x-amz-target"]).replace("AmazonSSM.", "ssm:");
    const { Path, Name, ResourceId, Names = [Path ?? Name ?? ResourceId] } = JSON.parse(body.toString());
    const refused = Names.find(
      (name: string) =>
        !statements.some(
          ({ actions, resources }) => actions.includes(action) && resources.some((one) => covers(one, name)),
        ),
    );
    return refused === undefined ? undefined : accessDenied(action, refused);
  };
}

function grantedTo(prefix: string, account: string | undefined): Statement[] {
  const stack = new Stack(new App(), "Stack");
  const grant = grantMappings(stack, prefix, new User(stack, "Operator"), account);
  return grant.principalStatements.map((statement) => ({
    actions: statement.actions,
    // `arn:<partition>:ssm:<region>:<account>:parameter/<name without its slash>`
    resources: statement.resources.map((arn) => arn.replace(/^.*:parameter\//, "/")),
  }));
}

/** A policy's `*` stands for any run of characters. */
function covers(resource: string, name: string): boolean {
  const pattern = resource.split("*").map((part) => part.replace(/[.]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`).test(name);
}

/** As the service words it: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
function accessDenied(action: string, name: string): Fault {
  const message =
    `User: arn:aws:iam::111122223333:user/team is not authorized to perform: ${action} on resource: ` +
    `arn:aws:ssm:us-east-1:111122223333:parameter${name} because no identity-based policy allows the ${action} action`;
  const type = "AccessDeniedException";
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": type };
  return { kind: "answer", status: 400, headers, body: JSON.stringify({ __type: type, message }) };
}

/** For `fail()` of a store: denies an action, such as `GetParametersByPath`. */
export function forbidden(action: string): (request: LocalRequest) => Fault | undefined {
  return ({ headers }) =>
    headers["x-amz-target"] === `AmazonSSM.${action}` ? accessDenied(`ssm:${action}`, "") : undefined;
}

/** Denies reading the tags of all parameters, or of those whose name contains `part`. */
export function forbidTags(store: MemoryStore, part = ""): void {
  store.fail(({ headers, body }) =>
    headers["x-amz-target"] === "AmazonSSM.ListTagsForResource" && body.includes(part)
      ? accessDenied("ssm:ListTagsForResource", part)
      : undefined,
  );
}
