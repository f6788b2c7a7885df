// `callers add`: creates a random token for a kube-apiserver and stores its hash, or adds an IAM role or user as a caller.

import { hash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseMappedArn } from "../../functions/authenticator/mapping/arn.ts";
import { principalIdProblem } from "../../functions/authenticator/mapping/mapping.ts";
import { notAfterTime } from "../../functions/lib/not-after.ts";
import { callerIdOf } from "../../functions/settings/common.ts";
import { carryOut, planClusters } from "../changes/clusters.ts";
import { Stopped } from "../changes/stopped.ts";
import { chosenClusters } from "../clusters.ts";
import { describe } from "../command.ts";
import { finding, usage } from "../errors.ts";
import { OUT } from "../kubeconfig/files.ts";
import { webhookServer } from "../kubeconfig/server.ts";
import { webhookKubeconfig } from "../kubeconfig/webhook.ts";
import { type ClustersOptions, CONNECTIONS, NEW, type WriteOptions, withOptions } from "../options.ts";
import { writeSecret } from "../terminal/files.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { type EndOptions, end, endOf } from "../times.ts";
import { callerName, checkNeighbours, type Entries, planCallers, readCallers } from "./callers.ts";

interface AddOptions extends ClustersOptions, WriteOptions, EndOptions {
  readonly arn?: string;
  readonly principalId?: string;
  readonly endpoint?: string;
  readonly ca?: string;
  readonly out?: string;
}

const TOKEN_BYTES = 32;

export function addCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "To rotate: add a second caller, give its kubeconfig to kube-apiserver, then remove the first. The function accepts " +
      "the new one within 60 s. With --arn, the caller has no secret: it signs short-lived tokens with its IAM role or user " +
      "(token --caller, or aws eks get-token). With several clusters, all get the same token, and nothing is written unless " +
      "all can be read. If the stack has a failoverUrl, the CA in the file of --out is the roots of Amazon Trust Services.",
    examples: [
      "iam-authenticator callers add control-plane-2027 -c prod \\",
      "    --endpoint https://abc.execute-api.eu-west-1.amazonaws.com --out webhook.kubeconfig",
      "iam-authenticator callers add control-plane-role -c prod --arn arn:aws:iam::111122223333:role/control-plane",
    ],
  }).argument("<name>", "name of the caller, such as control-plane-2027");
  return withOptions(command, CONNECTIONS, end("the caller"))
    .option(
      "--endpoint <url>",
      "URL of the function; default with --out: that of the stack, otherwise only the token is printed",
    )
    .option("--ca <file>", "the endpoint's CA for the kubeconfig, PEM (default: the system's CAs)")
    .addOption(
      new Option("--arn <arn>", "IAM role or user that proves to be the caller, instead of a token")
        .argParser(readPrincipalArn)
        .conflicts(["endpoint", "ca", "out"]),
    )
    .option("--principal-id <id>", "with --arn: only the role or user with this unique id, such as AROAEXAMPLE")
    .option("--out <file>", OUT)
    .option("--dry-run", "show the plan and write nothing")
    .option("-y, --yes", "do not ask")
    .addOption(NEW)
    .option("--force", "skip the stack check")
    .action((name: string, options: AddOptions) => add(name, options, io));
}

async function add(name: string, options: AddOptions, io: IOStreams): Promise<void> {
  const { endpoint, ca, arn, principalId, until } = options;
  const out = options.out === "-" ? undefined : options.out;
  checkPrincipalId(options);
  const endAt = endOf(options, ": the caller would never be accepted");
  if (until !== undefined && notAfterTime(until) === undefined) {
    throw usage(`--until ${until} must be a time such as 2027-01-01T00:00:00Z.`);
  }
  // Lists and prompts print the name.
  if (!/^[\w.@:/-][\w.@:/ -]{0,99}$/.test(name)) {
    throw usage("<name> must be 1 to 100 letters, digits and . _ - @ : /");
  }
  const clusters = chosenClusters(options, io).map((one) => one.options);
  const server = (endpoint ?? ca ?? options.out) === undefined ? undefined : await webhookServer(options, clusters, io);
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const text = server === undefined ? `${token}\n` : webhookKubeconfig({ ...server, token });
  const proof =
    arn === undefined
      ? { sha256: hash("sha256", token, "hex") }
      : { arn, ...(principalId !== undefined && { principalId }) };
  const where = out === undefined ? "shown only this once" : `in ${out}, which only you can read`;
  const planned = await planClusters(options, io, async (connection, _, own) => {
    const callers = await readCallers(connection, own.interrupted);
    const check = (items: Entries) => checkNeighbours(items, callers.parameter);
    check(callers.entries);
    if (callers.entries.some((other) => callerName(other) === name)) {
      throw finding(`The caller ${name} already exists. Choose another name, or remove that caller first.`);
    }
    const notAfter = endAt(connection.context.now);
    const entry = { name, ...proof, ...(notAfter !== undefined && { notAfter }) };
    const { partition, clusterId } = connection.settings;
    if (arn !== undefined && parseMappedArn(arn)?.partition !== partition.id) {
      throw usage(
        `--arn ${arn} is in another partition than the function (${partition.id}): it could never be the caller.`,
      );
    }
    const effect =
      arn === undefined
        ? `Its token is ${where}; AWS stores only its hash. The function accepts it within 60 s.`
        : `The function accepts tokens that ${arn} signs for ${callerIdOf(clusterId)}, within 60 s.`;
    return {
      plan: planCallers(callers, [...callers.entries, entry], check),
      known: callers.known,
      connection,
      outcome: `Added ${name} to ${callers.parameter}.`,
      effect: () => [effect],
    };
  });
  let file: string | undefined;
  let isStored = false;
  const recheck = async (isWritten: boolean) => {
    if (out === undefined && arn === undefined && isWritten && !isStored) io.print(text);
    isStored = isWritten;
    // Written before the parameter: if the file cannot be written, the function must not accept the token.
    if (out === undefined || isWritten) return;
    writeSecret(out, text);
    file = out;
  };
  try {
    await carryOut(planned, options, io, { done: "Added", recheck });
  } catch (error) {
    const stopped = [error, (error as Error).cause].find((one) => one instanceof Stopped);
    if (file !== undefined && !isStored && stopped?.state === "absent") rmSync(file);
    else if (file !== undefined) io.log(`The token of ${name} is in ${file}.\n`);
    if (isStored) io.log(`Before you add ${name} again, remove it: all stores must have the same token.\n`);
    throw error;
  }
}

function readPrincipalArn(text: string): string {
  const kind = parseMappedArn(text)?.kind;
  if (kind === "role" || kind === "user") return text;
  const hint = text.includes(":assumed-role/") ? " This one is a session's: give its role's." : "";
  throw new InvalidArgumentError(
    `It must be an IAM role's or user's ARN, such as arn:aws:iam::111122223333:role/control-plane.${hint}`,
  );
}

function checkPrincipalId({ arn, principalId }: AddOptions): void {
  if (principalId === undefined) return;
  if (arn === undefined) throw usage("--principal-id needs --arn.");
  const problem = principalIdProblem(principalId, parseMappedArn(arn)?.kind ?? "role");
  if (problem !== undefined) throw usage(`--principal-id ${principalId}: ${problem}.`);
}
