# Mappings and callers: one parameter for each mapping, at a name that a review derives from the identity.

module "mapping_name" {
  source   = "./mapping-name"
  for_each = { for index, mapping in local.mappings : index => mapping }

  prefix         = local.prefix
  arn            = each.value.arn
  account        = each.value.account
  permission_set = each.value.permission_set
}

locals {
  # Every attribute of each mapping, null if it is omitted.
  mappings = [
    for mapping in var.mappings : {
      arn            = try(mapping.arn, null)
      account        = try(mapping.account, null)
      permission_set = try(mapping.permission_set, null)
      username       = try(mapping.username, null)
      groups         = try(mapping.groups, null)
      principal_id   = try(mapping.principal_id, null)
      not_after      = try(mapping.not_after, null)
      description    = try(mapping.description, null)
    }
  ]

  # The command refuses to change parameters with this tag.
  managed_by = merge(var.tags, { "iam-authenticator:managed-by" = "terraform" })

  mapping_values = {
    for index, mapping in local.mappings : module.mapping_name[index].name => {
      for key, value in {
        arn         = mapping.arn
        username    = mapping.username
        groups      = mapping.groups
        principalId = mapping.principal_id
        notAfter    = mapping.not_after
        description = mapping.description
      } : key => value if value != null
    }
  }
}

resource "aws_ssm_parameter" "mapping" {
  for_each = local.mapping_values

  name  = each.key
  type  = "String"
  value = jsonencode(each.value)
  tags  = local.managed_by
}

resource "aws_ssm_parameter" "callers" {
  count = length(var.callers) == 0 ? 0 : 1

  name  = "${local.prefix}/callers"
  type  = "String"
  value = jsonencode([for name, proof in var.callers : { name = name, (startswith(proof, "arn:") ? "arn" : "sha256") = proof }])
  tags  = local.managed_by
}
