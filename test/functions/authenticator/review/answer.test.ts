// The response body: the user, its provenance, and the omitted fields.

import assert from "node:assert/strict";
import { test } from "node:test";
import { granted, kubernetesStatus, tokenReview } from "../../../../functions/authenticator/review/answer.ts";
import { HOME, verified } from "../fixtures.ts";

const USER = { username: "dev", groups: ["a", "b"] };

test("a grant has username, uid, groups and seven extra values, each a list of one", () => {
  const { accessKeyId } = verified("bob");
  assert.deepEqual(granted(USER, verified("bob"), undefined, true), {
    authenticated: true,
    user: {
      username: "dev",
      uid: `aws-iam-authenticator:${HOME}:AROALOCALDEVELOPERSAA`,
      groups: ["a", "b"],
      extra: {
        arn: [`arn:aws:sts::${HOME}:assumed-role/Developers/bob@example.com`],
        canonicalArn: [`arn:aws:iam::${HOME}:role/Developers`],
        accountId: [HOME],
        principalId: ["AROALOCALDEVELOPERSAA"],
        sessionName: ["bob@example.com"],
        accessKeyId: [accessKeyId],
        "sigs.k8s.io/aws-iam-authenticator/principalId": ["AROALOCALDEVELOPERSAA"],
      },
    },
  });
});

test("users, root and federated users have their complete user id as uid and principalId, and no session name", () => {
  const ids = { alice: "AIDALOCALALICEAAAAAAA", root: HOME, federated: `${HOME}:dave` };
  for (const [who, id] of Object.entries(ids)) {
    const { user } = granted(USER, verified(who), undefined, true);
    assert.equal(user.uid, `aws-iam-authenticator:${HOME}:${id}`);
    assert.deepEqual(user.extra?.["principalId"], [id]);
    assert.equal("sessionName" in (user.extra ?? {}), false);
  }
});

test("empty groups are omitted, and audiences unless there are some", () => {
  const { user, ...status } = granted({ username: "dev", groups: [] }, verified("bob"), undefined, true);
  assert.deepEqual(["groups" in user, Object.keys(status)], [false, ["authenticated"]]);
  assert.deepEqual(granted(USER, verified("bob"), ["a"], true).audiences, ["a"]);
});

test("the body is a TokenReview of the same version, or a Status", () => {
  const status = { authenticated: false };
  const apiVersion = "authentication.k8s.io/v1beta1";
  assert.deepEqual(tokenReview(apiVersion, status), { apiVersion, kind: "TokenReview", status });
  assert.deepEqual(kubernetesStatus(401, "Unauthorized", "no"), {
    ...{ apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure" },
    ...{ reason: "Unauthorized", message: "no", code: 401 },
  });
});

test("USER_INFO=minimal omits only uid and extra", () => {
  const expected = { authenticated: true, user: USER, audiences: ["a"] };
  assert.deepEqual(granted(USER, verified("bob"), ["a"], false), expected);
});
