// Finds groups that users can turn into an administrators' group by their session name.

import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { ADMIN_GROUPS } from "../access/names.ts";

const PLACEHOLDER = /\{SessionName(?:Raw)?\}/;

/** Whether some session name turns one of the groups into an administrators' group. */
export function canChooseAdministrator({ groups = [] }: Mapping): boolean {
  return groups.some((template) => ADMIN_GROUPS.some((group) => canRender(template, group)));
}

/** Supports several placeholders, which all get the same text. A session name cannot contain a colon. */
function canRender(template: string, name: string): boolean {
  const literals = template.split(PLACEHOLDER);
  const [start = ""] = literals;
  const length = (name.length - literals.join("").length) / (literals.length - 1);
  const session = Number.isInteger(length) && length > 0 ? name.slice(start.length, start.length + length) : "";
  return /^[\w+=,.@-]{1,64}$/.test(session) && literals.join(session) === name;
}
