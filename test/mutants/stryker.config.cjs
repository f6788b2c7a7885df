// Stryker's settings. FOLDER: the folder of the product. TESTS: a regular expression, by default
// for all tests of the folder and its neighbours.

const { globSync } = require("node:fs");

const { FOLDER = "", TESTS = "" } = process.env;
const NEIGHBOURS = FOLDER.startsWith("cli/")
  ? "cli/{commands,model,plan}"
  : "functions/authenticator/{user,review,http,attacks,jwt}";
const files = [`${FOLDER}/**`, NEIGHBOURS].flatMap((folder) =>
  globSync(`test/${folder}/*.test.ts`).sort(),
);

module.exports = {
  testRunner: "tap",
  plugins: ["@stryker-mutator/tap-runner"],
  tap: {
    testFiles: [...new Set(files)].filter((file) => new RegExp(TESTS).test(file)),
    nodeArgs: ["--test-reporter=tap", "-r", "{{hookFile}}", "{{testFile}}"],
  },
  coverageAnalysis: "perTest",
  concurrency: 1,
  timeoutMS: 10_000,
  timeoutFactor: 3,
  disableTypeChecks: true,
  tsconfigFile: "none.json",
  ignorePatterns: ["dist", "cdk.out", ".local*", "docs", "examples"],
  tempDirName: ".local-mutants",
  reporters: ["clear-text", "json", "progress-append-only"],
  clearTextReporter: { allowColor: false, reportTests: false },
  jsonReporter: { fileName: ".local-mutants/mutants.json" },
};
