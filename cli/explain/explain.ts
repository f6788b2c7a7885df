// `explain`: shows whether and why the function grants access to an identity, and as which user.

import { type Command, Option } from "commander";
import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { connect } from "../aws/connection.ts";
import { requireParameters } from "../changes/existing-cluster.ts";
import { describe } from "../command.ts";
import { silentExit, usage } from "../errors.ts";
import { signedIdentity, supposeIdentity } from "../evaluation.ts";
import { arnFault } from "../mappings/file/entry.ts";
import { addConnection, addOutput, type ConnectionOptions, type OutputOptions } from "../options.ts";
import { readText } from "../terminal/files.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData } from "../terminal/print.ts";
import { untilInterrupted } from "../terminal/progress.ts";
import { explanationLines, machine, showLines } from "./show.ts";
import { explainIdentity, explainToken } from "./steps.ts";

interface ExplainOptions extends ConnectionOptions, OutputOptions {
  readonly tokenFile?: string;
  readonly sessionName?: string;
  readonly principalId?: string;
  readonly jwt?: true;
}

export function explainCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Runs the function's code on this machine, and reads Parameter Store with your AWS credentials. Give a token as a " +
      "file or on standard input: shells and process lists keep the command line. Exit code 1: access denied. If the " +
      "function sets ACCOUNTS, STS_REGIONS, STS_EXTRA_HOSTS, RESERVED_PREFIXES, TOKENS or JWT_ISSUERS, set them in your environment too.",
    examples: [
      "iam-authenticator explain -c prod arn:aws:iam::111122223333:role/Developers",
      "aws eks get-token --cluster-name prod | iam-authenticator explain -c prod --token-file -",
    ],
  }).argument("[arn]", "ARN of a role, user, federated user or assumed role");
  return addOutput(addConnection(command))
    .option("--token-file <file>", "file with a token or an ExecCredential (- for stdin)")
    .option("--session-name <name>", "session name to use with a role's ARN")
    .option("--principal-id <id>", "unique id to use with an ARN")
    .addOption(
      new Option("--jwt", "evaluate an AWS-signed token of the ARN, without tags and source identity").conflicts([
        "tokenFile",
        "sessionName",
        "principalId",
      ]),
    )
    .action((arn: string | undefined, options: ExplainOptions) => untilInterrupted(explain(arn, options, io), io));
}

async function explain(arn: string | undefined, options: ExplainOptions, io: IOStreams): Promise<void> {
  const subject = await subjectOf(arn, options, io);
  const connection = await connect(options, io);
  const explanation = await (typeof subject === "string"
    ? explainToken(subject, connection, io)
    : explainIdentity(subject, connection, io));
  if (explanation.refusal?.code === "identity_unmapped") await requireParameters(new Map(), connection, io);
  if (options.output === "table") {
    io.print(showLines(explanationLines(explanation, connection.context.prefix), io.columns));
  } else await printData(machine(explanation), options.output, io);
  if (explanation.refusal !== undefined) throw silentExit();
}

/** A token, or a supposed identity. */
async function subjectOf(
  arn: string | undefined,
  { tokenFile, sessionName, principalId, jwt }: ExplainOptions,
  io: IOStreams,
): Promise<string | VerifiedIdentity> {
  if ([arn, tokenFile].some((word) => word?.includes("k8s-aws-v1."))) {
    throw usage("This is a token, and your shell's history now contains it. Put it into a file: --token-file <file>.");
  }
  if ((arn === undefined) === (tokenFile === undefined)) throw usage("Give an ARN or --token-file.");
  if (tokenFile !== undefined) return tokenIn(await readText(tokenFile, io));
  const identity = supposeIdentity(arn ?? "", { sessionName, principalId });
  if (identity === undefined) throw usage(`${notAnArn(arn ?? "")}.`);
  if (jwt && identity.kind !== "role" && identity.kind !== "user") {
    throw usage(`AWS-signed tokens are for roles and users, not for ${arn}.`);
  }
  return jwt ? signedIdentity(identity) : identity;
}

function notAnArn(arn: string): string {
  const kinds = "the ARN of a role, an assumed role, a user, a federated user or root";
  const fault = arn === "" ? undefined : arnFault(arn);
  return `${arn || "An empty ARN"} is not ${kinds}${fault === undefined ? "" : `: ${fault}`}`;
}

/** The token of an ExecCredential, or else the text itself. */
function tokenIn(text: string): string {
  const credential = parseJson(text);
  const status = isObject(credential) ? credential["status"] : undefined;
  const token = isObject(status) ? status["token"] : undefined;
  return typeof token === "string" ? token : text.trim();
}
