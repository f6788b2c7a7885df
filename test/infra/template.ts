// Reads a synthesized template: resources by type, and values with CloudFormation's references as
// plain text.

import assert from "node:assert/strict";
import type { Template } from "aws-cdk-lib/assertions";
import { pageUrl } from "../../infra/monitoring/alarms.ts";

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: readonly string[];
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

export function resources(template: Template, type: string): Resource[] {
  return Object.values(template.findResources(type)).map((resource) => flat(resource) as Resource);
}

export function typesOf(all: Readonly<Record<string, { readonly Type: string }>>): string[] {
  return Object.values(all)
    .map(({ Type }) => Type)
    .sort();
}

export function resource(template: Template, type: string): Resource {
  const [only = assert.fail(`no ${type}`), ...others] = resources(template, type);
  assert.deepEqual(others, []);
  return only;
}

/** The Lambda function with this name for `sam local`. */
export function lambdaFunction(template: Template, name = "Authenticator"): Resource {
  const functions = resources(template, "AWS::Lambda::Function");
  return (
    functions.find(({ Metadata }) => Metadata?.["SamResourceId"] === name) ??
    assert.fail(`no function ${name}`)
  );
}

export function variablesOf(template: Template, name?: string): Readonly<Record<string, unknown>> {
  return (
    lambdaFunction(template, name).Properties["Environment"] as {
      Variables: Record<string, unknown>;
    }
  ).Variables;
}

/** The value of an output, by its name in the construct. */
export function output(template: Template, name: string): string {
  const outputs = Object.entries(
    flat(template.toJSON()["Outputs"]) as Record<string, { Value: string }>,
  );
  return outputs.find(([key]) => key.endsWith(name))?.[1].Value ?? "";
}

/**
 * `{ "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }]] }` becomes `arn:<AWS::Partition>`.
 * Hashes in names become blank.
 */
export function flat(value: unknown): unknown {
  if (typeof value === "string") return blankHashes(value);
  if (Array.isArray(value)) return value.map(flat);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  const { Ref, "Fn::GetAtt": attribute, "Fn::Join": join } = fields;
  if (typeof Ref === "string") return `<${blankHashes(Ref)}>`;
  if (Array.isArray(attribute)) return `<${blankHashes(attribute.join("."))}>`;
  if (Array.isArray(join) && Array.isArray(join[1])) {
    const parts = (join[1] as unknown[]).map(flat);
    return parts
      .map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
      .join(String(join[0]));
  }
  return Object.fromEntries(
    Object.entries(fields).map(([key, entry]) => [blankHashes(key), flat(entry)]),
  );
}

/**
 * Hashes of assets and versions, which change with the code, and of logical ids, which CDK
 * generates. The project's address, which the first publisher sets, and with it the version.
 */
function blankHashes(text: string): string {
  return text
    .replaceAll(pageUrl(""), "")
    .replace(/[0-9a-f]{64}/g, "HASH")
    .replace(/(CurrentVersion|Deployment)[0-9A-F]{8}[0-9a-f]{32}/g, "$1")
    .replace(/([A-Za-z])[0-9A-F]{8}\b/g, "$1");
}

/** Statements of every policy of the template's roles, each with the logical id of its policy. */
export function statements(
  template: Template,
): { readonly of: string; readonly statement: unknown }[] {
  return Object.entries(template.findResources("AWS::IAM::Policy")).flatMap(
    ([id, { Properties }]) => {
      const of = blankHashes(id);
      return (Properties.PolicyDocument.Statement as unknown[]).map((statement) => ({
        of,
        statement: flat(statement),
      }));
    },
  );
}
