// Stack updates in the fake: CloudFormation statuses, and a CodeDeploy canary that alarms can stop.

import type { StackResource } from "../stacks.ts";
import type { VirtualClock } from "./clock.ts";
import {
  ACCOUNT,
  type Cloud,
  type FakeStack,
  newVersionAlarms,
  REGION,
  RETAINED,
  type ResourceType,
  resourcesOf,
  stackNamed,
} from "./cloud.ts";

const CANARY_MS = 5 * 60_000;
const STEP_MS = 5_000;
/** From the stopped deployment to the rollback's. */
const ROLLBACK_MS = 60_000;

export interface StackRequest {
  readonly name: string;
  readonly clusterId: string;
  readonly kind: FakeStack["kind"];
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Returns the deploying program's standard error, or nothing on success. */
export async function deployStack(cloud: Cloud, clock: VirtualClock, request: StackRequest): Promise<string> {
  const known = stackNamed(cloud, request.name);
  if (known === undefined) {
    await clock.sleep(60_000);
    create(cloud, request);
    return "";
  }
  if (JSON.stringify(known.settings) === JSON.stringify(request.settings)) return "";
  return update(cloud, clock, known, request.settings);
}

function create(cloud: Cloud, { name, clusterId, kind, settings }: StackRequest): void {
  cloud.stacks.push({
    id: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${name}/${cloud.stacks.length}`,
    name,
    clusterId,
    kind,
    status: "CREATE_COMPLETE",
    settings,
    resources: resourcesOf(cloud, { name, kind }),
    events: [],
    version: 1,
    live: "1",
    shares: {},
    isProtected: kind === "issuer",
  });
}

async function update(
  cloud: Cloud,
  clock: VirtualClock,
  stack: FakeStack,
  settings: FakeStack["settings"],
): Promise<string> {
  const event = (LogicalResourceId: string, ResourceType: string, ResourceStatus: string) => {
    stack.events.push({
      LogicalResourceId,
      ResourceType,
      ResourceStatus,
      Timestamp: new Date(clock.now()).toISOString(),
    });
  };
  const alarmStates = cloud.resources["AWS::CloudWatch::Alarm"];
  stack.status = "UPDATE_IN_PROGRESS";
  event("Deployment", "AWS::CodeDeploy::DeploymentGroup", "CREATE_COMPLETE");
  event("DeploymentRole", "AWS::IAM::Role", "CREATE_COMPLETE");
  await clock.sleep(30_000);
  event("Live", "AWS::Lambda::Alias", "UPDATE_IN_PROGRESS");
  stack.version += 1;
  const deployment: Cloud["deployments"][number] = { id: `d-${cloud.deployments.length}`, status: "InProgress" };
  cloud.deployments.unshift(deployment);
  const former = newVersionAlarms({ ...stack, version: stack.version - 1 });
  const alarms = newVersionAlarms(stack);
  for (const alarm of alarms) alarmStates.set(alarm, "INSUFFICIENT_DATA");
  stack.shares = { [stack.version]: 0.1 };
  for (let passed = 0; passed < CANARY_MS; passed += STEP_MS) {
    await clock.sleep(STEP_MS);
    if (!alarms.some((alarm) => alarmStates.get(alarm) === "ALARM")) continue;
    stack.shares = {};
    Object.assign(deployment, { status: "Stopped", code: "ALARM_ACTIVE" });
    await clock.sleep(ROLLBACK_MS);
    // CodeDeploy does not start the rollback's deployment while an alarm of the group fires.
    const isFiring = alarms.some((alarm) => alarmStates.get(alarm) === "ALARM");
    stack.status = isFiring ? "UPDATE_ROLLBACK_FAILED" : "UPDATE_ROLLBACK_COMPLETE";
    for (const alarm of alarms) alarmStates.delete(alarm);
    return "the deployment was stopped by an alarm";
  }
  for (const alarm of former) alarmStates.delete(alarm);
  if (settings["alarms"] === false) {
    const isPager = ({ LogicalResourceId }: StackResource) => /^Authenticator/.test(LogicalResourceId);
    for (const { PhysicalResourceId } of stack.resources.filter(isPager)) alarmStates.delete(PhysicalResourceId);
    stack.resources = stack.resources.filter((resource) => !isPager(resource));
  }
  stack.shares = {};
  stack.live = String(stack.version);
  stack.settings = settings;
  stack.status = "UPDATE_COMPLETE";
  deployment.status = "Succeeded";
  return "";
}

/** Retained resources stay, and the stack lists them as skipped. */
export async function deleteStack(cloud: Cloud, clock: VirtualClock, stack: FakeStack): Promise<string> {
  if (stack.isProtected) return "An error occurred (ValidationError): the stack is protected";
  await clock.sleep(60_000);
  const alarmStates = cloud.resources["AWS::CloudWatch::Alarm"];
  stack.status = "DELETE_COMPLETE";
  for (const alarm of [...alarmStates.keys()].filter((name) => name.startsWith(`${stack.name}-NewVersion`)))
    alarmStates.delete(alarm);
  stack.resources = stack.resources.map((resource) => {
    const isKept = RETAINED[stack.kind === "issuer" ? "issuer" : "others"].includes(resource.ResourceType);
    if (!isKept) cloud.resources[resource.ResourceType as ResourceType].delete(resource.PhysicalResourceId);
    return { ...resource, ResourceStatus: isKept ? "DELETE_SKIPPED" : "DELETE_COMPLETE" };
  });
  return "";
}
