// What a parameter's name says: the inverse of the function's own naming.

import type { MappingKind } from "../../functions/authenticator/mapping/mapping.ts";
import type { Entry } from "./entry.ts";

const NAME =
  /^\/(?:(role|user|federated-user|sso)\/(\d{12})\/([a-z0-9_.-]+)|(root|account)\/(\d{12})|(pattern)\/(\d{12}|any))$/;

/** The kind and account of a parameter's name; `undefined` for one that no review reads. */
export function readName(prefix: string, parameter: string): Omit<Entry, "mapping"> | undefined {
  const match = parameter.startsWith(prefix) ? NAME.exec(parameter.slice(prefix.length)) : null;
  if (match === null) return undefined;
  const [, named, ofNamed, encoded = "", whole, ofWhole, pattern, ofPattern] = match;
  const kind = (named ?? whole ?? pattern) as MappingKind;
  return { kind, account: ofNamed ?? ofWhole ?? ofPattern ?? "", name: decodeName(encoded) };
}

/** The inverse of the function's `encodeName`, in lower case. */
function decodeName(encoded: string): string {
  return encoded.replace(/\.([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** For people: below the prefix. */
export function shortName(name: string, prefix: string): string {
  return name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : name;
}
