// Leaves out CDK's own check of templates, which takes seconds to load in every process: cdk-cli.test.ts and cfn-lint
// do that.

process.env["CDK_VALIDATION"] = "false";
