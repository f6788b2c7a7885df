// The parameter with the function's settings: its value, its order after the alias, and which
// accounts are accepted by default.

import assert from "node:assert/strict";
import { test } from "node:test";
import { App, CfnParameter, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { readSettings } from "../../../functions/authenticator/settings.ts";
import { parseStoredSettings } from "../../../functions/settings/stored-settings.ts";
import { IamAuthenticator, type IamAuthenticatorProps } from "../../../infra/iam-authenticator.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { ACCOUNT, KINDS, type MoreProps, SCOPES, stackOf } from "../stacks.ts";
import { type Resource, resources } from "../template.ts";

const ISSUER = "https://a1b2.tokens.sts.global.api.aws";
const OTHER = "444455556666";

function found(template: Template): {
  readonly stored: Resource;
  readonly environment: Record<string, string>;
} {
  const [stored, ...more] = resources(template, "AWS::SSM::Parameter").filter(
    ({ Properties: { Name } }) => String(Name).includes("/settings/"),
  );
  assert.ok(stored !== undefined && more.length === 0);
  const functions = resources(template, "AWS::Lambda::Function").map(
    ({ Properties }) => Properties["Environment"],
  );
  const environments = functions.map(
    (environment) => (environment as { Variables: Record<string, string> }).Variables,
  );
  return {
    stored,
    environment: environments.find(({ CLUSTER_ID }) => CLUSTER_ID !== undefined) ?? {},
  };
}

const CASES: Readonly<Record<string, MoreProps>> = {
  "by default": {},
  "for any account": { accounts: "any" },
  "with nodes": { nodes: true, nodeVpcs: ["vpc-01234567"] },
  "with settings": {
    accounts: [OTHER],
    reservedPrefixes: ["corp:"],
    audiences: ["a"],
    logLevel: "debug",
  },
  "with AWS-signed tokens": {
    tokens: "jwt",
    awsSignedTokens: [{ account: ACCOUNT, issuer: ISSUER }],
  },
  "with another prefix": { mappingPrefix: "/shared" },
};
for (const kind of KINDS) {
  for (const [name, props] of Object.entries(CASES)) {
    test(`${kind} ${name}: the parameter has the settings that the function has`, () => {
      const { stored, environment } = found(stackOf(kind, props).template());
      const { MAPPING_PREFIX = "/iam-authenticator/prod.example" } = environment;
      assert.equal(stored.Properties["Name"], `${MAPPING_PREFIX}/settings/prod.example`);
      assert.equal(stored.Properties["Type"], "String");
      const check = parseStoredSettings(String(stored.Properties["Value"]));
      assert.ok(check.valid);
      const { value } = check;
      assert.deepEqual([value.version, value.unknown], [packageJson.version, []]);
      assert.equal(value.nodeLookup, name === "with nodes");
      const required = { AWS_REGION: "eu-west-1", CLUSTER_ID: "prod.example", CALLER_AUTH: "none" };
      const read = (settings: object) =>
        JSON.stringify(
          readSettings({
            ...required,
            ...settings,
            ...required,
            MAPPING_PREFIX,
            CALLER_SUBJECTS: "",
          }),
        );
      const { LOG_LEVEL: _, ...judging } = environment;
      assert.equal(read(value.settings), read({ ...judging, AWS_ENDPOINT_URL_SSM: "" }));
    });

    test(`${kind} ${name}: the parameter changes after the alias, and is deleted with the stack`, () => {
      const { stored } = found(stackOf(kind, props).template());
      assert.deepEqual(stored.DependsOn, [`${SCOPES[kind]}FunctionAliaslive`]);
      assert.equal(stored.DeletionPolicy, undefined);
    });
  }
}

test("a former endpoint's stack has one parameter, of the current endpoint", () => {
  const { stored } = found(stackOf("mtls", { formerEndpoint: { kind: "http" } }).template());
  assert.deepEqual(stored.DependsOn, ["AuthenticatorMtlsFunctionAliaslive"]);
});

test("two clusters with one prefix have two parameters", () => {
  const names = ["a", "a.b"].map((clusterId) => {
    const stack = new Stack(new App(), "Test");
    new IamAuthenticator(stack, "Authenticator", { clusterId, mappingPrefix: "/shared" });
    return found(Template.fromStack(stack)).stored.Properties["Name"];
  });
  assert.deepEqual(names, ["/shared/settings/a", "/shared/settings/a.b"]);
});

function accountsOf(props: Partial<IamAuthenticatorProps>, env?: object): unknown {
  const stack = new Stack(new App(), "Test", env);
  new IamAuthenticator(stack, "Authenticator", { clusterId: "a", ...props });
  return found(Template.fromStack(stack)).environment["ACCOUNTS"];
}

test("without accounts, only identities of the stack's own account are accepted", () => {
  assert.equal(accountsOf({}, { env: { account: ACCOUNT, region: "eu-west-1" } }), ACCOUNT);
  assert.equal(accountsOf({}), "<AWS::AccountId>");
});

test('accounts "any" accepts every account, and a list only its accounts', () => {
  assert.equal(accountsOf({ accounts: "any" }), undefined);
  assert.equal(accountsOf({ accounts: [OTHER, ACCOUNT] }), `${OTHER},${ACCOUNT}`);
});

test("an empty list of accounts is refused: it could mean none or any", () => {
  assert.throws(() => accountsOf({ accounts: [] }), {
    message: /^accounts must not be an empty list: leave it out/,
  });
});

test("an account that is known only at deployment can be the one of an issuer, but not of two", () => {
  const issuer = (account: string, id: string) => ({ account, issuer: ISSUER.replace("a1b2", id) });
  assert.equal(accountsOf({ awsSignedTokens: [issuer(OTHER, "a")] }), "<AWS::AccountId>");
  assert.throws(() => accountsOf({ awsSignedTokens: [issuer(OTHER, "a"), issuer(ACCOUNT, "b")] }), {
    message: /^awsSignedTokens has the account 444455556666, whose identities are denied/,
  });
  for (const accounts of ["any", [OTHER, ACCOUNT]] as const) {
    accountsOf({ accounts, awsSignedTokens: [issuer(OTHER, "a"), issuer(ACCOUNT, "b")] });
  }
  const stack = new Stack(new App(), "List");
  const accounts = new CfnParameter(stack, "Accounts", { type: "CommaDelimitedList" }).valueAsList;
  const awsSignedTokens = [issuer(OTHER, "a"), issuer(ACCOUNT, "b")];
  new IamAuthenticator(stack, "Authenticator", { clusterId: "a", accounts, awsSignedTokens });
});
