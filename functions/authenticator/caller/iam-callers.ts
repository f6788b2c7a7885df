// Authenticates callers by IAM: STS proves who signed the bearer token, at a bounded rate for
// unknown callers.

import {
  type AuthenticatorError,
  type Denial,
  fault,
  httpError,
  isAuthenticatorError,
  isDenial,
} from "../../errors.ts";
import { agesBy, type Moment } from "../../lib/age.ts";
import type { Clock, Deadline, EpochMs } from "../../lib/deadline.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { type Pause, pauseAfterCalls } from "../../lib/pause.ts";
import { singleFlight } from "../../lib/single-flight.ts";
import type { Proof, ProveIdentity } from "../identity/prove-identity.ts";
import { isArnOf } from "../mapping/arn.ts";
import { type ReviewRecord, timed } from "../review/record.ts";
import type { StsHosts } from "../token/sts-hosts.ts";
import { parseToken, type UnverifiedToken } from "../token/token.ts";
import type { CallerPrincipal, UnprovenBearer } from "./bearer.ts";

/** How long the result of STS is used: an identity of a caller or of a stranger, or a refusal. */
const CHECK_MS = 60_000;
/** How long a caller's proof is used after the start of another check, if STS fails. */
const RECHECK_MS = 10_000;
/**
 * After a call for an unknown caller, the next one waits `factor` times as long as that call took,
 * in the function's own region at least `ownLeastMs`: its STS gets at most 20 of them a second.
 * Neither is longer, since a caller with renewed credentials is unknown for one call.
 */
const TURN = { factor: 4, ownLeastMs: 50 };
const MAX_ENTRIES = 200;

/**
 * Throws `caller_refused`, `callers_limited`, or what a user's token throws if STS gives no answer.
 * Fills `record`.
 */
export type ProveCaller = (
  bearer: UnprovenBearer,
  record: ReviewRecord,
  deadline: Deadline,
) => Promise<void>;

interface Known {
  readonly result: Proof["result"];
  /** The end of the token. */
  readonly expiresAt: EpochMs;
  /** When STS was called, and how long later it is called again. */
  checked: { readonly at: Moment; readonly ms: number };
}

type NewToken = readonly [bearer: UnprovenBearer, token: UnverifiedToken];

/**
 * Returns the check of callers' tokens. A caller is known by a token that STS has proven, and by
 * its access key and STS host, so that a flood of unknown tokens delays neither it nor its renewed
 * tokens. Access keys are not secret: a client that knows one can only use up the turns of new
 * tokens of that key. `prove` accepts only tokens that are signed for callers.
 */
export function cachedCallers(prove: ProveIdentity, hosts: StsHosts, clock: Clock): ProveCaller {
  // Separate, so that tokens of strangers do not evict those of callers.
  const callers = new LruMap<string, Known>(MAX_ENTRIES);
  const strangers = new LruMap<string, Known>(MAX_ENTRIES);
  const ages = agesBy(clock);
  const newTurn = (isOwn: boolean): Pause =>
    pauseAfterCalls(ages, TURN.factor, isOwn ? TURN.ownLeastMs : 0);
  const unknown = { own: newTurn(true), elsewhere: newTurn(false) };
  /** By access key and host of proven callers. */
  const keys = new LruMap<string, Pause>(MAX_ENTRIES);

  /** Calls STS and caches the result. Returns whether it is the identity of a caller. */
  async function ask(
    { hash, principals }: UnprovenBearer,
    token: UnverifiedToken,
    deadline: Deadline,
    time?: "try",
  ) {
    const checked = { at: ages.now(), ms: CHECK_MS };
    const { result } = await prove(token, deadline, time);
    const isCaller = isListed(result, principals);
    (isCaller ? callers : strangers).set(hash, { result, expiresAt: token.expiresAt, checked });
    if (!isCaller) callers.delete(hash);
    return { result, isCaller };
  }

  const askOnce = singleFlight(
    async ([bearer, token]: NewToken, deadline) => {
      const { accessKeyId, host } = token;
      const key = `${accessKeyId} ${host}`;
      const isOwn = hosts.own.has(host);
      const turn = keys.get(key) ?? (isOwn ? unknown.own : unknown.elsewhere);
      if (!turn.isOver())
        throw httpError("callers_limited", "other tokens of unknown callers were just sent to STS");
      const { result: asked, end } = await turn.after(() => ask(bearer, token, deadline));
      if (asked.isCaller) {
        // A caller that STS has proven was not unknown: the next token need not wait.
        end();
        if (!keys.has(key)) keys.set(key, newTurn(isOwn));
      }
      return asked.result;
    },
    ([bearer]) => bearer.hash,
    (cause) => fault("sts_unreachable", "no answer from STS (TimedOut)", { cause }),
  );

  /** Calls STS again about a caller's token. While STS fails, the proof is still used. */
  async function proveAgain(
    bearer: UnprovenBearer,
    token: UnverifiedToken,
    known: Known,
    deadline: Deadline,
  ) {
    // Concurrent requests use the proof during the call.
    known.checked = { at: ages.now(), ms: RECHECK_MS };
    try {
      const { result } = await ask(bearer, token, deadline, "try");
      check(result, bearer.principals);
    } catch (error) {
      if (!isAuthenticatorError(error) || !["fault", "throttled"].includes(error.outcome))
        throw error;
    }
  }

  return async (bearer, record, deadline) => {
    const { hash, principals } = bearer;
    const now = clock();
    const last = callers.get(hash) ?? strangers.get(hash);
    const known = last !== undefined && now <= last.expiresAt ? last : undefined;
    if (known !== undefined && ages.isFresh(known.checked.at, known.checked.ms)) {
      record.cached.callerIdentity = true;
      return check(known.result, principals);
    }
    const token = parseCallerToken(bearer.token, hosts, now);
    record.cached.callerIdentity = false;
    await timed(record, "callerIdentity", clock, async () => {
      if (known === undefined || !isListed(known.result, principals))
        return check(await askOnce([bearer, token], deadline), principals);
      return proveAgain(bearer, token, known, deadline);
    });
  };
}

/** Applies the rules of a user's token, which need no network. Throws `caller_refused`. */
function parseCallerToken(text: string, hosts: StsHosts, now: EpochMs): UnverifiedToken {
  try {
    return parseToken(text, hosts, now);
  } catch (error) {
    throw isDenial(error) ? refused(error) : error;
  }
}

function check(result: Proof["result"], principals: readonly CallerPrincipal[]): void {
  if (isListed(result, principals)) return;
  if (isDenial(result)) throw refused(result);
  throw httpError(
    "caller_refused",
    `${result.canonicalArn} (${result.principalId}) is not in the list of callers`,
  );
}

function refused({ code, message }: Denial): AuthenticatorError {
  const hint = code === "sts_refused" ? "; a caller signs its token for <cluster id>:caller" : "";
  return httpError("caller_refused", `${code}: ${message}${hint}`);
}

function isListed(result: Proof["result"], principals: readonly CallerPrincipal[]): boolean {
  if (isDenial(result)) return false;
  return principals.some(({ arn, principalId }) => {
    return (
      isArnOf(arn, result) && (principalId === undefined || principalId === result.principalId)
    );
  });
}
