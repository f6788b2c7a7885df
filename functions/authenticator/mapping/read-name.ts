// Parses a parameter's name: the inverse of parameter-name.ts.

import type { MappingKind } from "./mapping.ts";
import { encodeName, isPermissionSet } from "./parameter-name.ts";

/** `deny` for a deny list. */
export type ParameterKind = MappingKind | "deny";

export interface ParameterAddress {
  readonly kind: ParameterKind;
  /** 12 digits, or `any` for patterns and denials of any account. */
  readonly account: string;
  /** Name of the role, user, federated user or permission set, in lower case. Empty for other kinds. */
  readonly name: string;
}

const NAME =
  /^\/(?:(role|user|federated-user|sso|sso-session)\/(\d{12})\/([a-z0-9_.-]+)|(root|account)\/(\d{12})|(pattern|deny)\/(\d{12}|any))$/;

/** `undefined` for a name that the authenticator ignores. */
export function readName(prefix: string, parameter: string): ParameterAddress | undefined {
  const match = parameter.startsWith(prefix) ? NAME.exec(parameter.slice(prefix.length)) : null;
  if (match === null) return undefined;
  const [, named, ofNamed, encoded = "", unnamed, ofUnnamed, list, ofList] = match;
  const kind = (named ?? unnamed ?? list) as ParameterKind;
  const name = decodeName(encoded);
  if (encodeName(name) !== encoded || (kind.startsWith("sso") && !isPermissionSet(name))) return undefined;
  return { kind, account: ofNamed ?? ofUnnamed ?? ofList ?? "", name };
}

/** The inverse of `encodeName`, in lower case. */
function decodeName(encoded: string): string {
  return encoded.replace(/\.([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
