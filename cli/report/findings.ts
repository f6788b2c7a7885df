// What the report finds about one mapping, and who chooses its session names.

import { permissionSetInAnyCase } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { StoredParameters } from "../evaluation.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { isWithoutSession } from "../lint/names.ts";
import { shadowOf } from "../lint/shadowing.ts";
import type { Item } from "../mappings/items.ts";
import type { Entry } from "../store/entry.ts";
import { shownTime } from "../times.ts";
import { isUnused, type Logins } from "./logins.ts";
import type { PrincipalState } from "./principals.ts";

export interface ReportFinding {
  /** Stable: scripts may use it. */
  readonly code: "invalid" | "ended" | "denied" | "shadowed" | "absent" | "re-created" | "unused";
  readonly message: string;
}

interface Facts {
  readonly parameters: StoredParameters;
  /** By pattern: the one that always applies instead. */
  readonly covers: ReadonlyMap<Entry, Entry>;
  readonly context: EvaluationContext;
  readonly logins: Logins;
  readonly principal: PrincipalState | undefined;
}

export function findingsOf(item: Item, { parameters, covers, context, logins, principal }: Facts): ReportFinding[] {
  const { stored, entry, problem = "" } = item;
  if (entry === undefined) return [{ code: "invalid", message: problem }];
  const { kind, account, mapping } = entry;
  const found: ReportFinding[] = [];
  if (isExpired(mapping.notAfter, context.now)) found.push({ code: "ended", message: `ended on ${mapping.notAfter}` });
  const shadow = shadowOf({ parameter: stored.name, entry }, parameters, context);
  const by = shadow === undefined ? covers.get(entry)?.mapping.arnLike : shortName(shadow.parameter, context.prefix);
  if (shadow?.verdict.kind === "deny") found.push({ code: "denied", message: `denied by ${by}` });
  else if (by !== undefined) found.push({ code: "shadowed", message: `${by} takes precedence` });
  if (principal === "absent") {
    const what = kind.startsWith("sso") ? "the role of the permission set" : `the ${kind}`;
    found.push({ code: "absent", message: `${what} does not exist in account ${account}` });
  }
  if (principal === "re-created") {
    const message = `the ${kind} was re-created: its id is no longer ${mapping.principalId}`;
    found.push({ code: "re-created", message });
  }
  if (isUnused(item, logins)) {
    const written = stored.modified > logins.from ? `, last written on ${shownTime(stored.modified)}` : "";
    found.push({ code: "unused", message: `no login since ${shownTime(logins.from)}${written}` });
  }
  return found;
}

/** `undefined` for identities without a session. */
export function sessionChooser(entry: Entry): string | undefined {
  const { kind, name } = entry;
  if (isWithoutSession(entry)) return undefined;
  const isOfSet = kind.startsWith("sso") || (kind === "role" && permissionSetInAnyCase(name) !== undefined);
  return isOfSet ? "Identity Center" : "anyone who assumes the role";
}
