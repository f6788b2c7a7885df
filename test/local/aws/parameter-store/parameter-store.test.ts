// The local Parameter Store through the real client: what it refuses as the service does, pages,
// versions and rate limits.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import type {
  GetParametersByPathCommandInput,
  PutParameterCommandInput,
} from "@aws-sdk/client-ssm";
import { DEFAULT_THROUGHPUT } from "../../../../local/aws/parameter-store/parameter-store.ts";
import { startParameterStore } from "../../../local-aws.ts";
import { post } from "../../../post.ts";
import { refused, signedHeaders, ssmClient } from "../clients.ts";

const store = await startParameterStore({
  parameters: {
    "/p/a": "one",
    "/p/b": "two",
    plain: "x",
    "/l/1": "v",
    "/l/2": "v",
    "/l/deep/1": "v",
  },
  now: () => 1_500,
});
after(() => store.close());
const ssm = ssmClient(store.url);
const get = (...Names: string[]) => ssm.getParameters({ Names });
const getOne = (Name: string) => ssm.getParameter({ Name });
const history = (
  Name: string,
  more: { NextToken?: string | undefined; MaxResults?: number } = {},
) => ssm.getParameterHistory({ Name, ...more });
const tags = (ResourceId: string) =>
  ssm.listTagsForResource({ ResourceType: "Parameter", ResourceId });
const byPath = (Path: string, more: Partial<GetParametersByPathCommandInput> = {}) =>
  ssm.getParametersByPath({ Path, ...more });
const put = (Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}) =>
  ssm.putParameter({ Name, Value, Type: "String", ...more });
const remove = (Name: string) => ssm.deleteParameter({ Name });
const namesOf = ({
  Parameters = [],
}: {
  Parameters?: { Name?: string | undefined }[] | undefined;
}) => Parameters.map(({ Name }) => Name);

