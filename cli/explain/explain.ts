// `explain`: why somebody gets in, and as which user, or why not.

import type { Command } from "commander";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { supposeIdentity } from "../access/evaluation.ts";
import { connect } from "../aws/connection.ts";
import { describe } from "../command.ts";
import { silentExit, usage } from "../errors.ts";
import { arnFault } from "../mappings/file/entry.ts";
import { addConnection, addOutput, type ConnectionOptions, type OutputOptions } from "../options.ts";
import { readText } from "../terminal/files.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData } from "../terminal/print.ts";
import { untilInterrupted } from "../terminal/progress.ts";
import { machine, showExplanation } from "./show.ts";
import { explainIdentity, explainToken } from "./steps.ts";

interface ExplainOptions extends ConnectionOptions, OutputOptions {
  readonly tokenFile?: string;
  readonly sessionName?: string;
  readonly principalId?: string;
}

export function explainCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Runs the function's own code here, with your AWS credentials for Parameter Store. A token is read from a file or " +
      "standard input, never from the command line, where shells and process lists keep it. Exit code 1: refused. " +
      "ACCOUNTS, STS_REGIONS, STS_EXTRA_HOSTS and RESERVED_PREFIXES count from the environment, if the function has them.",
    examples: [
      "iam-authenticator explain -c prod arn:aws:iam::111122223333:role/Developers",
      "aws eks get-token --cluster-name prod | iam-authenticator explain -c prod --token-file -",
    ],
  }).argument("[arn]", "of a role, user, federated user or assumed role");
  return addOutput(addConnection(command))
    .option("--token-file <file>", "a token, or an ExecCredential with one (- for stdin)")
    .option("--session-name <name>", "session to assume for a role's ARN")
    .option("--principal-id <id>", "unique id to assume for an ARN")
    .action((arn: string | undefined, options: ExplainOptions) => untilInterrupted(explain(arn, options, io), io));
}

async function explain(arn: string | undefined, options: ExplainOptions, io: IOStreams): Promise<void> {
  const explanation = await explanationOf(arn, options, io);
  const { context } = explanation.connection;
  if (options.output === "table") io.print(showExplanation(explanation.result, context.prefix, io.columns));
  else await printData(machine(explanation.result), options.output, io);
  if (explanation.result.refusal !== undefined) throw silentExit();
}

async function explanationOf(arn: string | undefined, options: ExplainOptions, io: IOStreams) {
  const { tokenFile, sessionName, principalId } = options;
  if ([arn, tokenFile].some((word) => word?.includes("k8s-aws-v1."))) {
    throw usage("That is a token, and your shell's history has it now. Put it into a file: --token-file <file>.");
  }
  if ((arn === undefined) === (tokenFile === undefined)) throw usage("Give an ARN or --token-file.");
  if (tokenFile !== undefined) {
    const token = tokenIn(await readText(tokenFile, io));
    const connection = await connect(options, io);
    return { connection, result: await explainToken(token, connection, io) };
  }
  const identity = supposeIdentity(arn ?? "", { sessionName, principalId });
  if (identity === undefined) throw usage(`${notAnArn(arn ?? "")}.`);
  const connection = await connect(options, io);
  return { connection, result: await explainIdentity(identity, connection, io) };
}

function notAnArn(arn: string): string {
  const kinds = "the ARN of a role, an assumed role, a user, a federated user or root";
  const fault = arn === "" ? undefined : arnFault(arn);
  return `${arn || "An empty ARN"} is not ${kinds}${fault === undefined ? "" : `: ${fault}`}`;
}

/** An ExecCredential, as exec plugins print it, or the text itself. */
function tokenIn(text: string): string {
  const credential = parseJson(text);
  const status = isObject(credential) ? credential["status"] : undefined;
  const token = isObject(status) ? status["token"] : undefined;
  return typeof token === "string" ? token : text.trim();
}
