// The command `token`.

import type { Command } from "commander";
import { clusterOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import { AWS, CLUSTER, readRoleArn, withOptions } from "../../cmdline/options.ts";
import { type Run, untilInterrupted } from "../../io/run.ts";

export function tokenCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "A token is valid for 15 minutes and for this cluster only. Anyone who has it can act as you: keep it out of logs. " +
      "With --jwt, STS signs the token, which IAM policies can restrict, and the function must accept it (JWT_ISSUERS).",
    examples: [
      "token --cluster prod --region eu-west-1",
      "token -c prod --role arn:aws:iam::111122223333:role/Admin --cache",
      "token -c prod --jwt --role arn:aws:iam::111122223333:role/Admin --cache",
      "token -c prod --caller --token-only > caller-token",
      (program) =>
        `${program} token -c prod --token-only | ${program} explain -c prod --token-file -`,
    ],
  });
  return withOptions(command, CLUSTER, AWS)
    .option("--role <arn>", "IAM role to assume first", readRoleArn)
    .option("--external-id <id>", "external id that the role's trust policy requires")
    .option("--session-name <name>", "session name of the assumed role")
    .option("--forward-session-name", "with --role: use your own session name or IAM user name")
    .option("--cache", "cache temporary credentials on disk until they expire")
    .option(
      "--login",
      "run `aws sso login` if the profile's session has expired and a terminal is there",
    )
    .option(
      "--caller",
      "sign for kube-apiserver as a caller of the function (callers add --arn), not for kubectl",
    )
    .option("--jwt", "get a token that AWS STS signs (sts:GetWebIdentityToken)")
    .option("--token-only", "print only the token, without ExecCredential")
    .action(async (options) => {
      const cluster = await clusterOf(command, run);
      const { printToken } = await import("./token.ts");
      await untilInterrupted(printToken(cluster, options, run), run);
    });
}
