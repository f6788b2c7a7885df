# The function: its log, its role and the alias that the endpoint calls.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  name    = "iam-authenticator-${var.cluster_id}"
  prefix  = coalesce(var.mapping_prefix, "/iam-authenticator/${var.cluster_id}")
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.region
  arn     = "arn:${data.aws_partition.current.partition}"

  # A function's name has at most 64 letters, digits, "-" and "_". Other ids get a suffix, so that a.b and a-b are two functions.
  plain_name    = replace(local.name, "/[^A-Za-z0-9_-]/", "-")
  fits          = local.plain_name == local.name && length(local.name) <= 64
  function_name = local.fits ? local.name : "${substr(local.plain_name, 0, min(55, length(local.plain_name)))}-${substr(sha256(var.cluster_id), 0, 8)}"
}

locals {
  # What the function and the stored settings have. Empty: any account, the own region.
  settings = {
    ACCOUNTS    = var.accounts == null ? local.account : join(",", [for account in var.accounts : account if account != "any"])
    NODE_REGION = var.node_region == null ? "" : var.node_region
  }

  # The release of the zip, by its name. Otherwise the release of this module.
  version = try(regex("authenticator-([0-9]+\\.[0-9]+\\.[0-9]+[^/]*)-[0-9a-f]+\\.zip$", coalesce(var.zip_file, var.zip_url))[0], "0.1.0")
}

module "zip" {
  source = "./modules/zip"

  file   = var.zip_file
  url    = var.zip_url
  sha256 = var.zip_sha256
}

# The record of logins. To keep it when the module is removed, remove it from the state first.
resource "aws_cloudwatch_log_group" "authenticator" {
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_iam_role" "authenticator" {
  name_prefix = "iam-authenticator-"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

# Only the permissions that a review needs.
resource "aws_iam_role_policy" "authenticator" {
  role = aws_iam_role.authenticator.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.authenticator.arn}:*"
      },
      {
        Effect   = "Allow"
        Action   = "ssm:GetParameters"
        Resource = "${local.arn}:ssm:${local.region}:${local.account}:parameter${local.prefix}/*"
      },
    ]
  })
}

resource "aws_lambda_function" "authenticator" {
  function_name    = local.function_name
  description      = "Answers TokenReviews of kube-apiserver"
  filename         = module.zip.file
  source_code_hash = module.zip.source_code_hash
  runtime          = "nodejs24.x"
  architectures    = [var.architecture]
  handler          = "index.handler"
  timeout          = 8
  memory_size      = var.memory_size
  role             = aws_iam_role.authenticator.arn
  publish          = true
  tags             = var.tags

  reserved_concurrent_executions = var.reserved_concurrency == 0 ? null : var.reserved_concurrency

  logging_config {
    log_format       = "JSON"
    log_group        = aws_cloudwatch_log_group.authenticator.name
    system_log_level = "WARN"
  }

  environment {
    variables = merge(
      {
        CLUSTER_ID   = var.cluster_id
        CALLER_AUTH  = "bearer"
        FAILOVER_URL = var.failover_url == null ? "" : var.failover_url
        LOG_LEVEL    = var.log_level
      },
      local.settings,
      var.mapping_prefix == null ? {} : { MAPPING_PREFIX = var.mapping_prefix },
    )
  }

  depends_on = [aws_iam_role_policy.authenticator]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.authenticator.function_name
  function_version = aws_lambda_function.authenticator.version
}

# The function's settings, which the command reads. The function does not.
resource "aws_ssm_parameter" "settings" {
  name  = "${local.prefix}/settings/${var.cluster_id}"
  type  = "String"
  value = jsonencode({ format = 1, version = local.version, settings = local.settings })
  tags  = local.managed_by

  depends_on = [aws_lambda_alias.live]
}
