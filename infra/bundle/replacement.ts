// An esbuild plugin that replaces something, and fails the build when that something is not there any more.

import type { Plugin, PluginBuild } from "esbuild";

/** Marks a result as the replacement that was promised. */
type Done = <T>(result: T) => T;

/**
 * Without this check, an SDK that moves a file would quietly bring back what was cut.
 * `setup` passes the result that replaces something through `done`.
 */
export function replacement(name: string, setup: (build: PluginBuild, done: Done) => void): Plugin {
  return {
    name,
    setup(build) {
      let replaced = false;
      build.onStart(() => {
        replaced = false;
      });
      setup(build, (result) => {
        replaced = true;
        return result;
      });
      build.onEnd(({ errors }) =>
        replaced || errors.length > 0 ? undefined : { errors: [{ text: nothingToReplace(name) }] },
      );
    },
  };
}

/** Says where to look and what to do after an update of the SDK. */
export function nothingToReplace(name: string): string {
  return (
    `infra/bundle/${name}.ts found nothing to replace: the AWS SDK is written in another way now. ` +
    "Mend the plugin, or drop it if the bundle does not grow (docs/decisions/0003-bundle.md)."
  );
}
