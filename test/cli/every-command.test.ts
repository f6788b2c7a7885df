// Every command with settings of the function that are absent, unreadable, invalid, of a newer
// format, or of another version: what it says, its exit code, and whether it writes.

import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { test } from "node:test";
import packageJson from "../../package.json" with { type: "json" };
import { keyVariables } from "../aws-variables.ts";
import { ec } from "../functions/issuer/samples.ts";
import { failing } from "../local/aws/service-faults.ts";
import { localIdentity, startSts } from "../local-aws.ts";
import { settingsValue } from "../stored-settings.ts";
import { cli, wordsOf } from "./cli.ts";
import { isPut } from "./commands/mappings/apply.ts";
import { ADMIN, useCluster } from "./commands/mappings/cluster.ts";
import { accessDenied } from "./commands/mappings/forbidden.ts";
import { useFolder, useServer } from "./fixtures.ts";

const A = "111122223333";
const ROLE = `arn:aws:iam::${A}:role/Developers`;
const NAME = "/iam-authenticator/prod/settings/prod";
const TOKEN = { name: "old", sha256: "0".repeat(64) };
const KEY = ec("P-256").jwk;
const STORED = {
  ...ADMIN,
  [`role/${A}/developers`]: { arn: ROLE, username: "dev:{SessionName}" },
  [`user/${A}/mallory`]: { arn: `arn:aws:iam::${A}:user/mallory`, username: "m" },
  [`deny/${A}`]: [{ arnLike: `arn:aws:iam::${A}:user/eve` }],
  callers: [TOKEN, { ...TOKEN, name: "other" }],
};
const cluster = useCluster(STORED);
const sts = useServer(startSts);
const folder = useFolder();
const editor = folder.write("editor.sh", '#!/bin/sh\nsed -i s/dev:/ops:/ "$1"\n');
chmodSync(editor, 0o755);

const TEXTS = {
  stored: settingsValue(),
  absent: undefined,
  unreadable: settingsValue(),
  invalid: settingsValue({ ACCOUNTS: "12" }),
  newer: JSON.stringify({ format: 2 }),
  "another version": settingsValue().replace(packageJson.version, "0.0.9"),
} as const;
type State = keyof typeof TEXTS;
const STATES = Object.keys(TEXTS) as State[];

