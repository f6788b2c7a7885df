// One wrong response for each row of each check, which must make the row fail.

import type { Wrong } from "./fake/world.ts";
import { always, changed, DEPLOY, failing, REVIEW } from "./fault-makers.ts";
import { SIGNED_TOKEN_FAULTS } from "./signed-token-faults.ts";

const ANY = '200 {"status":{"authenticated":true,"user":{"username":"another","groups":[]}}}';
const DENIED = '200 {"status":{"authenticated":false,"error":"token_host_refused: not accepted"}}';
/** Matches tokens for this STS host. */
const host = (name: string) => always(new RegExp(`^POST .*https://${name.replaceAll(".", "\\.")}/`), DENIED);

/** Lambda's error if a rollback kept the version. */
const EXISTS = "A version for this Lambda function exists ( 2 )";

export const FAULTS: Readonly<Record<string, () => Wrong>> = {
  "1 deploy": changed(/describe-stacks/, "CREATE_COMPLETE", "ROLLBACK_COMPLETE"),
  "1 KubeconfigCommand": changed(
    /describe-stacks/,
    '"Endpoint","OutputValue":"https://api',
    '"Endpoint","OutputValue":"https://other',
  ),
  "1 mappings set": always(/^iam-authenticator mappings list/, "[]"),
  "1 granted": changed(REVIEW, "acceptance:probe", "another"),
  "1 denied": changed(REVIEW, /.*identity_unmapped.*/, ANY),
  "1 another cluster's token": changed(REVIEW, /.*SignatureDoesNotMatch.*/, ANY),
  "1 another caller": changed(REVIEW, /^401 .*/, ANY),
  "1 doctor": changed(/^iam-authenticator doctor/, '"ok"', '"failed"'),
  "1 explain": failing(/^iam-authenticator explain/),
  "1 whoami": changed(/^iam-authenticator whoami/, "acceptance:probe", "another"),

  "2 AWS CLI, role": failing(/^aws eks get-token/),
  "2 AWS CLI, user": changed(REVIEW, "acceptance-user", "another"),
  "2 this command, role": changed(REVIEW, "acceptance:probe", "another"),
  "2 this command, user": changed(REVIEW, "acceptance-user", "another"),
  "2 permission set": changed(REVIEW, "acceptance-permission-set", "another"),
  "2 regional host": host("sts.eu-west-1.amazonaws.com"),
  "2 dual-stack host": host("sts.eu-west-1.api.aws"),
  "2 FIPS host": host("sts-fips.us-east-1.amazonaws.com"),
  "2 FIPS dual-stack host": host("sts-fips.us-east-1.api.aws"),
  "2 global host": host("sts.amazonaws.com"),
  "2 signed 14 minutes ago, X-Amz-Expires 60": changed(/^POST .*X-Amz-Date=20261126T11/, /^200 .*/, DENIED),
  "2 signed 16 minutes ago": changed(REVIEW, /.*token_expired.*/, ANY),

  "3 statuses at the caller": changed(REVIEW, /^500/, "503"),
  "3 served again": always(REVIEW, "500 {}"),
  "3 integrationError in the access log": changed(/filter-log-events/, "Rate Exceeded", "-"),
  "3 5xx metric": always(/get-metric-statistics/, '{"Datapoints":[]}'),
  "3 logins go on at a standby": changed(REVIEW, /^307 .*/, "503 {}"),

  "4 one event for each review": changed(/filter-log-events/, "_aws", "_no_metrics"),
  "4 timestamp and level": changed(/filter-log-events/, String.raw`{\"timestamp\"`, String.raw`{\"time\"`),
  "4 metrics": always(/get-metric-statistics/, '{"Datapoints":[]}'),
  "4 reviews command": always(/^iam-authenticator reviews/, "[]"),

  "5 canary": changed(/get-alias/, /"AdditionalVersionWeights":\{[^}]+\}/, '"AdditionalVersionWeights":{}'),
  "5 stopped by the alarm": changed(/batch-get-deployments/, "Stopped", "Succeeded"),
  "5 stack after the rollback": changed(/describe-stacks/, "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"),
  "5 alias after the rollback":
    () =>
    (call, answer, { cloud }) =>
      call.includes("get-alias") && cloud.stacks[0]?.status === "UPDATE_ROLLBACK_COMPLETE"
        ? answer.replace('"1"', '"2"')
        : undefined,
  "5 the same deployment again": failing(DEPLOY, EXISTS, 3),
  "5 pagers in the deployment group": changed(/get-deployment-group/, /-NewVersionFaults-\d+/, "-Failing"),
  "5 a deployment while every other alarm fires": failing(DEPLOY, "an alarm fires", 4),

  "6 alarms: false, after a stack with alarms": changed(/get-deployment-group/, '"enabled":true', '"enabled":false'),
  "6 provisioned 1 with reserved 3": failing(DEPLOY, "not enough concurrency", 3),
  "6 an upgrade with provisioned concurrency": failing(
    DEPLOY,
    "Alias with weights can not be used with Provisioned Concurrency",
    4,
  ),
  "6 provisioned concurrency after the upgrade": changed(/get-provisioned-concurrency-config/, "READY", "FAILED"),
  "6 a review after the upgrade": always(REVIEW, "500 {}"),

  "7 SafeDeployments=false": failing(/^aws cloudformation deploy .*SafeDeployments=false/),
  "7 a review": changed(REVIEW, /.*identity_unmapped.*/, ANY),
  "7 SafeDeployments=true, LogLevel=debug": failing(/^aws cloudformation deploy .*SafeDeployments=true/),
  "7 order of events": changed(
    /describe-stack-events/,
    /("AWS::Lambda::Alias","ResourceStatus":"UPDATE_IN_PROGRESS","Timestamp":")\d+/,
    "$12000",
  ),

  "8 keys publish": failing(/^iam-authenticator irsa keys publish/),
  "8 deploy": failing(DEPLOY, "the provider cannot be made", 2),
  "8 documents": changed(/^GET /, /"kid":"[^"]+"/, '"kid":"another"'),
  "8 AssumeRoleWithWebIdentity": failing(
    /assume-role-with-web-identity/,
    "An error occurred (InvalidIdentityToken) when calling it: wrong",
  ),
  "8 another service account": changed(
    /assume-role-with-web-identity/,
    /^$/,
    '{"AssumedRoleUser":{"Arn":"arn:aws:sts::111122223333:assumed-role/any/probe"}}',
  ),

  "9 mtls: deploy": failing(/^cdk deploy \S+-mtls /),
  "9 mtls: review": always(/^POST https:\/\/d-/, "401 {}"),
  "9 mtls: no certificate": changed(REVIEW, "no answer", ANY),
  "9 mtls: the logged subject": changed(/filter-log-events/, "CN=kube-apiserver", "CN=another"),
  "9 private: deploy": failing(/^cdk deploy \S+-private /),
  "9 private: the function answers": changed(/test-invoke-method/, "caller_refused", "internal_fault"),
  "9 private: from the internet": changed(REVIEW, "no answer", "401 {}"),

  "10 default settings": failing(DEPLOY, "a setting cannot be changed back", 2),
  "10 the first review after 20 idle minutes": () => {
    let last = Number.POSITIVE_INFINITY;
    return (call, _, { clock }) => {
      if (!call.startsWith("POST ")) return undefined;
      const isLate = clock.now() - last > 19 * 60_000;
      last = clock.now();
      return isLate ? "504 {}" : undefined;
    };
  },
  "10 drift": changed(/describe-stack-drift-detection-status/, "IN_SYNC", "DRIFTED"),
  "10 destroy": failing(/^cdk destroy/),
  "10 deploy again": failing(DEPLOY, "the name is in use", 3),
  "10 a review after that":
    () =>
    (call, _, { cloud }) =>
      call.startsWith("POST ") && cloud.stacks.some(({ status }) => status === "DELETE_COMPLETE")
        ? "500 {}"
        : undefined,

  "11 all granted, each as itself": changed(REVIEW, "person-7", "person-8"),
  "11 time until all are granted":
    () =>
    async (call, _, { clock }) => {
      if (call.startsWith("POST ")) await clock.sleep(11_000);
      return undefined;
    },
  "11 statuses that kube-apiserver does not retry": changed(REVIEW, /^200 .*person-7.*/, "503 {}"),

  ...SIGNED_TOKEN_FAULTS,

  "14 removal": failing(/^aws cloudformation delete-stack/, "An error occurred (AccessDenied) when calling it: wrong"),
  "14 leftovers by tag": always(
    /get-resources .*TagFilters/,
    '{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:lambda:eu-west-1:111122223333:function:left"}]}',
  ),
  "14 leftovers by name": always(/iam list-roles/, '{"Roles":[{"RoleName":"acceptance-0123abcd-pod"}]}'),
};
