// The whole program: every command by its name, and one command line run to its exit code.

import { inspect } from "node:util";
import { type Command, CommanderError } from "commander";
import { failureKind } from "../functions/lib/retry.ts";
import packageJson from "../package.json" with { type: "json" };
import { toFailure } from "./aws/errors.ts";
import { helpColumns, newCommand } from "./command.ts";
import { callersCommand } from "./commands/callers/callers.ts";
import { COMPLETE, complete } from "./commands/complete.ts";
import { completionCommand } from "./commands/completion.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { explainCommand } from "./commands/explain.ts";
import { irsaCommand } from "./commands/irsa/irsa.ts";
import { kubeconfigCommand } from "./commands/kubeconfig.ts";
import { mappingsCommand } from "./commands/mappings/mappings.ts";
import { reviewsCommand } from "./commands/reviews/reviews.ts";
import { tokenCommand } from "./commands/token.ts";
import { whoamiCommand } from "./commands/whoami.ts";
import { applyContext } from "./config/apply-context.ts";
import { EXIT, Failure } from "./errors.ts";
import { type IOStreams, withHarmlessOutput } from "./io/io-streams.ts";

/** Of every command; `run` takes it away before commander sees it. */
const DEBUG = "--debug";

const EXIT_CODES =
  "Exit codes: 0 success; 1 something was found or refused; 2 wrong usage or file; 3 AWS or the network; 130 interrupted.";

export function createProgram(io: IOStreams): Command {
  const program = newCommand(io, {
    name: "iam-authenticator",
    summary: "operate AWS IAM identities in a Kubernetes cluster",
    examples: [
      "iam-authenticator mappings list --cluster prod",
      "iam-authenticator explain --cluster prod arn:aws:iam::111122223333:role/Developers",
    ],
  });
  return program
    .addCommand(helpCommand(io, program))
    .version(packageJson.version)
    .option(DEBUG, "with any command: say more about an error")
    .addCommand(mappingsCommand(io))
    .addCommand(explainCommand(io))
    .addCommand(whoamiCommand(io))
    .addCommand(reviewsCommand(io))
    .addCommand(callersCommand(io))
    .addCommand(doctorCommand(io))
    .addCommand(kubeconfigCommand(io))
    .addCommand(irsaCommand(io))
    .addCommand(tokenCommand(io))
    .addCommand(completionCommand(io, () => program))
    .addHelpText("after", ({ command }) => `\n${command.createHelp().boxWrap(EXIT_CODES, helpColumns(io))}`)
    .hook("preAction", (_, command) => applyContext(command, io));
}

/** `help mappings set`: what many try first. */
function helpCommand(io: IOStreams, program: Command): Command {
  return newCommand(io, {
    name: "help",
    summary: "explain a command, as its --help does",
    examples: ["iam-authenticator help mappings set"],
  })
    .argument("[command...]", "its name")
    .action(async (names: readonly string[]) => {
      let command = program;
      for (const name of names) {
        const child = command.commands.find((one) => isCalled(one, name));
        // Its own way of saying that there is no such command.
        if (child === undefined) await command.parseAsync([name], { from: "user" });
        else command = child;
      }
      command.help();
    });
}

function isCalled(command: Command, name: string): boolean {
  return command.name() === name || command.aliases().includes(name);
}

/** `mappings help set` as `help mappings set`: people type both. */
function helpFirst(words: readonly string[], program: Command): readonly string[] {
  let group: Command | undefined = program;
  for (const [at, word] of words.entries()) {
    if (group === undefined || group.commands.length === 0) break;
    if (word === "help") return ["help", ...words.toSpliced(at, 1)];
    group = group.commands.find((child) => isCalled(child, word));
  }
  return words;
}

/** `reviews` is `reviews list`. Commander's own default would take the typo in `reviews stat` for an argument of `list`. */
function listReviews(words: readonly string[]): readonly string[] {
  const [group, next = ""] = words;
  if (group !== "reviews" || ["-h", "--help"].includes(next)) return words;
  return next === "" || next.startsWith("-") ? ["reviews", "list", ...words.slice(1)] : words;
}

/** Its message may quote what it was made of, such as a token. */
function bug(error: unknown): Failure {
  const message = `iam-authenticator: this is a bug, please report it: ${failureKind(error)}. With --debug, it says more.`;
  return new Failure(EXIT.fault, message, { cause: error });
}

/** `words` without the interpreter and the script. */
export async function run(allWords: readonly string[], streams: IOStreams): Promise<number> {
  const io = withHarmlessOutput(streams);
  // Before or behind any command; commander would take it for the program's alone, before the first.
  const end = allWords.includes("--") ? allWords.indexOf("--") : allWords.length;
  const words = allWords.filter((word, at) => word !== DEBUG || at > end);
  const isDebug = words.length < allWords.length || Boolean(io.environment["IAM_AUTHENTICATOR_DEBUG"]);
  try {
    // Never part of any help: a completion script asks, and nobody reads what went wrong.
    if (words[0] === COMPLETE) {
      await complete(words.slice(1), io).catch(() => {});
      return 0;
    }
    const program = createProgram(io);
    await program.parseAsync(listReviews(helpFirst(words, program)), { from: "user" });
    return 0;
  } catch (error) {
    // Commander has written its message already; --help and --version end here too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage;
    const failure = toFailure(error) ?? bug(error);
    for (const line of failure.lines.filter((one) => one !== "")) io.tell(`${line}\n`);
    if (isDebug) for (const line of inspect(error).split("\n")) io.tell(`${line}\n`);
    return failure.exitCode;
  }
}
