// Mappings and callers as parameters, with the names and the validation that the function itself uses.

import { hash } from "node:crypto";
import { Lazy, Token } from "aws-cdk-lib";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import { type Caller, isCaller } from "../../functions/authenticator/caller/bearer.ts";
import { checkMapping, type Mapping, type MappingKind } from "../../functions/authenticator/mapping/mapping.ts";
import { callersParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MAX_STANDARD_BYTES = 4096;

export interface MappingSubject {
  readonly kind: Exclude<MappingKind, "pattern">;
  readonly account: string;
  /** Of a role, user or permission set. */
  readonly name?: string;
}

/** Throws at synth, with what is wrong. */
export function addMapping(
  scope: Construct,
  prefix: string,
  { kind, account, name }: MappingSubject,
  mapping: Mapping,
): void {
  const subject = `the mapping of ${kind} ${name ?? account}`;
  if (Token.isUnresolved([account, name ?? "", JSON.stringify(mapping)])) {
    throw new Error(
      `${subject}: account, name and mapping must be known at synth, since the parameter's name is made of them`,
    );
  }
  checkAccount(subject, account);
  const check = checkMapping(mapping, kind);
  if (!check.valid) throw new Error(`${subject}: ${check.problem}`);
  const value = JSON.stringify(mapping);
  checkValue(subject, value);
  addParameter(scope, subject, mappingParameter(prefix, kind, account, name), value);
}

/** A list of patterns under one name, for one account or for `any`; gives the function that appends to it. */
export function addPatterns(scope: Construct, prefix: string, account: string): (pattern: Mapping) => void {
  const subject = `the patterns of ${account === "any" ? "any account" : account}`;
  if (account !== "any") checkAccount(subject, account);
  const list: Mapping[] = [];
  const value = Lazy.string({ produce: () => JSON.stringify(list) });
  addParameter(scope, subject, mappingParameter(prefix, "pattern", account), value);
  return (pattern) => {
    const check = checkMapping(pattern, "pattern");
    if (!check.valid) throw new Error(`pattern ${pattern.arnLike ?? ""}: ${check.problem}`);
    list.push(pattern);
    checkValue(subject, JSON.stringify(list));
  };
}

/** The list of callers; gives the function that appends to it. */
export function addCallers(scope: Construct, prefix: string): (caller: Caller) => void {
  const list: Caller[] = [];
  const value = Lazy.string({ produce: () => JSON.stringify(list) });
  addParameter(scope, "the callers", callersParameter(prefix), value);
  return (caller) => {
    const given: unknown = caller;
    if (!isCaller(given)) {
      throw new Error(`caller ${caller.name}: needs a name and its token's SHA-256, 64 lower-case hex digits`);
    }
    list.push(caller);
    checkValue("the callers", JSON.stringify(list));
  };
}

export function checkAccount(subject: string, account: string): void {
  if (!/^\d{12}$/.test(account)) throw new Error(`${subject}: the account must be 12 digits that are known at synth`);
}

/** What Parameter Store would refuse, so that a deployment does not fail halfway. */
function checkValue(subject: string, value: string): void {
  if (Buffer.byteLength(value) > MAX_STANDARD_BYTES) {
    throw new Error(`${subject}: over ${MAX_STANDARD_BYTES} bytes, which is all that one parameter holds`);
  }
  if (value.includes("{{")) throw new Error(`${subject}: Parameter Store refuses values with "{{"`);
}

function addParameter(scope: Construct, subject: string, parameterName: string, stringValue: string): void {
  const id = `Parameter${hash("sha256", parameterName).slice(0, 8)}`;
  if (scope.node.tryFindChild(id) !== undefined) throw new Error(`${subject}: there is one already`);
  new StringParameter(scope, id, { parameterName, stringValue });
}