const INVALID = "ValidationException";
const eleven = Array.from({ length: 11 }, (_, i) => `/p/${i}`);
/** The ARN prefix has 45 characters, including the name's first slash. */
const LONGEST = 1_010 - "arn:aws:ssm:us-east-1:111122223333:parameter".length;
const REFUSED: readonly (readonly [
  what: string,
  call: () => Promise<unknown>,
  name: string,
  message?: RegExp,
])[] = [
  ["a read of a missing name", () => getOne("/p/none"), "ParameterNotFound", /\/p\/none not found/],
  [
    "a read of 11 names",
    () => get(...eleven),
    INVALID,
    /at 'names' .* length less than or equal to 10/,
  ],
  ["a read of no name", () => get(), INVALID, /greater than or equal to 1/],
  ["a read of a name twice", () => get("/p/a", "/p/a"), INVALID, /Duplicate/],
  ["a read of an empty name", () => get(""), INVALID, /greater than or equal to 1/],
  [
    "a read of a name of 2,049 characters",
    () => get("x".repeat(2049)),
    INVALID,
    /less than or equal to 2048/,
  ],
  ...["/p/a b", "p/a"].map(
    (name) => [`a read of ${name}`, () => get(name), INVALID, /sub-paths divided/] as const,
  ),
  ...["/p/b:1", "/p/b:label", "arn:aws:ssm:us-east-1:111122223333:parameter/p/b"].flatMap(
    (name) => [
      [`a read of ${name}`, () => getOne(name), INVALID, /by name only/] as const,
      [`reads of ${name}`, () => get(name), INVALID, /by name only/] as const,
    ],
  ),
  ["the tags of a missing name", () => tags("/p/none"), "InvalidResourceId"],
  ["the history of a missing name", () => history("/p/none"), "ParameterNotFound"],
  ["51 versions", () => history("/p/a", { MaxResults: 51 }), INVALID, /less than or equal to 50/],
  ["an invented token of a history", () => history("/p/a", { NextToken: "x" }), "InvalidNextToken"],
  ["a path without a slash", () => byPath("l"), INVALID, /must begin with a forward slash/],
  [
    "11 parameters of a path",
    () => byPath("/l", { MaxResults: 11 }),
    INVALID,
    /less than or equal to 10/,
  ],
  [
    "no parameters of a path",
    () => byPath("/l", { MaxResults: 0 }),
    INVALID,
    /greater than or equal to 1/,
  ],
  ["an invented token of a path", () => byPath("/l", { NextToken: "x" }), "InvalidNextToken"],
  [
    "a filter of a path",
    () => byPath("/l", { ParameterFilters: [{ Key: "Name" }] }),
    INVALID,
    /ParameterFilters/,
  ],
  [
    "a second creation",
    () => put("/p/a", "2"),
    "ParameterAlreadyExists",
    /set the overwrite option/,
  ],
  [
    "a creation without a type",
    () => put("/w/t", "1", { Type: undefined }),
    INVALID,
    /type is required/,
  ],
  [
    "another type",
    () => put("/p/a", "2", { Type: "SecureString", Overwrite: true }),
    "HierarchyTypeMismatchException",
  ],
  [
    "16 levels",
    () => put("/x".repeat(16), "v"),
    "HierarchyLevelLimitExceededException",
    /15 levels/,
  ],
  ["a name of 1,012 characters", () => put(`/${"n".repeat(LONGEST + 1)}`, "v"), INVALID, /1011/],
  ...["aws", "AWSthing", "/aws-thing", "SSM-thing", "/Ssm/thing"].map(
    (name) => [`the name ${name}`, () => put(name, "v"), INVALID, /can't be prefixed/] as const,
  ),
  ["a name of AWS", () => put("/AWS/thing", "v"), "AccessDeniedException", /reserved/],
  ...["/a b", "/a@b", "/ä", "a/b", "/a//b", "/a/", "/", "/a:1"].map(
    (name) => [`the name ${name}`, () => put(name, "v"), INVALID, /sub-paths/] as const,
  ),
  ["a value of 4,097 bytes", () => put("/w/4097", `${"x".repeat(4095)}ä`), INVALID, /4096/],
  ["an empty value", () => put("/w/v", ""), INVALID, /greater than or equal to 1/],
  [
    "double braces",
    () => put("/w/v", "dev:{{SessionName}}"),
    INVALID,
    /can't nest another parameter/,
  ],
  ["an advanced parameter", () => put("/w/x", "v", { Tier: "Advanced" }), INVALID, /Tier/],
  [
    "another data type",
    () => put("/w/x", "v", { DataType: "aws:ec2:image" }),
    INVALID,
    /data type/,
  ],
  ["a deletion of a missing name", () => remove("/p/none"), "ParameterNotFound"],
];
for (const [what, call, name, message] of REFUSED)
  test(`refused: ${what}`, () => refused(call(), name, message));

test("accepted: the longest names and values, the default tier, and braces of JSON", async () => {
  assert.equal((await get(...eleven.slice(1))).InvalidParameters?.length, 10);
  for (const name of ["/x".repeat(15), `/${"n".repeat(LONGEST)}`, "/w/large"])
    await put(name, "x".repeat(4096));
  assert.equal((await put("/w/braces", '{"a":{"b":{}}}', { Tier: "Standard" })).Tier, "Standard");
});

test("parameters are sorted, with all their fields, and missing ones are listed", async () => {
  const { Parameters, InvalidParameters } = await get("plain", "/p/none", "/p/a");
  const ARN = "arn:aws:ssm:us-east-1:111122223333:parameter/p/a";
  const fields = { Type: "String", Version: 1, LastModifiedDate: new Date(1500), DataType: "text" };
  assert.deepEqual(Parameters?.[0], { Name: "/p/a", Value: "one", ARN, ...fields });
  assert.deepEqual([Parameters?.[1]?.Name, InvalidParameters], ["plain", ["/p/none"]]);
});

test("an overwrite keeps the tags, and a deletion removes them and the versions", async () => {
  store.put("/p/tagged", "1", { tags: { owner: "Stack" } });
  await put("/p/tagged", "2", { Overwrite: true });
  assert.deepEqual((await tags("/p/tagged")).TagList, [{ Key: "owner", Value: "Stack" }]);
  await remove("/p/tagged");
  assert.equal((await put("/p/tagged", "3")).Version, 1);
  assert.deepEqual((await tags("/p/tagged")).TagList, []);
});

test("the history has pages of 50, oldest first, of the last 100 versions", async () => {
  for (let i = 1; i <= 106; i += 1) store.put("/p/h", `v${i}`);
  const first = await history("/p/h");
  const second = await history("/p/h", { NextToken: first.NextToken });
  assert.deepEqual([first.Parameters?.length, first.Parameters?.[0]?.Version], [50, 7]);
  assert.deepEqual([second.Parameters?.length, second.Parameters?.at(-1)?.Value], [50, "v106"]);
});

test("a path has one level, or all levels with Recursive", async () => {
  assert.deepEqual(namesOf(await byPath("/l")), ["/l/1", "/l/2"]);
  assert.deepEqual(namesOf(await byPath("/l/", { Recursive: true })), [
    "/l/1",
    "/l/2",
    "/l/deep/1",
  ]);
});

test("a full page always has a token, and concurrent writes do not change later pages", async () => {
  const first = await byPath("/l", { MaxResults: 1 });
  store.put("/l/0", "v");
  const second = await byPath("/l", { MaxResults: 1, NextToken: first.NextToken });
  store.remove("/l/0");
  assert.deepEqual([namesOf(first), namesOf(second)], [["/l/1"], ["/l/2"]]);
  const last = await byPath("/l", { MaxResults: 1, NextToken: second.NextToken });
  assert.deepEqual([namesOf(last), last.NextToken], [[], undefined]);
});

for (const [what, throughput, pages, reads, writes] of [
  ["by default, 40 reads together and 3 writes a second", DEFAULT_THROUGHPUT, 20, 20, 3],
  [
    "with higher throughput, 100 pages and 10 writes a second",
    { reads: 3_000, paths: 100, writes: 10 },
    100,
    41,
    10,
  ],
] as const) {
  test(`${what}; more are throttled and have no effect, and the history is not limited`, async (t) => {
    let now = Date.UTC(2026, 10, 24);
    const limited = await startParameterStore({
      parameters: { "/t/a": "v" },
      now: () => now,
      throughput,
    });
    t.after(() => limited.close());
    const client = ssmClient(limited.url);
    const page = () => client.getParametersByPath({ Path: "/t" });
    const read = () => client.getParameter({ Name: "/t/a" });
    const write = (Value: string) =>
      client.putParameter({ Name: "/t/a", Value, Type: "String", Overwrite: true });
    for (let call = 0; call < pages; call += 1) await page();
    for (let call = 0; call < reads; call += 1) await read();
    for (let call = 0; call < writes; call += 1) await write("w");
    now += 999;
    await refused(page(), "ThrottlingException", /Rate exceeded/);
    if (throughput === DEFAULT_THROUGHPUT) await refused(read(), "ThrottlingException");
    await refused(write("throttled"), "ThrottlingException");
    await refused(client.deleteParameter({ Name: "/t/a" }), "ThrottlingException");
    await client.getParameterHistory({ Name: "/t/a" });
    now += 1;
    assert.equal((await read()).Parameter?.Value, "w");
  });
}

test("an unknown operation or path, and a body that does not match the model fail", async () => {
  const type = "application/x-amz-json-1.1";
  const usual = { "content-type": type };
  const call = async (body: string, headers: Record<string, string> = {}, path = "/") => {
    const target = { "x-amz-target": "AmazonSSM.GetParameter" };
    const url = store.url + path;
    const sent = { ...usual, ...target, ...headers };
    const reply = await post(url, {
      headers: await signedHeaders(url, body, { service: "ssm", headers: sent }),
      body,
    });
    const { __type, message } = JSON.parse(reply.text);
    assert.equal(reply.headers["x-amzn-errortype"], __type);
    return `${reply.status} ${__type}: ${message}`;
  };
  for (const operation of ["SendCommand", "DescribeParameters", "constructor", ""]) {
    assert.match(
      await call("{}", { "x-amz-target": `AmazonSSM.${operation}` }),
      /^\d+ UnknownOperationException/,
    );
  }
  assert.match(await call("{}", {}, "/x"), /UnknownOperationException/);
  for (const body of ["{", "[]", '{"Name":1}', '{"Name":"/a","WithDecryption":"yes"}']) {
    assert.match(await call(body), /^400 SerializationException/, body);
  }
  assert.match(await call("{}", { "content-type": "text/plain" }), /^400 SerializationException/);
  assert.match(await call(""), /^400 ValidationException: .*'null' at 'name' .* must not be null/);
});

test("the first of overlapping writes of one parameter is accepted", async () => {
  const refused = Promise.withResolvers<void>();
  const slow = await startParameterStore({ whileWriting: () => refused.promise });
  const client = ssmClient(slow.url);
  const write = (Name: string) =>
    client.putParameter({ Name, Value: "1", Type: "String", Overwrite: true }).catch((error) => {
      refused.resolve();
      throw error;
    });
  const outcomes = await Promise.allSettled([write("/p/one"), write("/p/one"), write("/p/other")]);
  const names = outcomes.map((outcome) =>
    outcome.status === "fulfilled" ? outcome.value.Version : outcome.reason.name,
  );
  assert.deepEqual(names.slice(0, 2).toSorted(), [1, "TooManyUpdates"]);
  assert.equal(names[2], 1);
  assert.equal((await write("/p/one")).Version, 2);
  client.destroy();
  await slow.close();
});
