// `irsa keys list`: lists the keys that the issuer serves, and the invalid parameters that it skips.

import type { Command } from "commander";
import type { IssuerKey } from "../../../functions/issuer/key.ts";
import { issuerPath, keySetOf } from "../../../functions/issuer/keys.ts";
import { type Connection, connect } from "../../aws/connection.ts";
import type { Stored } from "../../aws/parameter.ts";
import { readBranch } from "../../aws/read.ts";
import { requireParameters } from "../../changes/existing-cluster.ts";
import { describe } from "../../command.ts";
import { CONNECTION, type ConnectionOptions, type ListOutputOptions, listOutput, withOptions } from "../../options.ts";
import type { IOStreams } from "../../terminal/io-streams.ts";
import { printList } from "../../terminal/print.ts";

export function listCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    examples: ["iam-authenticator irsa keys list --cluster prod"],
  });
  return withOptions(command, CONNECTION, listOutput()).action((options: ConnectionOptions & ListOutputOptions) =>
    list(options, io),
  );
}

async function list(options: ConnectionOptions & ListOutputOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const keys = await readPublishedKeys(connection, io.interrupted);
  await requireParameters(byName(keys), connection, io);
  const items = keys.map(({ kid, stored, key, problem }) => ({
    kid,
    state: key === undefined ? "invalid" : "served",
    published: new Date(stored.modified).toISOString(),
    key: key === undefined ? (problem ?? "") : describeKey(key),
  }));
  const row = ({ kid, state, published, key }: (typeof items)[number]) => [
    `issuer/${kid}`,
    state,
    published.slice(0, 10),
    key,
  ];
  const headers = ["parameter", "state", "published", "key"];
  await printList({ items, headers, row, endsInText: true, name: ({ kid }) => `issuer/${kid}` }, options, io);
  if (items.length === 0)
    io.log("No key is published, so the issuer returns HTTP 500. To publish keys, run irsa keys publish.\n");
}

export interface PublishedKey {
  readonly stored: Stored;
  /** Last part of the parameter's name. */
  readonly kid: string;
  /** Set if the issuer serves it. */
  readonly key?: IssuerKey;
  /** Why the issuer does not serve it. */
  readonly problem?: string;
}

/** Sorted by name. */
export async function readPublishedKeys({ ssm, context }: Connection, signal: AbortSignal): Promise<PublishedKey[]> {
  const path = issuerPath(context.prefix);
  const found: Stored[] = [];
  for await (const page of readBranch(ssm, path, async () => {}, signal)) found.push(...page);
  const { keys, invalid } = keySetOf(context.prefix, new Map(found.map((parameter) => [parameter.name, parameter])));
  return found
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((parameter): PublishedKey => {
      const kid = parameter.name.slice(path.length + 1);
      const problem = invalid.find((one) => one.parameter === parameter.name)?.problem;
      if (problem !== undefined) return { stored: parameter, kid, problem };
      const key = keys.find((one) => one.kid === kid);
      return { stored: parameter, kid, ...(key !== undefined && { key }) };
    });
}

/** The parameters by their names, for a plan. */
export function byName(keys: readonly PublishedKey[]): Map<string, Stored> {
  return new Map(keys.map(({ stored }) => [stored.name, stored]));
}

/** Algorithm and size for lists: `RS256, 2048 bits` or `ES256`. */
export function describeKey(key: IssuerKey): string {
  if (key.kty === "EC") return key.alg;
  return `${key.alg}, ${Buffer.from(key.n, "base64url").length * 8} bits`;
}
