// `irsa keys retire`: removes a key whose tokens have all expired.

import { type Command, InvalidArgumentError } from "commander";
import { notAfterTime } from "../../../functions/lib/time.ts";
import { connect } from "../../aws/connection.ts";
import { type ChosenCluster, clusterOf } from "../../cmdline/contexts.ts";
import { describe } from "../../cmdline/define.ts";
import {
  CONFIRM,
  CONNECTION,
  readWhole,
  type WriteOptions,
  withOptions,
} from "../../cmdline/options.ts";
import { shownTime } from "../../cmdline/times.ts";
import { finding, usage } from "../../io/errors.ts";
import type { IOStreams } from "../../io/streams.ts";
import { openKubernetes } from "../../kube/client.ts";
import { DEFAULT_TOKEN_EXPIRATION } from "../../kube/objects.ts";
import type { Change } from "../../plan/changes.ts";
import { executePlan } from "../../plan/clusters.ts";
import { judgeNoMapping } from "../../plan/judge.ts";
import { beforeWrites } from "../../plan/stopped.ts";
import { UNINTERRUPTED, writeValue } from "../../plan/write-parameter.ts";
import { remainingTokens, requestToken } from "./cluster-keys.ts";
import { byName, describeKey, type PublishedKey, readPublishedKeys } from "./published-keys.ts";

interface RetireOptions extends WriteOptions {
  readonly signedUntil?: number;
  readonly longestToken?: number;
  readonly kubeconfig?: string;
  readonly force?: true;
}

export function retireCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Fails while a token that the key signed may still be valid. --signed-until is when the last kube-apiserver switched " +
      "to another key. With --kubeconfig, also requests a token from kube-apiserver to see which key signs, and lists the " +
      "Secrets and Pods whose tokens kube-apiserver still accepts because of this key.",
    examples: [
      "irsa keys retire -c prod issuer/zq2Wk0O9bB0p1JHZ3rM0mDq7y3m8b0Hq0s6oUu1cV5A \\\n" +
        "    --signed-until 2026-11-01T08:00:00Z --kubeconfig admin.conf",
    ],
  }).argument("<key>", "issuer/<kid>, as irsa keys list shows it");
  withOptions(command, CONNECTION)
    .option(
      "--signed-until <time>",
      "when the key stopped signing, such as 2026-11-01T08:00:00Z",
      readTime,
    )
    .option(
      "--longest-token <seconds>",
      `longest lifetime of a token (default: ${DEFAULT_TOKEN_EXPIRATION}); with --kubeconfig, at least that of each Pod`,
      readWhole,
    )
    .option("--kubeconfig <file>", "check which key signs now, and which tokens need this one");
  // With the prefix issuer/, a kid that begins with a dash is not read as an option.
  return withOptions(command, CONFIRM)
    .option("--force", "the key has leaked: reject its tokens now")
    .action(async (key: string, options: RetireOptions) =>
      retire(key.replace(/^issuer\//, ""), await clusterOf(command, io), options, io),
    );
}

async function retire(
  kid: string,
  cluster: ChosenCluster,
  options: RetireOptions,
  io: IOStreams,
): Promise<void> {
  const { retired, change, problemOf, planned } = await beforeWrites(io, () =>
    planRetirement(kid, cluster, options, io),
  );
  const { connection } = planned;
  // DeleteParameter has no condition: of two commands that retire the last two keys, each sees the
  // other's key.
  const recheck = async (isWritten: boolean) => {
    if (!isWritten) {
      const problem = problemOf(
        await beforeWrites(io, () => readPublishedKeys(connection, io.interrupted)),
      );
      if (problem !== undefined) throw finding(`Refused: ${problem}`);
      return;
    }
    const problem = problemOf(await readPublishedKeys(connection, UNINTERRUPTED));
    if (problem === undefined) return;
    await writeValue(
      connection.ssm,
      { ...change, before: undefined, value: retired.stored.value },
      UNINTERRUPTED,
    );
    throw finding(
      `Not retired: another operator changed the keys too. The key is published again: ${problem}`,
    );
  };
  // --force applies to tokens here, and does not skip the stack check.
  const { force: _, ...writeOptions } = options;
  await executePlan(async () => planned, writeOptions, io, { recheck });
}

/** `problemOf` returns why the key must not be retired beside these keys. */
async function planRetirement(
  kid: string,
  cluster: ChosenCluster,
  options: RetireOptions,
  io: IOStreams,
) {
  const { signedUntil, longestToken, kubeconfig, force } = options;
  if (signedUntil === undefined && !force)
    throw usage("Give --signed-until, or --force if the key has leaked.");
  const connection = await connect(cluster, {}, io);
  const published = await readPublishedKeys(connection, io.interrupted);
  const retired = published.find((publishedKey) => publishedKey.kid === kid);
  if (retired === undefined)
    throw finding(`Key ${kid} is not published. To see them, run irsa keys list.`);
  let problemOf = (_: readonly PublishedKey[]): string | undefined => undefined;
  if (!force && signedUntil !== undefined) {
    const asked =
      kubeconfig === undefined ? NOT_ASKED : await readCluster(kubeconfig, kid, signedUntil, io);
    const end =
      signedUntil + 1000 * Math.max(longestToken ?? DEFAULT_TOKEN_EXPIRATION, asked.longestSeconds);
    // A key that is not served verifies no token.
    if (retired.key !== undefined) {
      problemOf = (keys) => {
        const others = keys.filter(
          (publishedKey) => publishedKey.kid !== kid && publishedKey.key !== undefined,
        );
        return (
          signingProblem(kid, others, asked.signing) ??
          timeProblem(others, signedUntil, end, connection.review.now)
        );
      };
    }
    const problem = problemOf(published);
    if (problem !== undefined) throw finding(`Refused: ${problem}`);
    for (const line of asked.lines) io.log(`${line}\n`);
  }
  const { stored: before, key } = retired;
  const shown = key === undefined ? "invalid, not served" : describeKey(key);
  const change: Change = { action: "remove", name: before.name, before, value: undefined, shown };
  const plan = { changes: [change], unchanged: published.length - 1, extra: [] };
  const effect = "The issuer stops serving it within 30 s. AWS may cache it for longer.";
  const planned = {
    plan,
    known: byName(published),
    connection,
    judge: judgeNoMapping,
    effect: () => [effect],
    gives: "no access" as const,
  };
  return { retired, change, problemOf, planned };
}

const NOT_ASKED = { signing: undefined, longestSeconds: 0, lines: [] };

async function readCluster(kubeconfig: string, kid: string, signedUntil: number, io: IOStreams) {
  const kubernetes = await openKubernetes(kubeconfig, io);
  // No service accepts a token for this audience.
  const { kid: signing } = await requestToken(kubernetes, "iam-authenticator.invalid");
  return { signing, ...(await remainingTokens(kubernetes, kid, signedUntil)) };
}

function readTime(text: string): number {
  const time = notAfterTime(text);
  if (time === undefined)
    throw new InvalidArgumentError("It must be a time such as 2026-11-01T08:00:00Z.");
  return time;
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
