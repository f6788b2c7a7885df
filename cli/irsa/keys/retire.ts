// `irsa keys retire`: takes a key away, once no living token can be signed with it.

import { type Command, InvalidArgumentError } from "commander";
import { notAfterTime } from "../../../functions/lib/not-after.ts";
import { connect } from "../../aws/connection.ts";
import type { Change } from "../../changes/plan.ts";
import { executePlan } from "../../changes/propose.ts";
import { describe } from "../../command.ts";
import { finding, usage } from "../../errors.ts";
import { addConnection, type ConnectionOptions, readWhole, type WriteOptions } from "../../options.ts";
import type { IOStreams } from "../../terminal/io-streams.ts";
import { openKubernetes } from "../kubernetes.ts";
import { DEFAULT_TOKEN_EXPIRATION } from "../names.ts";
import { signingKeyOf } from "./key-source.ts";
import { byName, describeKey, type PublishedKey, readPublishedKeys } from "./published-keys.ts";

interface RetireOptions extends ConnectionOptions, WriteOptions {
  readonly signedUntil?: number;
  readonly longestToken: number;
  readonly kubeconfig?: string;
  readonly force?: true;
}

export function retireCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Refused while a living token may be signed with it: --signed-until says when the last kube-apiserver began to sign " +
      "with another key. With --kubeconfig, kube-apiserver is asked for a token as well, to see which key signs.",
    examples: [
      "iam-authenticator irsa keys retire -c prod issuer/zq2Wk0O9bB0p1JHZ3rM0mDq7y3m8b0Hq0s6oUu1cV5A \\",
      "    --signed-until 2026-11-01T08:00:00Z --kubeconfig admin.conf",
    ],
  }).argument("<key>", "issuer/<kid>, as irsa keys list shows it");
  return (
    addConnection(command)
      .option("--signed-until <time>", "such as 2026-11-01T08:00:00Z", readTime)
      .option("--longest-token <seconds>", "for which a token is good at most", readWhole, DEFAULT_TOKEN_EXPIRATION)
      .option("--kubeconfig <file>", "see which key signs now; makes a token for default/default")
      .option("--dry-run", "show the plan and write nothing")
      .option("-y, --yes", "do not ask")
      .option("--force", "a key that has leaked: its tokens must be refused now")
      // A kid may begin with a dash, and would then be read as an option.
      .action((key: string, options: RetireOptions) => retire(key.replace(/^issuer\//, ""), options, io))
  );
}

async function retire(kid: string, options: RetireOptions, io: IOStreams): Promise<void> {
  // Its --force is about tokens, not about who manages the parameter.
  const { signedUntil, longestToken, kubeconfig, force, ...writeOptions } = options;
  if (signedUntil === undefined && !force) {
    throw usage("Say until when the key has signed (--signed-until), or that it has leaked (--force).");
  }
  const connection = await connect(options, io);
  const published = await readPublishedKeys(connection, io.interrupted);
  const retired = published.find((one) => one.kid === kid);
  if (retired === undefined) throw finding(`No key ${kid} is published: see irsa keys list.`);
  if (!force && signedUntil !== undefined) {
    const signing = kubeconfig === undefined ? undefined : await signingKey(kubeconfig, io);
    const problem = retireProblem({ retired, published, signedUntil, longestToken, signing, now: io.clock() });
    if (problem !== undefined) throw finding(`Refused: ${problem}`);
  }
  const { stored: before, key } = retired;
  const shown = key === undefined ? "invalid, not served" : describeKey(key);
  const change: Change = { action: "remove", name: before.name, before, value: undefined, shown };
  const plan = { changes: [change], unchanged: published.length - 1, extra: [] };
  const effect = "The issuer leaves it out within 30 s; AWS may remember it for longer.";
  await executePlan(plan, byName(published), connection, writeOptions, io, { effect });
}

async function signingKey(kubeconfig: string, io: IOStreams): Promise<string> {
  const kubernetes = await openKubernetes(kubeconfig, io);
  return signingKeyOf(kubernetes).finally(kubernetes.close);
}

function readTime(text: string): number {
  const time = notAfterTime(text);
  if (time === undefined) throw new InvalidArgumentError("It must be a time such as 2026-11-01T08:00:00Z.");
  return time;
}

interface RetireQuestion {
  readonly retired: PublishedKey;
  /** All of them, the retired one too. */
  readonly published: readonly PublishedKey[];
  /** Milliseconds since 1970. */
  readonly signedUntil: number;
  /** Seconds. */
  readonly longestToken: number;
  /** The kid that signs now, where kube-apiserver was asked. */
  readonly signing: string | undefined;
  readonly now: number;
}

/** Clocks of kube-apiservers and of AWS differ. */
const MARGIN_MS = 5 * 60_000;

/** A sentence that says what is to be waited for; `undefined` where the key may go. */
function retireProblem(question: RetireQuestion): string | undefined {
  const { retired, published, signedUntil, longestToken, signing, now } = question;
  // What is not served verifies no token.
  if (retired.key === undefined) return undefined;
  const others = published.filter(({ kid, key }) => kid !== retired.kid && key !== undefined);
  if (others.length === 0) return "it is the last key that is served. Publish the next one first (irsa keys publish).";
  if (signing === retired.kid) return "kube-apiserver signs with it now. Switch the signing key first.";
  if (signing !== undefined && !others.some(({ kid }) => kid === signing)) {
    return `kube-apiserver signs with ${signing}, which is not published. Publish it first (irsa keys publish).`;
  }
  if (signedUntil > now) return "--signed-until is in the future.";
  const oldestOther = Math.min(...others.map(({ stored }) => stored.modified));
  if (signedUntil < oldestOther) {
    return `--signed-until is before any other key was published (${time(oldestOther)}): which key has signed since?`;
  }
  const end = signedUntil + longestToken * 1000 + MARGIN_MS;
  return now < end ? `tokens that it has signed may be good until ${time(end)}. Retire it then.` : undefined;
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
