// Skips CDK's validation of templates, which takes seconds to load in every process. cdk-cli.test.ts and cfn-lint validate
// them.

process.env["CDK_VALIDATION"] = "false";
