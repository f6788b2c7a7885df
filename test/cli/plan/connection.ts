// A connection, what was read by it, and a terminal, for the local store of a test, without a
// command's options and limits.

import { Readable } from "node:stream";
import { type Connection, connectionWith } from "../../../cli/aws/connection.ts";
import type { Store } from "../../../cli/aws/store.ts";
import type { Run } from "../../../cli/io/run.ts";
import { createMemo } from "../../../cli/io/run.ts";
import type { VersionedParameter } from "../../../cli/model/stored.ts";
import { UNINTERRUPTED } from "../../../cli/plan/write-parameter.ts";
import { settingsParameter } from "../../../functions/parameters/names.ts";
import { settingsValue } from "../../stored-settings.ts";
import { sharedVariables } from "../cli.ts";
import { type LocalCluster, PREFIX } from "../commands/mappings/cluster.ts";
import { CONTEXT } from "../model/access/any-plan.ts";
import { shippedSsm } from "../shipped-sdk.ts";

export function connectionTo({ store }: LocalCluster, more: object = {}): Connection {
  const opened = {
    ssm: shippedSsm({ endpoint: store.url, maxAttempts: 1 }),
    config: { region: "us-east-1" },
    clusterId: "prod",
    review: { prefix: PREFIX, partition: "aws" },
    rates: { reads: 1e6, writes: 1e6 },
  };
  const settings = { value: settingsValue(), secure: false };
  const readings = new Map([[settingsParameter(PREFIX, "prod"), settings]]);
  const connection = connectionWith(opened as unknown as Store, readings, CONTEXT.now, {
    environment: {},
  });
  return { ...connection, ...more };
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
