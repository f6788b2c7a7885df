// The parameters that contain denials.

import { checkDenyList } from "../../functions/authenticator/mapping/deny-list.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";

export type StoredParameters = ReadonlyMap<string, StoredParameter>;

/** Whether it is an invalid deny list, which denies every identity that it covers. */
export function refusesEverybody(parameter: string, value: string | undefined): boolean {
  const [, account] = /\/deny\/(\d{12}|any)$/.exec(parameter) ?? [];
  return value !== undefined && account !== undefined && !checkDenyList({ value, secure: false }, { account }).valid;
}
