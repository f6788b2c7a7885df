// IAM's lists and Lambda's answers for `report` and `doctor`, called by the AWS SDK.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { STS } from "@aws-sdk/client-sts";
import { principalsOfIdentities } from "../../../local/aws/iam.ts";
import { startQueryServices as startLocalServices } from "../../../local/aws/query-services.ts";
import { startSts as startLocalSts } from "../../../local/aws/sts/sts.ts";
import { type LocalIdentity, localIdentities } from "../../../local/identities.ts";
import { TOKEN_ISSUERS } from "../../../local/sandbox-files.ts";
import { useServer } from "../../cli/fixtures.ts";
import { startQueryServices } from "../../local-aws.ts";
import { refused, sdkOptions } from "./clients.ts";

const FUNCTIONS = { authenticator: { CLUSTER_ID: "prod" } };
const services = useServer(() =>
  startQueryServices({
    principals: principalsOfIdentities("us-west-2"),
    functions: FUNCTIONS,
    tokenIssuers: TOKEN_ISSUERS,
  }),
);
const iam = () => new IAM(sdkOptions(services.url));
const lambda = () => new Lambda(sdkOptions(services.url));
const identityIn = (identities: readonly LocalIdentity[], name: string) =>
  identities.find((identity) => identity.name === name) ?? assert.fail();
const stranger = () => ({
  ...sdkOptions(services.url),
  credentials: { accessKeyId: "AKIASTRANGERAAAAAAAA", secretAccessKey: "s" },
});

test("IAM lists the roles and users of the account's identities, each role once", async () => {
  const { Roles = [], IsTruncated } = await iam().listRoles({ MaxItems: 1000 });
  assert.equal(IsTruncated, false);
  const names = Roles.map(({ RoleName }) => RoleName);
  const set = "AWSReservedSSO_ClusterAdmin_0123456789abcdef";
  assert.deepEqual(names.toSorted(), [
    set,
    "ClusterNode",
    "Contractor",
    "Developers",
    "IamAuthenticator",
  ]);
  const role = (name: string) => Roles.find(({ RoleName }) => RoleName === name);
  assert.equal(role("Developers")?.RoleId, "AROALOCALDEVELOPERSAA");
  assert.equal(role(set)?.Path, "/aws-reserved/sso.amazonaws.com/us-west-2/");

  const { Users = [] } = await iam().listUsers({});
  assert.deepEqual(
    Users.map(({ Arn, UserId }) => [Arn, UserId]),
    [["arn:aws:iam::111122223333:user/engineering/alice", "AIDALOCALALICEAAAAAAA"]],
  );
});

test("IAM refuses a filter that it does not have, and a key that it does not know", async () => {
  await refused(
    iam().listRoles({ PathPrefix: "/team/" }),
    "ValidationError",
    /does not support PathPrefix/,
  );
  await refused(new IAM(stranger()).listRoles({}), "InvalidClientTokenId");
});

test("an access key that IAM makes inactive is refused by every service", async () => {
  const identities = localIdentities("secret");
  const options = { identities, region: "us-east-1" };
  const services = await startLocalServices(options);
  const sts = await startLocalSts({ identities });
  try {
    const operator = identityIn(identities, "carol");
    const alice = identityIn(identities, "alice");
    const keys = { UserName: "alice", AccessKeyId: alice.accessKeyId };
    const iam = new IAM({ ...sdkOptions(services.url), credentials: operator });
    const whoami = () =>
      new STS({ ...sdkOptions(sts.url), credentials: alice }).getCallerIdentity({});
    const status = async () =>
      (await iam.listAccessKeys({ UserName: "alice" })).AccessKeyMetadata?.map(
        ({ AccessKeyId, Status }) => [AccessKeyId, Status],
      );
    assert.deepEqual(await status(), [[alice.accessKeyId, "Active"]]);
    assert.equal((await whoami()).Arn, alice.arn);
    await iam.updateAccessKey({ ...keys, Status: "Inactive" });
    assert.deepEqual(await status(), [[alice.accessKeyId, "Inactive"]]);
    await refused(whoami(), "InvalidClientTokenId");
    await refused(
      new IAM({ ...sdkOptions(services.url), credentials: alice }).listRoles({}),
      "InvalidClientTokenId",
    );
    await iam.updateAccessKey({ ...keys, Status: "Active" });
    assert.equal((await whoami()).Arn, alice.arn);
    for (const wrong of [
      { ...keys, UserName: "bob" },
      { ...keys, AccessKeyId: "AKIAOTHERAAAAAAAAAAA" },
    ])
      await refused(iam.updateAccessKey({ ...wrong, Status: "Inactive" }), "NoSuchEntityException");
    await refused(iam.listAccessKeys({ UserName: "bob" }), "NoSuchEntityException");
  } finally {
    await Promise.all([services.close(), sts.close()]);
  }
});

test("IAM returns a role by name, and the issuer of AWS-signed tokens, which is enabled", async () => {
  const { Role } = await iam().getRole({ RoleName: "Developers" });
  assert.deepEqual(
    [Role?.Arn, Role?.RoleId],
    ["arn:aws:iam::111122223333:role/Developers", "AROALOCALDEVELOPERSAA"],
  );
  await refused(iam().getRole({ RoleName: "Absent" }), "NoSuchEntityException");
  const info = await iam().getOutboundWebIdentityFederationInfo({});
  assert.equal(info.IssuerIdentifier, TOKEN_ISSUERS.get("111122223333"));
  await refused(iam().enableOutboundWebIdentityFederation({}), "FeatureEnabledException");
});

test("what the local services do not have is said, also for a request that changes something", async () => {
  await refused(
    iam().createUser({ UserName: "x" }),
    "InvalidAction",
    /CreateUser is not one of this local service, which has only what docs\/try\.md lists/,
  );
  const FunctionName = "authenticator";
  await refused(
    lambda().putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 0 }),
    "UnknownOperationException",
    /No such operation: PUT/,
  );
});

test("Lambda returns the default quota, and the variables of a function", async () => {
  const { AccountLimit } = await lambda().getAccountSettings({});
  assert.deepEqual(AccountLimit, {
    ConcurrentExecutions: 1000,
    UnreservedConcurrentExecutions: 1000,
  });
  const Qualifier = "live";
  const { Environment } = await lambda().getFunctionConfiguration({
    FunctionName: "authenticator",
    Qualifier,
  });
  assert.deepEqual(Environment?.Variables, FUNCTIONS.authenticator);
  await refused(
    lambda().getFunctionConfiguration({ FunctionName: "other", Qualifier }),
    "ResourceNotFoundException",
  );
  const { Versions = [] } = await lambda().listVersionsByFunction({
    FunctionName: "authenticator",
  });
  assert.deepEqual(
    Versions.map(({ Version }) => Version),
    ["$LATEST", "1"],
  );
  await refused(lambda().listFunctions({}), "UnknownOperationException", /No such operation: GET/);
  await refused(new Lambda(stranger()).getAccountSettings({}), "UnrecognizedClientException");
});
