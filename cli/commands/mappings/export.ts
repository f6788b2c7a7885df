// `mappings export`: prints all mappings as a mapping file or as the aws-auth ConfigMap.

import { isPersonName } from "../../../functions/authenticator/mapping/deny-list.ts";
import {
  denyParameter,
  mappingParameter,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { type Connection, withFunctions } from "../../aws/connection.ts";
import { readSome } from "../../aws/parameter-store.ts";
import { openStore, type StoreOptions } from "../../aws/store.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import { programName, type Speller, spellerFor } from "../../cmdline/spelling.ts";
import { finding } from "../../io/errors.ts";
import { listed, printData, shellWord } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { parseYaml } from "../../io/yaml.ts";
import { readParameter } from "../../model/entry.ts";
import { writeMappingFile } from "../../model/mapping-file.ts";
import type { VersionedParameter, VersionedParameters } from "../../model/stored.ts";
import { readMappings, requireParameters } from "../../plan/read.ts";
import { exportAwsAuth, type Skipped } from "./aws-auth.ts";

interface ExportOptions extends StoreOptions {
  readonly format: "mappings" | "aws-auth";
  readonly output: "yaml" | "json";
}

export async function exportAll(
  cluster: ChosenCluster,
  options: ExportOptions,
  run: Run,
): Promise<void> {
  const store = await openStore(cluster, options, run);
  const { prefix } = store.review;
  const parameters = await readMappings(store, run);
  await requireParameters(parameters, store, run);
  const readings = [...parameters.values()].map((stored) => ({
    name: shortName(stored.name, prefix),
    ...readParameter(prefix, stored.name, stored),
  }));
  const entries = readings.flatMap((reading) => reading.entries);
  const invalid = readings.flatMap(({ name, problems }) =>
    problems.map((problem): Skipped => ({ what: name, phrase: problem })),
  );
  const { text, exported, problems } =
    options.format === "aws-auth"
      ? await awsAuth(parameters, await withFunctions(store, [], run), run)
      : { text: writeMappingFile(entries), exported: entries.length, problems: [] };
  if (options.output === "yaml") run.print(text);
  // Mapping files may be JSON too.
  else await printData(parseYaml(text, "the export").value, "json", run);
  const left = [...invalid, ...problems];
  const { byPeople, others } = skippedBy(left);
  for (const entry of others) run.log(`Skipped ${entry.what}: ${entry.phrase}.\n`);
  if (left.length > 0)
    throw finding(
      `${exported} exported, ${left.length} skipped.`,
      ...peopleLines(byPeople, exported, run),
      ...causesOf(others, spellerFor(cluster, run.environment)),
    );
}

/**
 * Separates the mappings that are skipped because of denials of people, if they are many: after the
 * first denial by name, these are all roles.
 */
function skippedBy(all: readonly Skipped[]) {
  const isByPerson = ({ denied }: Skipped) => denied !== undefined && isPersonName(denied);
  const byPeople = all.filter(isByPerson);
  return byPeople.length < MANY_SKIPPED
    ? { byPeople: [], others: all }
    : { byPeople, others: all.filter((skipped) => !isByPerson(skipped)) };
}

/** From this number on, the mappings have one line together. */
const MANY_SKIPPED = 2;

/** Returns sentences about the mappings that are skipped because of denials of people. */
function peopleLines(
  skipped: readonly Skipped[],
  exported: number,
  { environment }: Run,
): string[] {
  if (skipped.length === 0) return [];
  const people = skipped.flatMap(({ denied }) => denied ?? []);
  const what = listed(
    skipped.map((one) => one.what),
    "",
    5,
  );
  const program = programName(environment);
  return [
    `${skipped.length} of ${skipped.length + exported} mappings are left out, because a person who is denied by name may have a session of ` +
      `each, and aws-auth has no denials: ${what}. Denied by name: ${listed([...new Set(people)], "", 5)}.`,
    "Instead, end the access of these people in AWS: delete their IAM users, and remove their assignments and the trust of " +
      `roles. Then allow each (${program} mappings allow <name>), and export again.`,
  ];
}

/**
 * Returns sentences: the most frequent causes, and advice about the denial that causes most skips.
 */
function causesOf(all: readonly Skipped[], { spell }: Speller): string[] {
  const causes = [...Map.groupBy(all, ({ phrase }) => phrase)]
    .map(([phrase, entries]) => ({ phrase, denied: entries[0]?.denied, length: entries.length }))
    .filter(({ length }) => length > 1)
    .toSorted((a, b) => b.length - a.length);
  const [denial] = causes.flatMap(({ denied }) => denied ?? []);
  return [
    ...causes.slice(0, MOST_CAUSES).map(({ phrase, length }) => `${length} skipped: ${phrase}.`),
    ...(denial === undefined
      ? []
      : [
          `aws-auth cannot deny ${denial}. End its access in AWS, then remove the denial and export again: ${spell("mappings allow", shellWord(denial))}`,
        ]),
  ];
}

const MOST_CAUSES = 5;

async function awsAuth(
  parameters: VersionedParameters,
  { ssm, review, account }: Connection,
  run: Run,
) {
  const { prefix } = review;
  // `readMappings` skips these with --account, but they deny identities of the account too.
  const ofAny = [denyParameter(prefix, "any"), mappingParameter(prefix, "pattern", "any")];
  const others =
    account === undefined
      ? new Map<string, VersionedParameter>()
      : await readSome(ssm, ofAny, run.interrupted);
  const { configMap, ...rest } = exportAwsAuth({
    parameters: new Map([...parameters, ...others]),
    review,
  });
  return { text: configMap, ...rest };
}
