// `callers add`: lets a kube-apiserver call the function, by a new token or its IAM role.

import { hash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { parseMappedArn } from "../../../functions/authenticator/mapping/arn.ts";
import { principalIdProblem } from "../../../functions/authenticator/mapping/mapping.ts";
import { callerIdOf } from "../../../functions/settings/common.ts";
import type { Connection } from "../../aws/connection.ts";
import type { Clusters } from "../../cmdline/chosen-clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { type End, type EndOptions, endOf } from "../../cmdline/times.ts";
import { finding, usage } from "../../io/errors.ts";
import { writeSecret } from "../../io/files.ts";
import type { Run } from "../../io/run.ts";
import { webhookKubeconfig } from "../../kube/kubeconfig.ts";
import { webhookServer } from "../../kube/server.ts";
import type { Items } from "../../model/stored.ts";
import { callerName, checkNeighbours, planCallers, readCallers } from "../../plan/callers.ts";
import { carryOut } from "../../plan/carry-out.ts";
import type { ClusterPlan } from "../../plan/plan.ts";
import { planClusters } from "../../plan/plan-clusters.ts";
import { Stopped } from "../../plan/stopped.ts";

interface AddOptions extends WriteOptions, EndOptions {
  readonly arn?: string;
  readonly principalId?: string;
  readonly endpoint?: string;
  readonly ca?: string;
  readonly out?: string;
}

const TOKEN_BYTES = 32;

export async function add(
  name: string,
  clusters: Clusters,
  options: AddOptions,
  run: Run,
): Promise<void> {
  const { endpoint, ca, arn, principalId } = options;
  const out = options.out === "-" ? undefined : options.out;
  checkPrincipalId(options);
  const endAt = endOf(options, ": the caller would never be accepted");
  // Lists and prompts print the name.
  if (!/^[\w.@:/-][\w.@:/ -]{0,99}$/.test(name))
    throw usage("<name> must be 1 to 100 letters, digits and . _ - @ : /");
  const server =
    (endpoint ?? ca ?? options.out) === undefined
      ? undefined
      : await webhookServer(options, clusters.chosen, run);
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const text = server === undefined ? `${token}\n` : webhookKubeconfig({ ...server, token });
  const proof =
    arn === undefined
      ? { sha256: hash("sha256", token, "hex") }
      : { arn, ...(principalId !== undefined && { principalId }) };
  const caller: NewCaller = { name, proof, endAt, arn, out };
  const planned = await planClusters(clusters, options, run, (connection, _, ownRun) =>
    planAddition(caller, connection, ownRun),
  );
  const isPrinted = out === undefined && arn === undefined;
  const { deliver, noteStored, logRest } = deliverToken(name, text, out, isPrinted, run);
  // Standard output has the secret alone, so that it can be a file.
  const shown = isPrinted && !options.dryRun ? { ...run, columns: undefined, print: run.log } : run;
  try {
    await carryOut(planned, options, shown, {
      done: "Added",
      onAccept: deliver,
      onWritten: noteStored,
    });
  } catch (error) {
    logRest(error);
    throw error;
  }
}

/** The caller to add, with what proves that it calls: the hash of its token, or its ARN. */
interface NewCaller {
  readonly name: string;
  readonly proof: object;
  readonly arn: string | undefined;
  readonly endAt: End;
  /** The file of the token; `undefined` prints it. */
  readonly out: string | undefined;
}

async function planAddition(
  { name, proof, endAt, arn, out }: NewCaller,
  connection: Connection,
  run: Run,
): Promise<ClusterPlan> {
  const callers = await readCallers(connection, run.interrupted);
  const notAfter = endAt(connection.review.now);
  const check = (items: Items) => checkNeighbours(items, callers.parameter);
  check(callers.entries);
  requireNewName(name, callers.entries);
  const entry = { name, ...proof, ...(notAfter !== undefined && { notAfter }) };
  const { clusterId, review } = connection;
  checkPartition(arn, review.partition);
  return {
    plan: planCallers(callers, [...callers.entries, entry], check),
    known: callers.known,
    connection,
    outcome: `Added ${name} to ${callers.parameter}.`,
    effect: () => [effectOf(arn, out, clusterId)],
  };
}

/**
 * Returns what runs before the first write, after each cluster's, and after a failure. The token is
 * printed, or written into its file, before the parameter: the function must not accept a token that
 * is lost, for example because the disk is full.
 */
function deliverToken(
  name: string,
  text: string,
  out: string | undefined,
  isPrinted: boolean,
  run: Run,
) {
  let file: string | undefined;
  let isStored = false;

  async function deliver(): Promise<void> {
    if (isPrinted) run.print(text);
    if (out === undefined) return;
    writeSecret(out, text);
    file = out;
  }

  async function noteStored(): Promise<void> {
    isStored = true;
  }

  /** Logs where the token is, or discards it if no function accepts it. */
  function logRest(error: unknown): void {
    const stopped = [error, (error as Error).cause].find((cause) => cause instanceof Stopped);
    const isAbsent = !isStored && stopped?.state === "absent";
    if (isAbsent) discardToken(file, isPrinted, run);
    else if (file !== undefined) run.log(`The token of ${name} is in ${file}.\n`);
    if (isStored)
      run.log(`Before you add ${name} again, remove it: all stores must have the same token.\n`);
  }

  return { deliver, noteStored, logRest };
}

function requireNewName(name: string, entries: Items): void {
  if (!entries.some((entry) => callerName(entry) === name)) return;
  throw finding(
    `The caller ${name} already exists. Choose another name, or remove that caller first.`,
  );
}

function checkPartition(arn: string | undefined, partition: string): void {
  if (arn === undefined || parseMappedArn(arn)?.partition === partition) return;
  throw usage(
    `--arn ${arn} is in another partition than the function (${partition}): it cannot be the caller.`,
  );
}

/**
 * Returns a sentence for the plan. `out` is the file of the token; without it, the token is
 * printed.
 */
function effectOf(arn: string | undefined, out: string | undefined, clusterId: string): string {
  if (arn !== undefined)
    return `The function accepts tokens that ${arn} signs for ${callerIdOf(clusterId)}, within 60 s.`;
  const where = out === undefined ? "shown only this once" : `in ${out}, which only you can read`;
  return `Its token is ${where}; AWS stores only its hash. The function accepts it within 60 s.`;
}

/**
 * Deletes the file of a token that no function accepts. Logs that a printed token must be
 * discarded.
 */
function discardToken(file: string | undefined, isPrinted: boolean, run: Run): void {
  if (isPrinted) run.log("Discard the printed token: the function does not accept it.\n");
  if (file !== undefined) rmSync(file);
}

function checkPrincipalId({ arn, principalId }: AddOptions): void {
  if (principalId === undefined) return;
  if (arn === undefined) throw usage("--principal-id needs --arn.");
  const problem = principalIdProblem(principalId, parseMappedArn(arn)?.kind ?? "role");
  if (problem !== undefined) throw usage(`--principal-id ${principalId}: ${problem}.`);
}
