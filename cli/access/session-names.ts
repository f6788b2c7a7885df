// Session names that matter: those that make a reserved name of a username or group with `{SessionName}`.

import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { ADMIN_GROUPS, isAdministrator } from "./administrators.ts";

const SESSION = /^[\w+=,.@-]{1,128}$/;
const PLACEHOLDER = /\{SessionName(?:Raw)?\}/;

/**
 * Session names by which one of the templates renders the name of an administrators' group, or begins with `system:`.
 * Users who may assume an ordinary role choose its session name.
 */
export function reservedSessions(templates: readonly string[]): string[] {
  return templates
    .flatMap((template) => [
      ...ADMIN_GROUPS.flatMap((group) => sessionFor(template, group)),
      ...sessionForStart(template),
    ])
    .filter((session) => SESSION.test(session));
}

/** Whether a session name makes an administrators' group of one of the groups. */
export function canChooseAdministrator({ groups = [] }: Mapping): boolean {
  return reservedSessions(groups).some((session) =>
    isAdministrator(groups.map((group) => group.split(PLACEHOLDER).join(session))),
  );
}

/** A template may have the placeholder more than once: all of them take the same text. */
function sessionFor(template: string, name: string): string[] {
  const literals = template.split(PLACEHOLDER);
  const [start = ""] = literals;
  const length = (name.length - literals.join("").length) / (literals.length - 1);
  const session = Number.isInteger(length) && length > 0 ? name.slice(start.length, start.length + length) : "";
  return session !== "" && literals.join(session) === name ? [session] : [];
}

function sessionForStart(template: string): string[] {
  const [start = "", following] = template.split(PLACEHOLDER);
  const reserved = "system:";
  if (following === undefined || !reserved.startsWith(start)) return [];
  // The colon cannot be in a session name: it is in what follows.
  const rest = reserved.slice(start.length);
  return Array.from({ length: rest.length - 1 }, (_, index) => rest.slice(0, index + 1)).filter((session) =>
    following.startsWith(rest.slice(session.length)),
  );
}
