// Evaluates the module's resources with OpenTofu, without the AWS provider: each resource becomes a
// built-in `terraform_data`, which accepts any value. Values from AWS (ids, ARNs) are placeholders:
// `<aws_iam_role.authenticator.arn>`.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { useFolder } from "../../cli/fixtures.ts";
import { findHcl2json, findTofu } from "../binaries/binaries.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Body = { [key: string]: Json };

interface Hcl {
  readonly variable?: Record<string, Body[]>;
  readonly locals?: Body[];
  readonly module?: Record<string, Body[]>;
  readonly resource?: Record<string, Record<string, Body[]>>;
}

/** Terraform's meta-arguments. */
const META = ["for_each", "count", "depends_on", "lifecycle", "provider"];
const KEPT = ["for_each", "count", "lifecycle"];

/**
 * Evaluates `folder` with these variables. Returns arguments, and blocks as lists, by address such
 * as `aws_cloudwatch_metric_alarm.simple["faults"]`. Throws OpenTofu's message for an invalid
 * value.
 */
export function evaluateModule(folder: string, variables: Body): ReadonlyMap<string, Body> {
  const scratch = initialized(folder);
  writeFileSync(join(scratch, "terraform.tfvars.json"), JSON.stringify(variables));
  tofu(scratch, ["plan", "-no-color", "-out", "plan"]);
  const { planned_values } = JSON.parse(tofu(scratch, ["show", "-json", "plan"]));
  return new Map(planned_values.root_module.resources.map(addressed));
}

/** OpenTofu rejects an invalid value with this message, whose lines it breaks and frames. */
export function assertRejected(evaluate: () => unknown, message: RegExp): void {
  assert.throws(evaluate, ({ stderr = "" }: { stderr?: string }) => {
    assert.match(stderr.replace(/\s*[│╵╷]?\s*\n[│╵╷]?\s*/g, " "), message);
    return true;
  });
}

const scratches = new Map<string, string>();

/** `tofu init` takes as long as a plan, and does not depend on the variables. */
function initialized(folder: string): string {
  const scratch = scratches.get(folder) ?? useFolder().path;
  if (scratches.has(folder)) return scratch;
  scratches.set(folder, scratch);
  writeFileSync(join(scratch, "main.tf.json"), JSON.stringify(withoutProvider(folder, scratch)));
  tofu(scratch, ["init", "-no-color"]);
  return scratch;
}

/** Parses the files of `folder`. */
export function parseModule(folder: string): Hcl[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".tf"));
  return files.map((name) =>
    JSON.parse(execFileSync(findHcl2json(), [join(folder, name)], { encoding: "utf8" })),
  );
}

function withoutProvider(folder: string, scratch: string): object {
  const files = parseModule(folder);
  const modules = files.flatMap(({ module = {} }) => Object.entries(module));
  const variables = files.flatMap(({ variable = {} }) => Object.entries(variable));
  const resources = files.flatMap(({ resource = {} }) =>
    Object.entries(resource).flatMap(([type, named]) =>
      Object.entries(named).map(([name, [body = {}]]) => [
        `${type}__${name}`,
        dataOf(withPlaceholders(body) as Body),
      ]),
    ),
  );
  const called = (body: Body) => ({
    ...(withPlaceholders(body) as Body),
    // An absolute path would be a package, which modules beside it are not in.
    source: relative(scratch, join(folder, String(body["source"]))),
  });
  return {
    variable: Object.fromEntries(
      variables.map(([name, [body = {}]]) => [name, { ...body, type: bare(body["type"]) }]),
    ),
    locals: withPlaceholders(Object.assign({}, ...files.flatMap(({ locals = [] }) => locals))),
    module: Object.fromEntries(modules.map(([name, [body = {}]]) => [name, called(body)])),
    resource: { terraform_data: Object.fromEntries(resources) },
  };
}

function dataOf({ dynamic = {}, ...body }: Body): Body {
  const entries = Object.entries(body);
  const plain = entries.filter(([key]) => !META.includes(key));
  const blocks = Object.entries(dynamic as Record<string, Body[]>).map(([key, each]) => [
    key,
    listOf(key, each),
  ]);
  const kept = Object.fromEntries(entries.filter(([key]) => KEPT.includes(key)));
  return { ...kept, input: Object.fromEntries([...plain, ...blocks]) };
}

/** The list that `dynamic` blocks make; empty as if there were none. */
function listOf(name: string, blocks: readonly Body[]): string {
  const lists = blocks.map(({ for_each, content }) => {
    const [block = null] = content as Json[];
    return `[for each_value in ${expression(for_each ?? null)} : ${expression(block).replaceAll(`${name}.value`, "each_value")}]`;
  });
  const all = `concat(${lists.join(", ")})`;
  return `\${length(${all}) == 0 ? null : ${all}}`;
}

/** HCL of a parsed value. Blocks stay lists. */
function expression(value: Json): string {
  if (typeof value === "string")
    return /^\$\{[\s\S]*\}$/.test(value) ? `(${bare(value)})` : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(expression).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)} = ${expression(item)}`)
    .join(", ")}}`;
}

/** Removes the braces of a type expression: `${list(string)}` becomes `list(string)`. */
function bare(expression: Json | undefined): string {
  return String(expression).replace(/^\$\{([\s\S]*)\}$/, "$1");
}

/** Replaces references to values from AWS in expressions. */
function withPlaceholders(value: Json): Json {
  if (typeof value === "string") {
    return value.replace(
      /\b(?:data\.)?aws_\w+\.\w+(?:\[\d+\])?\.\w+/g,
      (reference) => `"<${reference}>"`,
    );
  }
  if (Array.isArray(value)) return value.map(withPlaceholders);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withPlaceholders(item)]),
  );
}

function addressed({
  name,
  index,
  values,
}: {
  name: string;
  index?: string | number;
  values: { input: Body };
}) {
  const place = index === undefined ? "" : `[${JSON.stringify(index)}]`;
  return [`${name.replace("__", ".")}${place}`, values.input] as const;
}

const TOFU = findTofu();
const { PATH, HOME } = process.env;
const ENVIRONMENT = { PATH, HOME, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" };

/** Runs OpenTofu without network and providers. Returns standard output; throws on failure. */
export function tofu(folder: string, words: readonly string[]): string {
  return execFileSync(TOFU, [...words], {
    cwd: folder,
    encoding: "utf8",
    env: ENVIRONMENT,
    stdio: "pipe",
  });
}

/** The same, while servers of this process answer. */
export async function tofuAsync(folder: string, words: readonly string[]): Promise<void> {
  await promisify(execFile)(TOFU, [...words], { cwd: folder, env: ENVIRONMENT });
}
