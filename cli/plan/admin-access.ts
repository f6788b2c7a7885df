// Whether a mapping that gives `system:masters` gives it to anybody: as the function would decide, and how sure that is.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { checkMapping, type Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { selectMapping } from "../../functions/authenticator/mapping/select.ts";
import type { Settings } from "../../functions/authenticator/settings.ts";
import { renderUser } from "../../functions/authenticator/user/user.ts";
import { Denial } from "../../functions/errors.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { isExpired, notAfterTime } from "../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { arnsOverlap } from "../evaluate/arn-overlap.ts";
import type { Site } from "../evaluate/context.ts";
import { decide } from "../evaluate/decide.ts";
import { type SamplePrincipal, samplePrincipalsOf } from "../evaluate/sample-principals.ts";
import type { Entry } from "../mapping-file/entry.ts";
import { readParameter } from "../mapping-file/parameters.ts";
import { short } from "./show.ts";

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles: no RBAC rule can take this away */
export const MASTERS = "system:masters";

type Parameters = ReadonlyMap<string, StoredParameter>;

/** What the function's code has to know to decide. */
export interface Place {
  readonly site: Site;
  readonly settings: Pick<Settings, "reservedPrefixes">;
}

export interface Reach {
  /** `doubtful`: for some of those who may be meant, or unless a deny pattern is for them. */
  readonly kind: "sure" | "doubtful" | "none";
  /** Milliseconds since 1970, infinity without an end. */
  readonly until: number;
  /** Where it is not sure: a phrase for the user. */
  readonly why: string;
}

export function isMaster({ groups = [] }: Mapping): boolean {
  return groups.includes(MASTERS);
}

/** What in one parameter gives `system:masters`. Most of 10,000 values are told by a look at the text. */
export function mastersIn(prefix: string, name: string, stored: StoredParameter): Entry[] {
  if (!stored.value.includes(MASTERS)) return [];
  return readParameter(prefix, name, stored).entries.filter(({ mapping }) => isMaster(mapping));
}

/** The best of what its sample principals give. */
export async function reachOf(entry: Entry, parameters: Parameters, place: Place): Promise<Reach> {
  const { notAfter } = entry.mapping;
  if (isExpired(notAfter, place.site.now)) return none(`ended on ${notAfter}`);
  const reaches: Reach[] = [];
  for (const sample of samplePrincipalsOf(entry, parameters, place.site)) {
    const reach = await reachOfSample(sample, parameters, place);
    if (reach.kind === "sure") return reach;
    reaches.push(reach);
  }
  return reaches.find(({ kind }) => kind === "doubtful") ?? reaches[0] ?? none("nobody can match it");
}

async function reachOfSample(
  { identities, mayBe }: SamplePrincipal,
  parameters: Parameters,
  place: Place,
): Promise<Reach> {
  const answers: Reach[] = [];
  for (const identity of identities) answers.push(await ask(identity, parameters, place));
  if (answers.length === 0) return none("nobody can match it");
  const refused = answers.find(({ kind }) => kind === "none");
  if (refused !== undefined && answers.every(({ kind }) => kind === "none")) return refused;
  const until = Math.min(...answers.flatMap(({ kind, until }) => (kind === "none" ? [] : until)));
  if (refused !== undefined) return { kind: "doubtful", until, why: refused.why };
  const account = identities[0]?.accountId ?? "";
  const deny = mayBe.flatMap((pattern) => denyPatternOn(pattern, account, parameters, place.site))[0];
  return deny === undefined
    ? { kind: "sure", until, why: "" }
    : { kind: "doubtful", until, why: `perhaps denied by ${deny}` };
}

/** By the function's own code. That a mapping wants proof of an instance is none: an administrator needs no such name. */
async function ask(identity: VerifiedIdentity, parameters: Parameters, { site, settings }: Place): Promise<Reach> {
  const { evaluations, deciding } = decide(site, identity, parameters);
  const where = deciding === undefined ? "" : short(deciding.parameter, site.prefix);
  try {
    const selected = selectMapping(evaluations, identity);
    const { groups } = await renderUser(selected, identity, settings.reservedPrefixes, async () => ({ refusal: "" }));
    if (!groups.includes(MASTERS)) return none(`${where} counts before it`);
    const { notAfter } = selected.mapping;
    return { kind: "sure", until: (notAfter && notAfterTime(notAfter)) || Number.POSITIVE_INFINITY, why: "" };
  } catch (error) {
    if (!(error instanceof Denial)) throw error;
    if (error.code === "identity_unmapped") return none("not for every role that it may mean");
    return none(error.code === "identity_denied" ? `denied by ${where}` : `refused, ${error.code}`);
  }
}

/** A denial that is for part of what `pattern` means, perhaps for the very one that is real. */
function denyPatternOn(pattern: string, account: string, parameters: Parameters, { prefix, now }: Site): string[] {
  return [account, "any"].flatMap((of) => {
    const list = parseJson(parameters.get(mappingParameter(prefix, "pattern", of))?.value ?? "");
    return (Array.isArray(list) ? list : []).flatMap((item: unknown) => {
      if (!isObject(item) || item["deny"] !== true || typeof item["arnLike"] !== "string") return [];
      const check = checkMapping(item, "pattern");
      const isPast = check.valid && isExpired(check.mapping.notAfter, now);
      return !isPast && arnsOverlap(item["arnLike"], pattern) ? [item["arnLike"]] : [];
    });
  });
}

function none(why: string): Reach {
  return { kind: "none", until: Number.NEGATIVE_INFINITY, why };
}
