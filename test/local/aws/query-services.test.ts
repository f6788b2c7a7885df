// IAM's lists and Lambda's answers for `report` and `doctor`, called by the AWS SDK.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { principalsOfIdentities } from "../../../local/aws/iam.ts";
import { useServer } from "../../cli/fixtures.ts";
import { startQueryServices } from "../../local-aws.ts";
import { refused, sdkOptions } from "./clients.ts";

const FUNCTIONS = { authenticator: { CLUSTER_ID: "prod" } };
const services = useServer(() =>
  startQueryServices({ principals: principalsOfIdentities("us-west-2"), functions: FUNCTIONS }),
);
const iam = () => new IAM(sdkOptions(services.url));
const lambda = () => new Lambda(sdkOptions(services.url));
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

test("Lambda returns the default quota, and the variables of a function; it refuses others, and an unknown key", async () => {
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
  await refused(lambda().listFunctions({}), "UnknownOperationException", /No such operation: GET/);
  await refused(new Lambda(stranger()).getAccountSettings({}), "UnrecognizedClientException");
});
