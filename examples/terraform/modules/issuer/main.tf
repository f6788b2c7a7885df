# The issuer's function, which serves the two OIDC documents: its log, its role and the alias that the API calls.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  name    = "iam-authenticator-issuer-${var.cluster_id}"
  prefix  = coalesce(var.mapping_prefix, "/iam-authenticator/${var.cluster_id}")
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.region
  arn     = "arn:${data.aws_partition.current.partition}"

  # A function's name has at most 64 letters, digits, "-" and "_". Other ids get a suffix, so that a.b and a-b are two functions.
  plain_name    = replace(local.name, "/[^A-Za-z0-9_-]/", "-")
  fits          = local.plain_name == local.name && length(local.name) <= 64
  function_name = local.fits ? local.name : "${substr(local.plain_name, 0, min(55, length(local.plain_name)))}-${substr(sha256(var.cluster_id), 0, 8)}"
}

module "zip" {
  source = "../zip"

  file   = var.zip_file
  url    = var.zip_url
  sha256 = var.zip_sha256
}

resource "aws_cloudwatch_log_group" "issuer" {
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_iam_role" "issuer" {
  name_prefix = "iam-authenticator-issuer-"
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

resource "aws_iam_role_policy" "issuer" {
  role = aws_iam_role.issuer.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.issuer.arn}:*"
      },
      {
        Effect = "Allow"
        Action = "ssm:GetParametersByPath"
        # IAM checks the path itself, not the parameters below it.
        Resource = "${local.arn}:ssm:${local.region}:${local.account}:parameter${local.prefix}/issuer"
      },
    ]
  })
}

resource "aws_lambda_function" "issuer" {
  function_name    = local.function_name
  description      = "Serves the discovery document and the JWKS of a service account issuer"
  filename         = module.zip.file
  source_code_hash = module.zip.source_code_hash
  runtime          = "nodejs24.x"
  architectures    = [var.architecture]
  handler          = "index.handler"
  timeout          = 5
  memory_size      = var.memory_size
  role             = aws_iam_role.issuer.arn
  publish          = true
  tags             = var.tags

  logging_config {
    log_format       = "JSON"
    log_group        = aws_cloudwatch_log_group.issuer.name
    system_log_level = "WARN"
  }

  environment {
    variables = merge(
      {
        CLUSTER_ID = var.cluster_id
        ISSUER_URL = aws_apigatewayv2_api.issuer.api_endpoint
        LOG_LEVEL  = var.log_level
      },
      var.mapping_prefix == null ? {} : { MAPPING_PREFIX = var.mapping_prefix },
    )
  }

  depends_on = [aws_iam_role_policy.issuer]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.issuer.function_name
  function_version = aws_lambda_function.issuer.version
}
