// Mappings and callers as parameters, with the names and the validation that the function itself uses.

import { createHash } from "node:crypto";
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
  /** Of a role, user, federated user or permission set. */
  readonly name?: string;
}

/** Throws at synth, with what is wrong. */
export function mappingAt(
  scope: Construct,
  prefix: string,
  { kind, account, name }: MappingSubject,
  mapping: Mapping,
): StringParameter {
  const subject = `the mapping of ${kind} ${name ?? account}`;
  if (Token.isUnresolved([account, name ?? "", JSON.stringify(mapping)])) {
    throw new Error(
      `${subject}: account, name and mapping must be known at synth, since the parameter's name is made of them`,
    );
  }
  if (!/^\d{12}$/.test(account)) throw new Error(`${subject}: the account must be 12 digits`);
  const check = checkMapping(mapping, kind);
  if (!check.valid) throw new Error(`${subject}: ${check.problem}`);
  return parameter(scope, mappingParameter(prefix, kind, account, name), JSON.stringify(mapping));
}

/** A list of patterns under one name: for one account, or for any. */
export function patternsAt(
  scope: Construct,
  prefix: string,
  account: string,
  list: () => readonly Mapping[],
): StringParameter {
  return parameter(
    scope,
    mappingParameter(prefix, "pattern", account),
    Lazy.string({ produce: () => JSON.stringify(list()) }),
  );
}

export function checkPattern(pattern: Mapping): void {
  const check = checkMapping(pattern, "pattern");
  if (!check.valid) throw new Error(`pattern ${pattern.arnLike ?? ""}: ${check.problem}`);
}

export function callersAt(scope: Construct, prefix: string, list: () => readonly Caller[]): StringParameter {
  return parameter(scope, callersParameter(prefix), Lazy.string({ produce: () => JSON.stringify(list()) }));
}

export function checkCaller(caller: Caller): void {
  const given: unknown = caller;
  if (!isCaller(given))
    throw new Error(`caller ${caller.name}: needs a name and its token's SHA-256, 64 lower-case hex digits`);
}

function parameter(scope: Construct, parameterName: string, stringValue: string): StringParameter {
  const tooLong = !Token.isUnresolved(stringValue) && Buffer.byteLength(stringValue) > MAX_STANDARD_BYTES;
  if (tooLong) throw new Error(`${parameterName} is over ${MAX_STANDARD_BYTES} bytes`);
  const id = createHash("sha256").update(parameterName).digest("hex").slice(0, 8);
  return new StringParameter(scope, `Parameter${id}`, { parameterName, stringValue });
}
