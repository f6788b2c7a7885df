// AWS responses with arbitrary JSON or XML: the caller gets values of the expected types, or the call fails with an
// error that ends the command with exit code 3.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { HttpResponse } from "@smithy/core/protocols";
import fc from "fast-check";
import { watched } from "../../../cli/aws/calls.ts";
import { findCredentials } from "../../../cli/aws/credentials.ts";
import { toFailure } from "../../../cli/aws/errors.ts";
import { type Stored, stored } from "../../../cli/aws/parameter.ts";
import { readBranch, readHistory, readSome } from "../../../cli/aws/read.ts";
import { findOwner } from "../../../cli/changes/managed.ts";
import { writeValue } from "../../../cli/changes/write.ts";
import { EXIT } from "../../../cli/errors.ts";
import { checkProvider } from "../../../cli/irsa/doctor/doctor.ts";
import { findLogGroup } from "../../../cli/reviews/options.ts";
import { readPages } from "../../../cli/reviews/read-log.ts";
import { processStreams } from "../../../cli/terminal/io-streams.ts";
import { type XmlNode, xmlDocument } from "../../../local/xml.ts";

const RUNS = 10_000;
const io = { ...processStreams(), log: () => {} };
const signal = new AbortController().signal;
const ARN = "arn:aws:iam::111122223333:role/Developers";
const NAME = "/iam-authenticator/prod/role/111122223333/developers";
const PARAMETER = {
  ...{ Name: NAME, Value: "{}", Type: "String", Version: 1, LastModifiedDate: 1_764_000_000 },
  ...{ ARN: `arn:aws:ssm:us-east-1:111122223333:parameter${NAME}`, LastModifiedUser: ARN, Description: "d" },
};
const STORED = JSON.stringify({ Parameters: [PARAMETER] });
const BEFORE = stored({ Name: NAME, Value: "{}", Type: "String", Version: 1 });

/** Responses to the next calls; then an empty page. */
let answers: { readonly status: number; readonly body: string }[] = [];
const config = {
  region: "us-east-1",
  credentials: async () => ({ accessKeyId: "AKIALOCALOPERATORAAA", secretAccessKey: "local/only" }),
  maxAttempts: 1,
  requestHandler: {
    async handle() {
      const { status, body } = answers.shift() ?? { status: 200, body: "{}" };
      return { response: new HttpResponse({ statusCode: status, headers: {}, body: Buffer.from(body) }) };
    },
    destroy() {},
  },
};
const ssm = watched(new SSMClient(config), io);
const logs = watched(new CloudWatchLogsClient(config), io, ["events"]);
const sts = watched(new STSClient(config), io);

interface Call {
  /** A valid response. */
  readonly answer: object;
  /** Makes the call and uses its result as a command does. */
  readonly use: () => Promise<void>;
  /** Bodies of the responses before that one. */
  readonly before?: readonly string[];
  /** Allowed in addition to a fault: a stack may lack the output. */
  readonly isUsage?: true;
}

const JSON_CALLS: Readonly<Record<string, Call>> = {
  GetParameters: {
    answer: { Parameters: [PARAMETER] },
    use: async () => (await readSome(ssm, [NAME], signal)).forEach(checkStored),
  },
  GetParametersByPath: {
    answer: { Parameters: [PARAMETER], NextToken: "next" },
    use: async () => {
      for await (const page of readBranch(ssm, "/iam-authenticator", async () => {}, signal)) page.forEach(checkStored);
    },
  },
  GetParameterHistory: {
    answer: { Parameters: [PARAMETER], NextToken: "next" },
    use: async () => {
      for (const version of await readHistory(ssm, NAME, signal)) {
        checkStored(version);
        checkTexts(version.by, version.description);
      }
    },
  },
  ListTagsForResource: {
    answer: { TagList: [{ Key: "iam-authenticator:managed-by", Value: "stack" }] },
    use: async () => checkTexts((await findOwner(ssm, NAME, signal)).stack ?? ""),
  },
  PutParameter: {
    answer: { Version: 2, Tier: "Standard" },
    before: [STORED],
    use: async () =>
      void (await writeValue(ssm, { action: "change", name: NAME, before: BEFORE, value: "{ }" }, signal)),
  },
  DeleteParameter: {
    answer: {},
    before: [STORED],
    use: async () =>
      void (await writeValue(ssm, { action: "remove", name: NAME, before: BEFORE, value: undefined }, signal)),
  },
  FilterLogEvents: {
    answer: {
      events: [{ eventId: "1", timestamp: 1_764_000_000_000, message: '{"outcome":"granted"}' }],
      nextToken: "next",
    },
    use: async () => {
      const query = { logGroup: "log", from: 0, outcomes: [] };
      const reader = { logs, signal, waitForTurn: async () => {}, onUnreadable: () => {} };
      for await (const page of readPages(query, reader)) {
        for (const { id, review } of page) {
          checkTexts(id, review.outcome);
          checkTime(review.time);
        }
      }
    },
  },
};

