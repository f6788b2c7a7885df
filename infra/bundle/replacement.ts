// Creates an esbuild plugin that fails the build if it finds nothing to replace.

import type { Plugin, PluginBuild } from "esbuild";

/** Marks a result as a replacement. */
type Done = <T>(result: T) => T;

/**
 * `setup` passes each replacement through `done`. Without this check, an SDK that moves a file would silently restore the
 * removed code.
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

/** The error message after an SDK update that moved or changed the code. */
export function nothingToReplace(name: string): string {
  return (
    `infra/bundle/${name}.ts found nothing to replace: the AWS SDK has changed. ` +
    "Fix the plugin, or remove it if the bundle does not grow (docs/decisions/0003-bundle.md)."
  );
}
