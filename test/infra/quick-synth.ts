// Skips CDK's validation of templates, which takes seconds to load. cfn-lint.e2e.ts validates them.

process.env["CDK_VALIDATION"] = "false";
