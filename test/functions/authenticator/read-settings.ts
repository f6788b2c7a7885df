// Reads the authenticator's settings with changes to the required ones, and checks refusals.

import assert from "node:assert/strict";
import { readSettings, type Settings } from "../../../functions/authenticator/settings.ts";
import { hasCode } from "../../../functions/errors.ts";

const REQUIRED = { AWS_REGION: "eu-west-1", CLUSTER_ID: "prod-1", CALLER_AUTH: "bearer" };

type Changes = Readonly<Record<string, string | undefined>>;

export function read(changes: Changes = {}): Settings {
  return readSettings({ ...REQUIRED, ...changes });
}

/** Each value is refused in one line that begins with the setting's name and contains `message`. */
export function assertBad(name: string, values: readonly string[], message: RegExp | string = "", more: Changes = {}) {
  for (const value of values) {
    assert.throws(
      () => read({ ...more, [name]: value }),
      (error) => {
        assert.ok(hasCode(error, "setting_invalid"), `${name}=${value}: ${error}`);
        assert.match(error.message, new RegExp(`^${name} [^\\n]+$`));
        if (typeof message === "string") assert.ok(error.message.includes(message), error.message);
        else assert.match(error.message, message);
        return true;
      },
      `${name}=${value}`,
    );
  }
}
