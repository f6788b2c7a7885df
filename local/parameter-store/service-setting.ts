// Implements GetServiceSetting for the one setting that the CLI reads.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetServiceSetting.html

import type { Input } from "../aws-json.ts";
import { ServiceError } from "../service-error.ts";
import { requiredText } from "./input.ts";
import type { ParameterStorage, StoreLocation } from "./parameter.ts";

const SETTING = "/ssm/parameter-store/high-throughput-enabled";

/** Accepts the setting's id or ARN. */
export function getServiceSetting(
  _parameters: ParameterStorage,
  { partition, region, account }: StoreLocation,
  input: Input,
  isHigher: boolean,
): object {
  const ARN = `arn:${partition}:ssm:${region}:${account}:servicesetting${SETTING}`;
  const asked = requiredText(input, "SettingId");
  if (asked !== SETTING && asked !== ARN) {
    throw new ServiceError("ServiceSettingNotFound", `Setting ${asked} not found.`);
  }
  return {
    ServiceSetting: {
      SettingId: SETTING,
      SettingValue: String(isHigher),
      LastModifiedDate: 0,
      LastModifiedUser: isHigher ? `arn:${partition}:iam::${account}:user/local` : "System",
      ARN,
      Status: isHigher ? "Customized" : "Default",
    },
  };
}