const SAID: Readonly<Record<State, RegExp | undefined>> = {
  stored: undefined,
  absent:
    /The function's settings are not in Parameter Store \(\S+\)\. Assumed: the default of each setting\.\n/,
  unreadable:
    /No permission to read the function's settings: ssm:GetParameters on \S+settings\/prod\. Assumed: /,
  invalid:
    /The function's settings in Parameter Store \(\S+\) are invalid: ACCOUNTS must be a list of AWS account ids, of 12 digits each, not "12"\. Deploy the stack, which writes them again, or use the command of its release\./,
  newer:
    /The function's settings in Parameter Store \(\S+\) are invalid: the value has format 2, which is newer than 1\. /,
  "another version":
    /The function is version 0\.0\.9, and this command is version \S+: they may decide differently\.\n/,
};
const ANY = /The function('s settings| is version)|No permission to read the function's/;
const PROBLEMS: readonly State[] = ["invalid", "newer"];

type Kind =
  /** Needs no settings, and says nothing of them. */
  | "silent"
  /** Says what it assumes, and goes on. */
  | "goes on"
  /** As "goes on", but exits with 1 and writes nothing if the value is invalid or newer. */
  | "stops"
  /** Stops for these, and says nothing else of them. */
  | "stops silently";

interface Row {
  readonly kind: Kind;
  /** Lists parameters by path, for which a permission for the name is not needed. */
  readonly lists?: true;
  readonly code?: number;
  readonly input?: string;
}

const set = JSON.stringify({ mappings: [{ arn: ROLE, username: "ops:{SessionName}" }] });
const ROWS: Readonly<Record<string, Row>> = {
  "mappings list": { kind: "silent", lists: true },
  [`mappings get ${ROLE}`]: { kind: "silent" },
  "mappings export": { kind: "silent", lists: true },
  [`mappings history ${ROLE}`]: { kind: "silent" },
  "callers list": { kind: "silent" },
  "irsa keys list": { kind: "silent" },
  "irsa keys publish --jwks - -y": { kind: "silent", input: JSON.stringify({ keys: [KEY] }) },
  [`explain ${ROLE}`]: { kind: "goes on" },
  "explain mallory": { kind: "goes on", lists: true },
  whoami: { kind: "goes on" },
  "mappings lint": { kind: "goes on", lists: true },
  "mappings diff -f -": { kind: "goes on", lists: true, code: 1, input: set },
  [`mappings deny user/${A}/mallory -y`]: { kind: "goes on" },
  "mappings deny mallory -y --person": { kind: "goes on", lists: true },
  [`mappings set ${ROLE} --username ops -y`]: { kind: "stops" },
  "mappings apply -f - -y": { kind: "stops", lists: true, input: set },
  [`mappings edit ${ROLE} -y`]: { kind: "stops" },
  [`mappings remove user/${A}/mallory -y`]: { kind: "stops" },
  [`mappings allow arn:aws:iam::${A}:user/eve -y --allow-weakening`]: { kind: "stops" },
  [`mappings rollback ${ROLE} -y`]: { kind: "stops" },
  "callers add new -y": { kind: "stops silently" },
  "callers remove old -y": { kind: "silent" },
};

const hasWritten = () =>
  cluster.store.requests.some(
    (request) => isPut(request) || `${request.headers["x-amz-target"]}`.endsWith("DeleteParameter"),
  );

/** Stores the mappings, and the settings in the state. */
function prepare(state: (typeof STATES)[number]): void {
  cluster.store.fail(undefined);
  for (const [name, value] of Object.entries(STORED)) cluster.put(name, value);
  cluster.put(`role/${A}/developers`, { arn: ROLE, username: "earlier:{SessionName}" });
  cluster.put(`role/${A}/developers`, STORED[`role/${A}/developers`]);
  for (const written of [`issuer/${KEY.kid}`, "deny/any"])
    cluster.store.remove(`/iam-authenticator/prod/${written}`);
  if (TEXTS[state] === undefined) cluster.store.remove(NAME);
  else cluster.store.put(NAME, TEXTS[state]);
  if (state === "unreadable") {
    cluster.store.fail(failing("GetParameters", accessDenied("ssm:GetParameters", NAME), NAME));
  }
  cluster.store.requests.length = 0;
}

function checkMessages(
  err: string,
  said: RegExp | undefined,
  isStopped: boolean,
  where: string,
): void {
  if (said === undefined) assert.doesNotMatch(err, ANY, where);
  else assert.match(err, said, where);
  if (isStopped)
    assert.match(
      err,
      /(^|\n)Nothing was written\. The function's settings in Parameter Store /,
      where,
    );
}

for (const [words, { kind, lists, code = 0, input = "" }] of Object.entries(ROWS)) {
  test(`${words}: ${kind}`, async () => {
    for (const state of STATES) {
      prepare(state);
      Object.assign(process.env, {
        AWS_ENDPOINT_URL_STS: sts.url,
        ...keyVariables(localIdentity("bob")),
      });
      const rate = /^mappings (?!list|get|export|history|lint|diff)/.test(words)
        ? ["--rate", "1000"]
        : [];
      const environment = { EDITOR: editor };
      const found = await cli([...wordsOf(words), ...rate, "-c", "prod"], { input, environment });
      const seen = state === "unreadable" && lists ? "stored" : state;
      const isStopped = kind.startsWith("stops") && PROBLEMS.includes(seen);
      const where = `${state}: ${found.err}${found.out}`;
      assert.equal(found.code, isStopped ? 1 : code, where);
      const isSilent = kind === "silent" || (kind === "stops silently" && !isStopped);
      checkMessages(found.err, isSilent ? undefined : SAID[seen], isStopped, where);
      const writes = / (?:set|apply|edit|remove|allow|rollback|add|deny|publish)\b/.test(words);
      assert.equal(hasWritten(), writes && !isStopped, where);
    }
  });
}
