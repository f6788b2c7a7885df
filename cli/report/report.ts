// `report`: prints who has access, who has used it, and which mappings to clean up.

import { type Command, Option } from "commander";
import { inEachCluster, type OneOf, throwWorst, withCluster } from "../clusters.ts";
import { describe } from "../command.ts";
import { usage } from "../errors.ts";
import { coversIn } from "../lint/shadowing.ts";
import {
  CONNECTIONS,
  HEADERS,
  isSeveral,
  type ListOutputOptions,
  type OptionGroup,
  READING,
  withOptions,
} from "../options.ts";
import { LOG } from "../reviews/options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { readPastTime } from "../times.ts";
import { readRoles } from "./bindings.ts";
import { findingsOf, sessionChooser } from "./findings.ts";
import { checkPrincipals } from "./principals.ts";
import { type SearchOptions, search } from "./search.ts";
import { type Line, printReport } from "./show.ts";
import { reportUnused } from "./unused.ts";

interface ReportOptions extends SearchOptions, ListOutputOptions {
  readonly kubeconfig?: string;
}

export function reportCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Prints each mapping with its end, who chooses its session name, its last granted login (UTC) and the number of " +
      "granted reviews: kube-apiserver caches a login for two minutes. Findings: ended; denied; shadowed (another mapping " +
      "takes precedence); absent (the role or user does not exist); re-created (principalId is of an earlier role or " +
      "user); unused; invalid. Roles and users are checked only in the account of the credentials, with iam:ListRoles and " +
      "iam:ListUsers. The log requires logs:StartQuery, logs:GetQueryResults, logs:StopQuery and logs:DescribeLogGroups, " +
      "and without --log-group cloudformation:DescribeStacks: the construct's grantReadReviews grants them. CloudWatch " +
      "Logs charges by the gigabyte. --unused leaves out patterns, accounts and mappings that were written since then, and " +
      "fails if the log does not cover the time. With two Regions, it counts the logins of both. Read its commands first: a " +
      "mapping for emergencies is unused on purpose.",
    examples: [
      "iam-authenticator report -c prod --kubeconfig admin.conf",
      "iam-authenticator report -c prod -o csv > access.csv",
      "iam-authenticator report -c prod --unused 90d > remove.sh",
    ],
  });
  return withOptions(command, CONNECTIONS, READING, LOG, REPORT, HEADERS).action((options: ReportOptions) =>
    report(options, io),
  );
}

const REPORT: OptionGroup = [
  new Option("--since <when>", "start of the log to search: a duration before now, a day or a time")
    .argParser(readPastTime)
    .default(readPastTime("90d"), "90d"),
  new Option("--unused <when>", "print only the commands that remove mappings without a login since then")
    .argParser(readPastTime)
    .conflicts(["since", "kubeconfig", "output"]),
  new Option("--kubeconfig <file>", "add the RBAC roles in the cluster of its current context"),
  new Option("-o, --output <format>").choices(["table", "csv", "json", "yaml"]).default("table"),
];

async function report(options: ReportOptions, io: IOStreams): Promise<void> {
  if (isSeveral(options) && options.kubeconfig !== undefined) throw usage("--kubeconfig is for one cluster.");
  if (options.unused !== undefined) return reportUnused(options, io);
  const { results, failures } = await inEachCluster(options, io, linesIn, { atOnce: 1 });
  const lines = results.flatMap(({ cluster, value }) => value.map((line) => withCluster(options, cluster, line)));
  if (results.length > 0) await printReport(lines, isSeveral(options), options, io);
  throwWorst(failures);
}

async function linesIn(options: OneOf<ReportOptions>, io: IOStreams): Promise<Line[]> {
  const { connection, parameters, items, logins } = await search(options, io);
  const { context, config } = connection;
  for (const sentence of [...logins.limits, logins.none ?? []].flat()) io.log(`${sentence}\n`);
  const placed = items.flatMap(({ stored, entry }) => (entry === undefined ? [] : [{ parameter: stored.name, entry }]));
  const covers = coversIn(placed, context);
  const entries = placed.map(({ entry }) => entry);
  const stateOf = await checkPrincipals(entries, config, io);
  const { kubeconfig } = options;
  const rolesOf = kubeconfig === undefined ? undefined : await readRoles(kubeconfig, io);
  return items.map((item) => {
    const { entry } = item;
    const use = entry && logins.uses.get(entry);
    const principal = entry && stateOf(entry);
    return {
      ...item,
      principal,
      sessionChosenBy: entry && sessionChooser(entry),
      lastLogin: use?.last,
      reviews: use?.reviews ?? 0,
      roles: entry && rolesOf?.(entry),
      findings: findingsOf(item, { parameters, covers, context, logins, principal }),
    };
  });
}