const MEMBER = { StackName: "s", CreationTime: "2026-11-01T00:00:00Z", StackStatus: "UPDATE_COMPLETE" };
const IDENTITY = { Arn: ARN, UserId: "AROAEXAMPLE:jane", Account: "111122223333" };
const XML_CALLS: Readonly<Record<string, Call>> = {
  GetCallerIdentity: {
    answer: IDENTITY,
    use: async () => {
      const { Arn = "", UserId = "", Account = "" } = await sts.send(new GetCallerIdentityCommand());
      checkTexts(Arn, UserId, Account);
    },
  },
  AssumeRole: {
    answer: {
      Credentials: {
        ...{ AccessKeyId: "ASIA", SecretAccessKey: "k", SessionToken: "t", Expiration: "2026-11-01T00:00:00Z" },
      },
    },
    use: async () => {
      const { accessKeyId, secretAccessKey, expiration } = await findCredentials(config, io, { role: ARN });
      checkTexts(accessKeyId, secretAccessKey);
      checkTime(expiration?.getTime() ?? 0);
    },
  },
  DescribeStacks: {
    answer: {
      Stacks: { member: { ...MEMBER, Outputs: { member: { OutputKey: "LogGroup", OutputValue: "log" } } } },
    },
    use: async () => checkTexts(await findLogGroup({ cluster: "prod" }, config, io, signal)),
    isUsage: true,
  },
  GetOpenIDConnectProvider: {
    answer: { ClientIDList: { member: "sts.amazonaws.com" }, CreateDate: "2026-11-01T00:00:00Z" },
    before: [xmlOf("GetCallerIdentity", IDENTITY)],
    use: async () => checkTexts((await checkProvider("https://issuer.example.com", "aws", config, io)).seen),
  },
};

function checkTexts(...texts: readonly unknown[]): void {
  for (const text of texts) assert.equal(typeof text, "string");
}

/** The format in which commands print times. */
function checkTime(ms: number): void {
  assert.match(new Date(ms).toISOString(), /^\d{4}-|^-\d{6}-/);
}

function checkStored({ name, value, secure, version, modified, account = "" }: Stored): void {
  checkTexts(name, value, account);
  assert.equal(typeof secure, "boolean");
  assert.ok(Number.isSafeInteger(version));
  checkTime(modified);
}

/** Variants of the value, with members removed, repeated, or replaced with junk. */
function like(value: unknown, junk: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 6, arbitrary: sameShape(value, junk) }, { weight: 1, arbitrary: junk });
}

function sameShape(value: unknown, junk: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  if (Array.isArray(value)) return fc.array(like(value[0], junk), { maxLength: 3 });
  if (typeof value !== "object" || value === null) return fc.constant(value);
  const members = Object.entries(value).map(([name, member]) => [name, like(member, junk)]);
  return fc.record(Object.fromEntries(members), { requiredKeys: [] });
}

const ODD = ["", "1e300", "NaN", "2026-13-45T99:99:99Z", "__proto__", "true"];
const anyJson = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(...ODD, 1e300, -1e300, 1.5, null, [null], [[]], {}));
const anyText = fc.oneof(fc.string(), fc.constantFrom(...ODD));
const anyXml = fc.oneof(
  anyText,
  fc.record({ member: anyText }),
  fc.record({ a: anyText }),
  fc.array(anyText, { maxLength: 3 }),
);
const anyStatus = fc.constantFrom(200, 200, 200, 200, 201, 400, 403, 503);
const anyBody = fc.oneof(fc.string(), fc.constantFrom("", "<", "<a/>", "{}", "null", "<html><body>x</body></html>"));

/** Passes if the call returns or throws an expected error. */
async function check({ use, isUsage }: Call): Promise<void> {
  try {
    await use();
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    const code = toFailure(error)?.exitCode;
    assert.ok(code === EXIT.fault || (isUsage && code === EXIT.usage), String(error));
  }
}

const CALLS = Object.entries({ ...JSON_CALLS, ...XML_CALLS });

function bodyOf(name: string, answer: unknown): string {
  return name in XML_CALLS ? xmlOf(name, answer) : JSON.stringify(answer);
}

function xmlOf(name: string, answer: unknown): string {
  return xmlDocument(`${name}Response`, "urn:x", { [`${name}Result`]: answer as XmlNode });
}

function prepare({ before = [] }: Call, status: number, body: string): void {
  answers = [...before.map((first) => ({ status: 200, body: first })), { status, body }];
}

test("a valid response of each operation is used", async () => {
  for (const [name, call] of CALLS) {
    prepare(call, 200, bodyOf(name, call.answer));
    await call.use();
    assert.deepEqual(answers, [], name);
  }
});

test("any other response of each operation has the required types, or is a fault with exit code 3", async () => {
  const cases = CALLS.map(([name, call]) => {
    const answer = like(call.answer, name in XML_CALLS ? anyXml : anyJson).map((value) => bodyOf(name, value));
    const body = fc.oneof({ weight: 9, arbitrary: answer }, { weight: 1, arbitrary: anyBody });
    return fc.tuple(fc.constant(call), anyStatus, body);
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(...cases), async ([call, status, body]) => {
      prepare(call, status, body);
      await check(call);
    }),
    { numRuns: RUNS },
  );
});
