// Whether a run holds every proof (`npm run test:all`, as in CI) or leaves out the longest ones
// and most repetitions (`npm test`).

export const IS_ALL = process.env["TEST_ALL"] === "1";

/** Options of a test that takes too long for `npm test`, which then prints it as skipped. */
export const ONLY_IN_ALL = { skip: IS_ALL ? false : "npm run test:all runs it" };

/** Returns the number of random cases of a property, of which `npm test` tries a tenth. */
export function randomRuns(all: number): number {
  return IS_ALL ? all : Math.ceil(all / 10);
}
