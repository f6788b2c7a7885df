// GetParametersByPath through the real client, and ten thousand parameters.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  GetParametersByPathCommand,
  type GetParametersByPathCommandInput,
  GetParametersCommand,
  PutParameterCommand,
  paginateGetParametersByPath,
} from "@aws-sdk/client-ssm";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { refused, ssmClient } from "./client.ts";

const TEN_THOUSAND = 10_000;

const storeWith = (names: readonly string[]) =>
  startParameterStore({ parameters: Object.fromEntries(names.map((name) => [name, "v"])) });
const store = await storeWith(["/l", "/l/1", "/l/2", "/l/deep/1", "/l/deep/2", "/lx/1"]);
const full = await storeWith(Array.from({ length: TEN_THOUSAND }, (_, i) => `/many/${i}`));
const ssm = ssmClient(store.url);
after(() => Promise.all([store.close(), full.close()]));

const byPath = (Path: string, more: Partial<GetParametersByPathCommandInput> = {}) =>
  ssm.send(new GetParametersByPathCommand({ Path, ...more }));
const namesOf = ({ Parameters = [] }: { Parameters?: { Name?: string | undefined }[] | undefined }) =>
  Parameters.map(({ Name }) => Name);

test("GetParametersByPath returns one level, or all levels with Recursive", async () => {
  assert.deepEqual(namesOf(await byPath("/l")), ["/l/1", "/l/2"]);
  assert.deepEqual(namesOf(await byPath("/l/", { Recursive: true })), ["/l/1", "/l/2", "/l/deep/1", "/l/deep/2"]);
  assert.deepEqual(namesOf(await byPath("/")), ["/l"]);
  assert.deepEqual(namesOf(await byPath("/none")), []);
});

test("GetParametersByPath rejects an invalid path, page size, token or filter", async () => {
  await refused(byPath("l"), "ValidationException", /must begin with a forward slash/);
  await refused(byPath("/l", { MaxResults: 11 }), "ValidationException", /less than or equal to 10/);
  await refused(byPath("/l", { MaxResults: 0 }), "ValidationException", /greater than or equal to 1/);
  await refused(byPath("/l", { NextToken: "x" }), "InvalidNextToken");
  const filter = { Key: "Name", Values: ["x"] };
  await refused(byPath("/l", { ParameterFilters: [filter] }), "ValidationException", /not support ParameterFilters/);
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

test("the store finds and lists ten thousand parameters, and rejects more", async () => {
  const client = ssmClient(full.url);
  const found = await client.send(new GetParametersCommand({ Names: ["/many/0", "/many/9999", "/many/10000"] }));
  assert.deepEqual([namesOf(found), found.InvalidParameters], [["/many/0", "/many/9999"], ["/many/10000"]]);

  const listed = new Set<string | undefined>();
  for await (const page of paginateGetParametersByPath({ client }, { Path: "/many" })) {
    for (const name of namesOf(page)) listed.add(name);
  }
  assert.equal(listed.size, TEN_THOUSAND);

  const put = (Name: string) =>
    client.send(new PutParameterCommand({ Name, Value: "v", Type: "String", Overwrite: true }));
  await refused(put("/many/10000"), "ParameterLimitExceeded");
  assert.equal((await put("/many/0")).Version, 2);
});
