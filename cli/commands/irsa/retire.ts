// `irsa keys retire`: removes a key, once no token that it has signed can be valid.

import { withAwsClock } from "../../aws/calls.ts";
import { openStore, type Store } from "../../aws/store.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { shownTime } from "../../cmdline/times.ts";
import { type Failure, finding, usage } from "../../io/errors.ts";
import { shellWord } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { openKubernetes } from "../../kube/client.ts";
import { DEFAULT_TOKEN_EXPIRATION } from "../../kube/objects.ts";
import { beforeWrites } from "../../plan/before-writes.ts";
import { type Change, outcome } from "../../plan/changes.ts";
import { afterWrites } from "../../plan/stopped.ts";
import { UNINTERRUPTED, writeValue } from "../../plan/write-parameter.ts";
import { writeValues } from "../../plan/write-values.ts";
import { remainingTokens, requestToken } from "./cluster-keys.ts";
import { describeKey, type PublishedKey, readPublishedKeys } from "./published-keys.ts";
import { acceptKeys, type KeyPlan } from "./write-keys.ts";

interface RetireOptions extends WriteOptions {
  readonly signedUntil?: number;
  readonly longestToken?: number;
  readonly kubeconfig?: string;
  readonly force?: true;
}

export async function retire(
  kid: string,
  cluster: ChosenCluster,
  options: RetireOptions,
  run: Run,
): Promise<void> {
  const planned = await beforeWrites(run, () => planRetirement(kid, cluster, options, run));
  const { retired, problemOf, plan, store } = planned;
  // --force applies to tokens here, and does not skip the stack check.
  if (!(await acceptKeys(planned, options, run))) return;
  // DeleteParameter has no condition: of two commands that retire the last two keys, each sees the
  // other's key.
  const reread = () => readPublishedKeys(store, run.interrupted);
  refuse(problemOf(await beforeWrites(run, reread)));
  await writeValues(plan.changes, store, run);
  const { name, value } = retired.stored;
  const again = `aws ssm put-parameter --name ${name} --type String --value ${shellWord(value)}`;
  const problem = await afterWrites(
    `Removed: ${name}. To publish it again, run: ${again}`,
    async () => {
      const reason = problemOf(await readPublishedKeys(store, UNINTERRUPTED));
      if (reason !== undefined) await publishAgain(retired, store);
      return reason;
    },
  );
  if (problem !== undefined) throw notRetired(problem);
  run.log(`${outcome(plan.changes)} ${EFFECT}\n`);
}

const EFFECT = "The issuer stops serving it within 30 s. AWS may cache it for longer.";

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw finding(`Refused: ${problem}`);
}

async function publishAgain({ stored }: PublishedKey, { ssm }: Store): Promise<void> {
  const { name, value } = stored;
  await writeValue(ssm, { action: "add", name, before: undefined, value }, UNINTERRUPTED);
}

function notRetired(problem: string): Failure {
  return finding(
    `Not retired: another operator changed the keys too. The key is published again: ${problem}`,
  );
}

/** Returns why a key must not be retired beside these keys; `undefined` if it may be. */
type ProblemOf = (published: readonly PublishedKey[]) => string | undefined;

interface Retirement {
  readonly retired: PublishedKey;
  readonly problemOf: ProblemOf;
}

async function planRetirement(
  kid: string,
  cluster: ChosenCluster,
  options: RetireOptions,
  run: Run,
): Promise<KeyPlan & Retirement> {
  const { signedUntil, force } = options;
  if (signedUntil === undefined && !force)
    throw usage("Give --signed-until, or --force if the key has leaked.");
  const store = await openStore(cluster, {}, run);
  const published = await readPublishedKeys(store, run.interrupted);
  const retired = published.find((publishedKey) => publishedKey.kid === kid);
  if (retired === undefined)
    throw finding(`Key ${kid} is not published. To see them, run irsa keys list.`);
  const { problemOf, lines } =
    force || signedUntil === undefined
      ? LEAKED
      : await readTokens(retired, signedUntil, options, run);
  refuse(problemOf(published));
  for (const line of lines) run.log(`${line}\n`);
  const { stored: before, key } = retired;
  const shown = key === undefined ? "invalid, not served" : describeKey(key);
  const change: Change = { action: "remove", name: before.name, before, value: undefined, shown };
  const plan = { changes: [change], unchanged: published.length - 1, extra: [] };
  return { plan, published, store, retired, problemOf };
}

/** The tokens of a key that has leaked must be rejected, whatever else is served. */
const LEAKED: { readonly problemOf: ProblemOf; readonly lines: readonly string[] } = {
  problemOf: () => undefined,
  lines: [],
};

/**
 * Finds out until when tokens of the key may be valid. `lines` are about the tokens that
 * kube-apiserver still accepts.
 */
async function readTokens(
  { kid, key }: PublishedKey,
  signedUntil: number,
  { longestToken = DEFAULT_TOKEN_EXPIRATION, kubeconfig }: RetireOptions,
  run: Run,
): Promise<typeof LEAKED> {
  const { signing, longestSeconds, lines } =
    kubeconfig === undefined ? NOT_ASKED : await askCluster(kubeconfig, kid, signedUntil, run);
  const end = signedUntil + 1000 * Math.max(longestToken, longestSeconds);
  const now = withAwsClock(run).clock();
  function problemOf(published: readonly PublishedKey[]): string | undefined {
    // A key that is not served verifies no token.
    if (key === undefined) return undefined;
    const others = published.filter((other) => other.kid !== kid && other.key !== undefined);
    return signingProblem(kid, others, signing) ?? timeProblem(others, signedUntil, end, now);
  }
  return { problemOf, lines };
}

const NOT_ASKED = { signing: undefined, longestSeconds: 0, lines: [] };

async function askCluster(kubeconfig: string, kid: string, signedUntil: number, run: Run) {
  const kubernetes = await openKubernetes(kubeconfig, run);
  // No service accepts a token for this audience.
  const { kid: signing } = await requestToken(kubernetes, "iam-authenticator.invalid");
  return { signing, ...(await remainingTokens(kubernetes, kid, signedUntil)) };
}

/** The tolerance for the clocks of kube-apiservers and AWS. */
const MARGIN_MS = 5 * 60_000;

/**
 * Returns a sentence that states why the other served keys do not replace the key yet. `signing` is
 * the kid that signs now, if it is known.
 */
function signingProblem(
  kid: string,
  others: readonly PublishedKey[],
  signing: string | undefined,
): string | undefined {
  if (others.length === 0)
    return "it is the last key that is served. Publish the next one first (irsa keys publish).";
  if (signing === kid) return "kube-apiserver signs with it now. Switch the signing key first.";
  return signing === undefined || others.some((publishedKey) => publishedKey.kid === signing)
    ? undefined
    : `kube-apiserver signs with ${signing}, which is not published. Publish it first (irsa keys publish).`;
}

/**
 * Returns a sentence that states why it is too early. Times are in milliseconds since 1970; `end`
 * is when the last token expires that the key has signed.
 */
function timeProblem(
  others: readonly PublishedKey[],
  signedUntil: number,
  end: number,
  now: number,
) {
  if (signedUntil > now) return "--signed-until is in the future.";
  const oldestOther = Math.min(...others.map(({ stored }) => stored.modified));
  if (signedUntil < oldestOther) {
    return `--signed-until is before any other key was published (${shownTime(oldestOther)}). Find out which key has signed since.`;
  }
  const safe = end + MARGIN_MS;
  return now < safe
    ? `tokens that it has signed may be valid until ${shownTime(safe)}. Retire it then.`
    : undefined;
}
