// Implements ec2:DescribeInstances by instance id.
// Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html

import { ServiceError } from "../service-error.ts";
import type { XmlNode } from "../xml.ts";

/** Codes of `instanceState`, by name. */
const STATE_CODES = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;

export interface Ec2Instance {
  /** `i-` and 8 or 17 hex digits. */
  instanceId: string;
  state: keyof typeof STATE_CODES;
  ownerId: string;
  /** Empty for a terminated instance, as in the service. */
  privateDnsName: string;
  /** Absent once an instance is terminated. */
  vpcId?: string | undefined;
  /** Absent for an instance without a profile. */
  instanceProfileArn?: string | undefined;
}

/** Returns each instance in a separate reservation; without ids, all instances. */
export function describeInstances(instances: readonly Ec2Instance[], form: URLSearchParams): XmlNode {
  const ids = readIds(form);
  const malformed = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (malformed !== undefined) {
    throw new ServiceError(
      "InvalidInstanceID.Malformed",
      malformed.startsWith("i-") ? `Invalid id: "${malformed}"` : `Invalid id: "${malformed}" (expecting "i-...")`,
    );
  }
  const missing = ids.filter((id) => !instances.some(({ instanceId }) => instanceId === id));
  if (missing.length > 0) {
    const list = missing.join(", ");
    throw new ServiceError(
      "InvalidInstanceID.NotFound",
      missing.length === 1 ? `The instance ID '${list}' does not exist` : `The instance IDs '${list}' do not exist`,
    );
  }
  const found = instances.filter(({ instanceId }) => ids.length === 0 || ids.includes(instanceId));
  return { reservationSet: { item: found.map(renderReservation) } };
}

/** Rejects unsupported members, such as filters, since ignoring them would return a wrong result. */
function readIds(form: URLSearchParams): string[] {
  const ids: string[] = [];
  for (const [name, value] of form) {
    if (/^InstanceId\.\d+$/.test(name)) ids.push(value);
    else if (name !== "Action" && name !== "Version") {
      throw new ServiceError("UnknownParameter", `The parameter ${name} is not recognized`);
    }
  }
  return ids;
}

function renderReservation(instance: Ec2Instance): XmlNode {
  const { instanceId, ownerId, state, privateDnsName, vpcId, instanceProfileArn } = instance;
  return {
    reservationId: `r-${instanceId.slice(2)}`,
    ownerId,
    groupSet: {},
    instancesSet: {
      item: {
        instanceId,
        instanceState: { code: String(STATE_CODES[state]), name: state },
        privateDnsName,
        vpcId,
        iamInstanceProfile:
          instanceProfileArn === undefined ? undefined : { arn: instanceProfileArn, id: "AIPAEXAMPLEEXAMPLE123" },
      },
    },
  };
}
