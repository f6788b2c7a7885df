// Creates a parameter that the stack manages, with a tag and description that show it. Also the
// ARNs of a cluster's parameters.

import { hash } from "node:crypto";
import { ArnFormat, Aws, Lazy, Stack, Tags, Token } from "aws-cdk-lib";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct, IConstruct } from "constructs";
import { OWNER_TAG } from "../../functions/settings/stack.ts";

/**
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
 */
const MAX_STANDARD_BYTES = 4096;

/** Adds a parameter. Throws if the stack already has one of this name. */
export function addParameter(
  scope: Construct,
  subject: string,
  parameterName: string,
  stringValue: string,
) {
  const id = idOf(scope, parameterName);
  if (scope.node.tryFindChild(id) !== undefined)
    throw new Error(`${subject} must not be added twice`);
  if (!Token.isUnresolved(stringValue)) checkValue(subject, stringValue);
  // A release's template does not know the name of its stack.
  const stackName = Aws.STACK_NAME;
  const description = `Managed by the CloudFormation stack ${stackName}: change it there, or the next deployment undoes it`;
  const parameter = new StringParameter(scope, id, {
    parameterName,
    stringValue,
    description,
    // Required by CDK if the name is known only at deployment.
    simpleName: false,
  });
  Tags.of(parameter).add(OWNER_TAG, stackName);
  return parameter;
}

const lists = new WeakMap<IConstruct, object[]>();

/**
 * Adds an entry to a parameter with a JSON list as value, which the first entry creates. Returns
 * all entries.
 */
export function appendEntry(
  scope: Construct,
  subject: string,
  parameterName: string,
  entry: object,
) {
  const parameter = scope.node.tryFindChild(idOf(scope, parameterName));
  const list = (parameter && lists.get(parameter)) ?? [];
  if (parameter === undefined) {
    const stringValue = Lazy.string({ produce: () => JSON.stringify(list) });
    lists.set(addParameter(scope, subject, parameterName, stringValue), list);
  }
  list.push(entry);
  checkValue(subject, JSON.stringify(list));
  return list;
}

function idOf(scope: Construct, parameterName: string): string {
  const name: unknown = Stack.of(scope).resolve(parameterName);
  return `Parameter${hash("sha256", typeof name === "string" ? name : JSON.stringify(name)).slice(0, 8)}`;
}

/** Rejects, at synth, values that Parameter Store does not accept. */
function checkValue(subject: string, value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_STANDARD_BYTES) {
    throw new Error(
      `${subject}: the value has ${bytes} bytes, and Parameter Store allows ${MAX_STANDARD_BYTES}`,
    );
  }
  if (value.includes("{{")) throw new Error(`${subject}: Parameter Store refuses values with "{{"`);
}

/**
 * Returns the ARN of parameters. `below` is the path below the prefix, or `*`. Default: the prefix
 * itself.
 */
export function prefixArn(scope: Construct, mappingPrefix: string, below?: string): string {
  // The name's leading slash is also the ARN's separator. The prefix can be a token, so it must
  // stay intact.
  const resource = `parameter${mappingPrefix}${below === undefined ? "" : `/${below}`}`;
  return Stack.of(scope).formatArn({
    service: "ssm",
    resource,
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
}
