// The commands `explain` and `whoami`.

import { type Command, Option } from "commander";
import { clusterOf, clustersOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import { CONNECTION, CONNECTIONS, OUTPUT, withOptions } from "../../cmdline/options.ts";
import { LOG } from "../../cmdline/review-options.ts";
import { type Run, untilInterrupted } from "../../io/run.ts";

export function explainCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Runs the function's code on this machine, and reads Parameter Store with your AWS credentials. Give a token as a " +
      "file or on standard input: shells and process lists keep the command line.\n\n" +
      "For a person's name, it answers two questions. As whom did this name log in: users and sessions with a mapping, and " +
      "granted reviews in the function's log. And whom would each mapping make of a session or a user of this name. Exit " +
      "code 1: denials cover every such mapping. Exit code 0 does not prove that a person of this name logs in.\n\n" +
      "Otherwise, exit code 1 means that access is denied, or that the function cannot answer. The stack stores the function's settings in Parameter Store; where you cannot " +
      "read them, the verdict says on which settings it depends.",
    examples: [
      "explain -c prod arn:aws:iam::111122223333:role/Developers",
      "explain -c prod jane@example.com",
      (program) =>
        `aws eks get-token --cluster-name prod | ${program} explain -c prod --token-file -`,
    ],
  }).argument(
    "[who]",
    "ARN of a role, user, federated user or assumed role, sso/<account>/<permission set>, or a person's name",
  );
  return withOptions(command, CONNECTION, LOG, OUTPUT)
    .option("--token-file <file>", "file with a token or an ExecCredential (- for stdin)")
    .option("--session-name <name>", "session name to use with a role's ARN")
    .option("--principal-id <id>", "unique id to use with an ARN")
    .addOption(
      new Option(
        "--jwt",
        "as if the ARN had an AWS-signed token (see token --jwt); <value> stands for what its claims contain",
      ).conflicts(["tokenFile", "sessionName", "principalId"]),
    )
    .action(async (who, options) => {
      const cluster = await clusterOf(command, run);
      const { explain } = await import("./explain.ts");
      await untilInterrupted(explain(who, cluster, options, run), run);
    });
}

export function whoamiCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Gets your identity from STS, and evaluates the mappings on this machine with the function's code. Does not call " +
      "the endpoint: doctor does. Requires ssm:GetParameters on the mappings; without it, only the identity is shown. " +
      "Exit code 1: the cluster would deny you access.",
    examples: ["whoami -c prod", "whoami -c prod -o json"],
  });
  return withOptions(command, CONNECTIONS, OUTPUT)
    .option("--jwt", "as which user an AWS-signed token logs in: gets one from STS")
    .action(async (options) => {
      const clusters = await clustersOf(command, run);
      const { whoami } = await import("./whoami.ts");
      await untilInterrupted(whoami(clusters, options, run), run);
    });
}
