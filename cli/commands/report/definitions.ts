// The command `report`.

import { type Command, Option } from "commander";
import { clustersOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import {
  CONNECTIONS,
  HEADERS,
  type OptionGroup,
  READING,
  withOptions,
} from "../../cmdline/options.ts";
import { LOG } from "../../cmdline/review-options.ts";
import { readPastTime } from "../../cmdline/times.ts";
import type { Run } from "../../io/run.ts";

export function reportCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Prints each mapping with its last granted login (UTC), the number of granted reviews (kube-apiserver caches a login " +
      "for two minutes), its end, and who chooses its session name. Mappings with findings come first.\n\n" +
      "Findings:\n" +
      "  invalid           the function rejects the mapping\n" +
      "  denied            a denial takes precedence\n" +
      "  re-created        its principalId is of an earlier role or user\n" +
      "  absent            the role or user does not exist\n" +
      "  ended             its end is in the past\n" +
      "  shadowed          another mapping takes precedence\n" +
      "  program-sessions  programs such as aws eks get-token named all sessions, so\n" +
      "                    the username does not show who it was\n" +
      "  unused            no login in the log\n\n" +
      "Roles and users are checked only in the account of the credentials, with iam:ListRoles and iam:ListUsers. The log " +
      "requires logs:StartQuery, logs:GetQueryResults, logs:StopQuery and logs:DescribeLogGroups, and without --log-group " +
      "cloudformation:DescribeStacks: the construct's grantReadReviews grants them. CloudWatch Logs charges by the gigabyte.\n\n" +
      "--unused prints commands: read them before you run them, since a mapping for emergencies is unused on purpose. It " +
      "leaves out patterns, accounts and mappings that were written since then, and fails if the log does not cover the " +
      "time. With two Regions, it counts the logins of both.",
    examples: [
      "report -c prod --kubeconfig admin.conf",
      "report -c prod -o csv > access.csv",
      "report -c prod --unused 90d > remove.sh",
    ],
  });
  return withOptions(command, CONNECTIONS, READING, LOG, REPORT, HEADERS).action(
    async (options) => {
      const clusters = await clustersOf(command, run);
      const { report } = await import("./report.ts");
      await report(clusters, options, run);
    },
  );
}

const REPORT: OptionGroup = [
  new Option("--since <when>", "start of the log to search: a duration before now, a day or a time")
    .argParser(readPastTime)
    .default(readPastTime("90d"), "90d"),
  new Option(
    "--unused <when>",
    "print only the commands that remove mappings without a login since then",
  )
    .argParser(readPastTime)
    .conflicts(["since", "kubeconfig", "output"]),
  new Option("--kubeconfig <file>", "add the RBAC roles in the cluster of its current context"),
  new Option("-o, --output <format>", "output format")
    .choices(["table", "csv", "json", "yaml"])
    .default("table"),
];
