// A connection, what was read by it, and a terminal, for the local store of a test, without a
// command's options and limits.

import { Readable } from "node:stream";
import type { Connection } from "../../../cli/aws/connection.ts";
import { functionsAt } from "../../../cli/aws/functions.ts";
import { createMemo } from "../../../cli/io/memo.ts";
import type { Run } from "../../../cli/io/run.ts";
import { shellOf } from "../../../cli/model/function-settings.ts";
import type { VersionedParameter } from "../../../cli/model/stored.ts";
import { UNINTERRUPTED } from "../../../cli/plan/write-parameter.ts";
import { settingsParameter } from "../../../functions/settings/stored-settings.ts";
import { settingsValue } from "../../stored-settings.ts";
import { sharedVariables } from "../cli.ts";
import { type LocalCluster, PREFIX } from "../commands/mappings/cluster.ts";
import { CONTEXT } from "../model/access/any-plan.ts";
import { shippedSsm } from "../shipped-sdk.ts";

/** `isUnread`: the command has not read the settings of the function. */
export function connectionTo(
  { store }: LocalCluster,
  more: object = {},
  isUnread = false,
): Connection {
  const ssm = shippedSsm({ endpoint: store.url, maxAttempts: 1 });
  const functions = functionsAt(
    PREFIX,
    ["prod"],
    shellOf({ CLUSTER_ID: "prod", AWS_REGION: "us-east-1" }, {}),
  );
  if (!isUnread)
    functions.take(settingsParameter(PREFIX, "prod"), { value: settingsValue(), secure: false });
  const rates = { reads: 1e6, writes: 1e6 };
  return { ssm, functions, review: { ...CONTEXT, prefix: PREFIX }, rates, ...more } as Connection;
}

/** A parameter, as a command has read it. */
export const read = (
  name: string,
  value: string,
  more: Partial<VersionedParameter> = {},
): VersionedParameter => {
  return { name, value, secure: false, version: 1, modified: 0, ...more };
};

/** @returns also `texts`, what is printed */
export function terminal(answers = "", more: object = {}) {
  const texts: string[] = [];
  const log = (text: string) => texts.push(text.trimEnd());
  const run = {
    ...{ interrupted: UNINTERRUPTED, closed: UNINTERRUPTED, watched: false, interactive: true },
    ...{
      environment: sharedVariables(),
      columns: undefined,
      secrets: { hide: (text: string) => text },
      memo: createMemo(),
    },
    ...{ clock: () => CONTEXT.now, log, print: log, input: () => Readable.from([answers]) },
    ...more,
  };
  return { run: run as unknown as Run, texts };
}
