// Local services for the report: a cluster with its log, and IAM with roles and users.

import assert from "node:assert/strict";
import { afterEach } from "node:test";
import {
  type LocalServer,
  ServiceError,
  startHttpServer,
} from "../../../../local/aws/http-server.ts";
import type { LogEvent, LogGroupProperties } from "../../../../local/aws/logs/log-groups.ts";
import { renderError, renderResult } from "../../../../local/aws/protocols.ts";
import { startLogs, startParameterStore, startSts } from "../../../local-aws.ts";
import { settingsOf } from "../../../stored-settings.ts";
import { type CliOptions, cli, endpoints, useLocalAws, type Words, wordsOf } from "../../cli.ts";
import { startStacks } from "../../stacks.ts";
import { named, PREFIX } from "../mappings/cluster.ts";
import { OPERATORS } from "../mappings/several.ts";
import { LOG_GROUP, lineOf, NOW } from "../reviews/services.ts";

export const DAY = 86_400_000;

/** A granted login `days` before NOW, by the mapping `parameter`. */
export function login(parameter: string, arn: string, days: number, prefix = PREFIX): LogEvent {
  const record = { user: { username: "someone", groups: [] }, parameter: `${prefix}/${parameter}` };
  return lineOf({ time: NOW - days * DAY, outcome: "granted", arn, record });
}

/** Ids by name. Names of permission sets' roles have their path. */
type Iam = Readonly<Record<"roles" | "users", Readonly<Record<string, string>>>>;

/** ListRoles and ListUsers, with two names on each page. */
export function startIam({ roles, users }: Iam): Promise<LocalServer> {
  return startHttpServer(({ body }) => {
    const form = new URLSearchParams(body.toString());
    const action = form.get("Action") ?? "";
    const [names, kind] = action === "ListRoles" ? [roles, "Role"] : [users, "User"];
    if (!["ListRoles", "ListUsers"].includes(action))
      return renderError("iam", new ServiceError("InvalidAction", action));
    const at = Number(form.get("Marker") ?? 0);
    const all = Object.entries(names);
    const member = all.slice(at, at + 2).map(([name, id]) => {
      const path = name.startsWith("AWSReservedSSO_")
        ? "/aws-reserved/sso.amazonaws.com/eu-west-1/"
        : "/";
      return {
        Path: path,
        [`${kind}Name`]: name,
        [`${kind}Id`]: id,
        Arn: "arn",
        CreateDate: "2026-01-01T00:00:00Z",
      };
    });
    const isTruncated = at + 2 < all.length;
    const more = {
      IsTruncated: String(isTruncated),
      ...(isTruncated && { Marker: String(at + 2) }),
    };
    return renderResult("iam", action, { [`${kind}s`]: { member }, ...more });
  });
}

interface Setup {
  readonly mappings: Readonly<Record<string, unknown>>;
  readonly events?: readonly LogEvent[];
  readonly log?: LogGroupProperties;
  readonly iam?: Partial<Iam>;
  readonly written?: number;
  /** Whether responses of Parameter Store have a `Date`. */
  readonly sendsDate?: true;
}

/** Of contexts that share the store. */
const servesRegion = (region: string) =>
  ["us-east-1", "eu-west-1", "eu-central-1"].includes(region);

export async function reportCluster({
  mappings,
  events = [],
  log = {},
  iam = {},
  written = 200,
  ...dated
}: Setup) {
  let time = NOW - written * DAY;
  const parameters = {
    ...(Object.keys(mappings).length > 0 && settingsOf("prod")),
    ...named(mappings),
  };
  const store = await startParameterStore({ parameters, now: () => time, servesRegion, ...dated });
  if (dated.sendsDate) time = NOW;
  const groups = { [LOG_GROUP]: () => events };
  const logs = await startLogs({ groups, properties: { [LOG_GROUP]: log }, servesRegion });
  const [stacks, sts, principals] = await Promise.all([
    startStacks({ "IamAuthenticator-prod": { LogGroup: LOG_GROUP } }),
    startSts({ identities: OPERATORS }),
    startIam({ roles: {}, users: {}, ...iam }),
  ]);
  const servers = {
    SSM: store,
    CLOUDWATCH_LOGS: logs,
    CLOUDFORMATION: stacks,
    STS: sts,
    IAM: principals,
  };
  const variables = { ...endpoints(servers), AWS_MAX_ATTEMPTS: "1" };
  return {
    store,
    logs,
    sts,
    iam: principals,
    stacks,
    calls: () => logs.requests.map(({ headers }) => headers["x-amz-target"]?.split(".")[1] ?? ""),
    report(words: Words, options?: CliOptions) {
      useLocalAws(variables);
      return cli(["report", "-c", "prod", ...wordsOf(words)], { now: NOW, ...options });
    },
    close: () => Promise.all(Object.values(servers).map((server) => server.close())),
  };
}

/** Returns a function that starts a cluster for one test, instead of an earlier one. */
export function useReport() {
  const open: Awaited<ReturnType<typeof reportCluster>>[] = [];
  const closeAll = () => Promise.all(open.splice(0).map((cluster) => cluster.close()));
  afterEach(closeAll);
  return async (setup: Setup) => {
    await closeAll();
    open.push(await reportCluster(setup));
    return open[0] ?? assert.fail();
  };
}
