// What the command says about the end of access: which access a denial ends, and what it does not
// cover.

import { denyParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../../functions/lib/time.ts";
import { MAPPING_FOUND_MS } from "../../../functions/parameters/stored-parameter.ts";
import type { Connection } from "../../aws/connection.ts";
import { shownTime } from "../../cmdline/times.ts";
import type { Run } from "../../io/run.ts";
import { isActive, overlaps, type PlacedEntry, readValue } from "../../model/entry-arns.ts";
import type { ReviewSettings, StoredParameters } from "../../model/evaluation.ts";
import { type ClusterPlan, EFFECT } from "../../plan/plan.ts";

/** A planned denial in one cluster. */
export interface PlannedDenial extends ClusterPlan {
  /**
   * Whether a stored mapping may apply to what is denied; `undefined` if the mappings that would
   * show it are not known.
   */
  readonly endsAccess: boolean | undefined;
  /** When the denial ends, as `notAfter`. */
  readonly endsAt: string | undefined;
  /** Phrases for the roles whose other sessions keep access. */
  readonly evading: readonly string[];
  /** Whether the denial also covers mappings that are added later. */
  readonly coversLater: boolean;
  readonly ifRefused?: (error: unknown, run: Run) => Promise<PlannedDenial | undefined>;
}

/** What is known about the end of access, over all clusters. */
export interface Ending {
  /** The reason why no time is known. By default, access ends where a mapping may apply. */
  readonly sentence?: string;
  /**
   * The sentence, if it names a similar stored name, which the user may have meant: the command
   * then fails with it.
   */
  readonly errors: readonly string[];
}

export const WITHOUT_REMARK: Ending = { errors: [] };

/**
 * Returns an ending without a time.
 *
 * @param meant a stored name that is similar to what the user typed
 */
export function unknownEnding(sentence: string, meant: string | undefined): Ending {
  if (meant === undefined) return { sentence, errors: [] };
  const question = `${sentence} Did you mean ${meant}?`;
  return { sentence: question, errors: [question] };
}

/** Returns the sentence for a plan without an applicable mapping. */
export function noAccessEnds(who: string, endsAccess: false | undefined): string {
  if (endsAccess === undefined) return `Not known whether a mapping applies to ${who}.`;
  return `No stored mapping applies to ${who}: no access ends.`;
}

/**
 * The time in milliseconds for which kube-apiserver caches an answer: the default of
 * --authentication-token-webhook-cache-ttl, and the 10 s for which it remembers each token besides
 * (TokenSuccessCacheTTL).
 * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
 * https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/kubeapiserver/options/authentication.go
 */
const APISERVER_CACHE_MS = 130_000;

/**
 * Returns sentences for the user after the write in one cluster.
 *
 * @param isComplete whether every denial of the plan was written
 */
export function effectOf(
  who: string,
  { endsAccess, endsAt, evading, coversLater }: PlannedDenial,
  ending: Ending,
  now: number,
  isComplete: boolean,
): string[] {
  const isKnown = endsAccess === true && ending.sentence === undefined;
  const later = coversLater ? "" : " Not covered: mappings added later.";
  if (isKnown) return [endOfAccess(now, endsAt, isComplete), `${goesOn(evading)}${later}`];
  const sentence = endsAccess ? ending.sentence : noAccessEnds(who, endsAccess);
  // The sentence of an error is the last line.
  const first = ending.errors.length > 0 ? EFFECT : `${EFFECT} ${sentence}`;
  return endsAccess === false ? [`${first}${later}`] : [first, `${goesOn(evading)}${later}`];
}

/**
 * Returns a sentence about the access that the denial does not end.
 *
 * @param evading the roles whose other sessions keep access: the caller that assumes one chooses
 * the session's name
 */
function goesOn(evading: readonly string[]): string {
  const roles = [...new Set(evading)];
  const of = roles.length > MOST_ROLES ? `${roles.length} roles` : roles.join(", ");
  const others = roles.length === 0 ? [] : [`other session names of ${of}`];
  return `Goes on: ${[...ALWAYS_GOES_ON, ...others].join("; ")}.`;
}

const ALWAYS_GOES_ON = [
  "open requests (watch, exec, attach, port-forward)",
  "client certificates",
  "service account tokens",
];

const MOST_ROLES = 3;

function endOfAccess(now: number, endsAt: string | undefined, isComplete: boolean): string {
  const time = now + MAPPING_FOUND_MS + APISERVER_CACHE_MS;
  if (!isComplete) return "Not every denial was written, so access may go on.";
  if (endsAt !== undefined && isExpired(endsAt, time)) {
    return `The denial ends at ${endsAt}, but cached answers may grant access until ${shownTime(time)}.`;
  }
  return `Access ends by ${shownTime(time)}, with kube-apiserver's default cache.`;
}

/**
 * Warns if a denial of one session denies all sessions of the role: an AWS-signed token does not
 * show its session.
 */
export function warnOfSignedTokens(
  roles: readonly string[],
  { functions }: Connection,
  { log }: Run,
): void {
  if (functions.own.settings.jwt === undefined || roles.length === 0) return;
  const all = [...new Set(roles)].join(", ");
  log(
    `An AWS-signed token (JWT_ISSUERS) does not show its session: this also denies every AWS-signed token of ${all}.\n`,
  );
}

/**
 * Returns the parameters with a mapping that has not ended and may apply to an identity that the
 * pattern denies.
 */
export function mayBeEnded(
  arnLike: string,
  parameters: StoredParameters,
  review: ReviewSettings,
): string[] {
  const list = { value: JSON.stringify([{ arnLike }]), secure: false };
  const [denial] = readValue(denyParameter(review.prefix, "any"), list, review).entries;
  if (denial === undefined) return [];
  const isEnded = (entry: PlacedEntry) =>
    entry.kind !== "deny" && isActive(entry, review) && overlaps(denial, entry);
  const withEnded = [...parameters].filter(([name, stored]) =>
    readValue(name, stored, review).entries.some(isEnded),
  );
  return withEnded.map(([name]) => name);
}
