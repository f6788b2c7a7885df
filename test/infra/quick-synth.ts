// Skips CDK's validation of templates, which takes seconds to load. cdk-cli.e2e.ts and cfn-lint.e2e.ts validate them.

process.env["CDK_VALIDATION"] = "false";
