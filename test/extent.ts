// Whether a run holds every proof (`npm run test:all`, as in CI) or leaves out the longest ones
// and most repetitions (`npm test`), and which command it tests.

export const IS_ALL = process.env["TEST_ALL"] === "1";

export const LEFT_TO_ALL = "npm run test:all runs it";

/** Options of a test that takes too long for `npm test`, which then prints it as skipped. */
export const ONLY_IN_ALL = { skip: IS_ALL ? false : LEFT_TO_ALL };

/** Returns the number of random cases of a property, of which `npm test` tries a tenth. */
export function randomRuns(all: number): number {
  return IS_ALL ? all : Math.ceil(all / 10);
}

/**
 * Whether tests of the command run dist/cli, which is published (`npm test`), instead of the sources
 * (`npm run test:all`, whose coverage and mutants are those of the sources, and a single file).
 */
export const IS_BUILT = process.env["TEST_BUILT"] === "1";
