// What a parameter's name says: the inverse of the function's own naming.

import type { MappingKind } from "./mapping.ts";

/** `deny` for a deny list. */
export type ParameterKind = MappingKind | "deny";

export interface ParameterAddress {
  readonly kind: ParameterKind;
  /** Twelve digits, or `any` for patterns and denials of any account. */
  readonly account: string;
  /** Of the role, user, federated user or permission set (also of its sessions), in lower case; else empty. */
  readonly name: string;
}

const NAME =
  /^\/(?:(role|user|federated-user|sso|sso-session)\/(\d{12})\/([a-z0-9_.-]+)|(root|account)\/(\d{12})|(pattern|deny)\/(\d{12}|any))$/;

/** `undefined` for a name that the authenticator ignores. */
export function readName(prefix: string, parameter: string): ParameterAddress | undefined {
  const match = parameter.startsWith(prefix) ? NAME.exec(parameter.slice(prefix.length)) : null;
  if (match === null) return undefined;
  const [, named, ofNamed, encoded = "", whole, ofWhole, list, ofList] = match;
  const kind = (named ?? whole ?? list) as ParameterKind;
  return { kind, account: ofNamed ?? ofWhole ?? ofList ?? "", name: decodeName(encoded) };
}

/** The inverse of the function's `encodeName`, in lower case. */
function decodeName(encoded: string): string {
  return encoded.replace(/\.([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
