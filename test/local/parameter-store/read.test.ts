// GetParameter, GetParameters and GetParameterHistory through the real client.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
} from "@aws-sdk/client-ssm";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { refused, ssmClient } from "./client.ts";

const parameters = { "/p/b": "two", "/p/a": "one", plain: "x" };
const store = await startParameterStore({ parameters, now: () => 1500 });
const ssm = ssmClient(store.url);
store.put("/p/b", "two again");
store.put("/p/secret", "hidden", { type: "SecureString" });
after(() => store.close());

const get = (...Names: string[]) => ssm.send(new GetParametersCommand({ Names }));

test("GetParameters returns all fields of each parameter", async () => {
  const { Parameters, InvalidParameters } = await get("/p/a");
  assert.deepEqual(Parameters, [
    {
      Name: "/p/a",
      Type: "String",
      Value: "one",
      Version: 1,
      LastModifiedDate: new Date(1500),
      ARN: "arn:aws:ssm:us-east-1:111122223333:parameter/p/a",
      DataType: "text",
    },
  ]);
  assert.deepEqual(InvalidParameters, []);
});

test("GetParameters sorts parameters and lists missing ones, for which GetParameter fails", async () => {
  const { Parameters, InvalidParameters } = await get("plain", "/p/none", "/p/b", "/p/a");
  assert.deepEqual(
    Parameters?.map(({ Name }) => Name),
    ["/p/a", "/p/b", "plain"],
  );
  assert.deepEqual(InvalidParameters, ["/p/none"]);
  const one = (Name: string) => ssm.send(new GetParameterCommand({ Name }));
  await refused(one("/p/none"), "ParameterNotFound", /\/p\/none not found/);
  await refused(one("/p/a b"), "ValidationException", /sub-paths divided by slash/);
});

test("GetParameters requires 1 to 10 unique, valid names", async () => {
  const names = Array.from({ length: 11 }, (_, i) => `/p/${i}`);
  assert.equal((await get(...names.slice(1))).InvalidParameters?.length, 10);
  for (const [wrong, message] of [
    [names, /at 'names' .* length less than or equal to 10/],
    [[], /greater than or equal to 1/],
    [["/p/a", "/p/a"], /Duplicate/],
    [["/p/a", "p/a"], /sub-paths divided by slash/],
    [["/p/a b"], /sub-paths divided by slash/],
    [[""], /greater than or equal to 1/],
    [["x".repeat(2049)], /less than or equal to 2048/],
  ] as const) {
    await refused(get(...wrong), "ValidationException", message);
  }
});

test("a version, label or ARN instead of a name fails", async () => {
  for (const name of ["/p/b:1", "/p/b:label", "arn:aws:ssm:us-east-1:111122223333:parameter/p/b"]) {
    await refused(get(name), "ValidationException", /by name only/);
    await refused(ssm.send(new GetParameterCommand({ Name: name })), "ValidationException", /by name only/);
  }
});

test("a SecureString returns its value only with decryption", async () => {
  const read = async (WithDecryption?: boolean) => {
    const answer = await ssm.send(new GetParametersCommand({ Names: ["/p/secret"], WithDecryption }));
    return answer.Parameters?.[0]?.Value ?? "";
  };
  assert.match(await read(), /^AQICAH[A-Za-z0-9+/=]{60,}$/);
  assert.equal(await read(true), "hidden");
});

test("ListTagsForResource returns a parameter's tags, which an overwrite keeps", async () => {
  const tags = (ResourceId: string) =>
    ssm.send(new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId }));
  store.put("/p/tagged", "1", { tags: { owner: "Stack" } });
  store.put("/p/tagged", "2");
  assert.deepEqual((await tags("/p/tagged")).TagList, [{ Key: "owner", Value: "Stack" }]);
  assert.deepEqual((await tags("/p/a")).TagList, []);
  await refused(tags("/p/none"), "InvalidResourceId");
  store.remove("/p/tagged");
  store.put("/p/tagged", "3");
  assert.deepEqual((await tags("/p/tagged")).TagList, []);
});

test("GetParameterHistory pages through the versions, oldest first", async () => {
  for (let i = 1; i <= 60; i += 1) store.put("/p/h", `v${i}`);
  const page = (NextToken?: string, MaxResults?: number) =>
    ssm.send(new GetParameterHistoryCommand({ Name: "/p/h", NextToken, MaxResults }));
  const first = await page();
  const second = await page(first.NextToken);
  assert.equal(first.Parameters?.length, 50);
  assert.deepEqual([first.Parameters?.[0]?.Value, first.Parameters?.[0]?.Version], ["v1", 1]);
  assert.deepEqual([second.Parameters?.length, second.Parameters?.at(-1)?.Value], [10, "v60"]);
  assert.equal(second.NextToken, undefined);
  await refused(page(undefined, 51), "ValidationException", /less than or equal to 50/);
  await refused(page("nonsense"), "InvalidNextToken");
  await refused(ssm.send(new GetParameterHistoryCommand({ Name: "/p/none" })), "ParameterNotFound");
});
