# The parameters of mapping files, by name, with the bytes that `iam-authenticator mappings apply` writes. Needs no provider.

locals {
  # In the order of the command. A list of patterns or sessions has other keys, and is one parameter for several entries.
  keys = ["arn", "username", "groups", "principalId", "notAfter", "description"]

  # yamldecode rejects or changes some characters of JSON.
  files = [for path in var.files : { where = path, content = try(jsondecode(file(path)), yamldecode(file(path))) }]

  # yamldecode rewrites dates without quotes, except in this form.
  dates = flatten([for path in var.files : [
    for date in regexall("(?m)(?:^[ \t-]*|[{,][ \t]*)(?:username|notAfter|description):[ \t]+(\\d{4}-\\d{1,2}-\\d{1,2}[^\"',}#\\n]*)", file(path)) :
    "${path}: put ${trimspace(date[0])} in quotes." if !can(regex("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$", trimspace(date[0])))
  ]])

  # In HCL, an attribute that is null is omitted.
  own    = { where = "mappings", content = { mappings = try([for mapping in var.mappings : { for key, value in mapping : key => value if value != null }], var.mappings) } }
  layers = concat(local.files, [local.own])

  entries = flatten([
    for layer, file in local.layers : [
      for index, mapping in try([for mapping in file.content.mappings : mapping], []) : { layer = layer, where = "${file.where}, entry ${try(index + 1, index)}", mapping = mapping }
    ]
  ])

  # Usernames and groups, whose placeholders the function checks.
  templates = flatten([for entry in local.entries : [
    for template in concat([["username", try(tostring(entry.mapping.username), "")]], [for group in try(tolist(entry.mapping.groups), []) : ["group", try(tostring(group), "")]]) : {
      key          = template[0]
      text         = template[1]
      where        = "${entry.where}: ${template[0]} ${jsonencode(template[1])} has"
      placeholders = [for found in regexall("\\{([^{}]*)\\}", template[1]) : found[0]]
      # Users can influence these values.
      chosen = [for found in regexall("\\{(SourceIdentity|PrincipalTag:[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]{1,128})\\}", template[1]) : found[0]]
    }
  ]])
  # The administrators' groups, by the text before a value.
  admin_groups = { "access:" = "access:cluster-admin", "kubeadm:" = "kubeadm:cluster-admins" }
  known        = ["AccountID", "SessionName", "SessionNameRaw", "AccessKeyID", "EC2PrivateDNSName", "IdentityStoreUserId", "SourceIdentity"]

  # The first character of a value's JSON is its type: text converts numbers and booleans silently.
  problems = concat(
    local.dates,
    [for file in local.layers : "${file.where}: must have the list mappings." if !startswith(jsonencode(try(file.content.mappings, "")), "[") && try(file.content.mappings, "") != null],
    flatten([for file in local.layers : [
      for key in try(keys(file.content), []) : key == "deny" ? "${file.where}: deny: is not supported. Write denials with iam-authenticator mappings deny." : "${file.where}: unknown key ${key}."
      if !contains(["mappings", "$schema"], key)
    ]]),
    [for entry in local.entries : "${entry.where}: must be an object." if !startswith(jsonencode(entry.mapping), "{")],
    flatten([for entry in local.entries : [
      for key, value in try({ for key in keys(entry.mapping) : key => jsonencode(entry.mapping[key]) }, {}) : "${entry.where}: ${key} ${
        contains(["arnLike", "session"], key) ? "is not supported. Write lists of patterns and sessions with iam-authenticator mappings apply." :
        !contains(concat(local.keys, ["account", "permissionSet"]), key) ? "is an unknown key. The keys are account, permissionSet, ${join(", ", local.keys)}." :
        key == "groups" ? "must be a list of strings, none of them empty." : "must be a string: put it in quotes, and do not leave it empty."
      }"
      if !contains(concat(local.keys, ["account", "permissionSet"]), key) || !(
        key == "groups" ? startswith(value, "[") && alltrue(try([for group in entry.mapping[key] : startswith(jsonencode(group), "\"") && group != ""], [false])) :
        startswith(value, "\"") && (value != "\"\"" || key == "description")
      )
    ]]),
    # Parameter Store rejects them in any value.
    [for entry in local.entries : "${entry.where}: double braces are of aws-auth. Use single ones, such as {SessionName}." if strcontains(jsonencode(entry.mapping), "{{")],
    [for template in local.templates : "${template.where} a control character." if can(regex("[\\x00-\\x1f\\x7f-\\x{9f}\\x{2028}\\x{2029}]", template.text))],
    [for template in local.templates : "${template.where} an unknown placeholder: the placeholders are ${join(", ", [for name in local.known : "{${name}}"])}, {PrincipalTag:<key>}."
    if length(setsubtract(template.placeholders, concat(local.known, template.chosen))) > 0],
    [for template in local.templates : "${template.where} a brace outside of a placeholder." if can(regex("[{}]", replace(template.text, "/\\{[^{}]*\\}/", "")))],
    flatten([for template in local.templates : [
      for name in setintersection(template.placeholders, ["IdentityStoreUserId", "SourceIdentity"]) : "${template.where} {${name}}, which is only for usernames." if template.key == "group"
    ]]),
    flatten([for template in local.templates : [
      for name in template.chosen : "${template.where} {${name}}, which must end a group, after literal text that ends in \":\" and does not begin with \"system:\", such as team:{${name}}."
      if template.key == "group" && name != "SourceIdentity" && (!can(regex("(?s)^[^{]+:\\{[^{}]*\\}$", template.text)) || startswith(template.text, "system:"))
    ]]),
    flatten([for template in local.templates : [
      for name in template.chosen : "${template.where} {${name}}, whose value could make it ${local.admin_groups[split("{", template.text)[0]]}: use another prefix, such as team:."
      if template.key == "group" && contains(keys(local.admin_groups), split("{", template.text)[0])
    ]]),
    flatten([for template in local.templates : [
      for name in template.chosen : "${template.where} {${name}}, which must follow literal text that ends in \":\" and does not begin with \"system:\", such as aws:{${name}}."
      if template.key == "username" && (!can(regex("(?s)^[^{}].*:$", split("{${name}}", template.text)[0])) || startswith(template.text, "system:"))
    ]]),
    [for entry in local.entries : "${entry.where}: principalId must be the unique id of a role (AROA...) or a user (AIDA...), whose arn the entry has."
    if can(entry.mapping.principalId) && !can(regex("(?i:^arn:[^:]+:iam::\\d{12}:role/).* AROA[A-Z0-9]{1,124}$|(?i:^arn:[^:]+:iam::\\d{12}:user/).* AIDA[A-Z0-9]{1,124}$", "${try(entry.mapping.arn, "")} ${try(entry.mapping.principalId, "")}"))],
    [for entry in local.entries : "${entry.where}: username is missing." if !can(entry.mapping.username) && (can(entry.mapping.arn) || can(entry.mapping.permissionSet) || can(entry.mapping.groups))],
    [for entry in local.entries : "${entry.where}: notAfter must be a time in UTC, such as 2026-12-31T00:00:00Z." if can(entry.mapping.notAfter) && !can([timeadd(entry.mapping.notAfter, "0s"), regex("Z$", entry.mapping.notAfter)])],
  )
}

module "name" {
  source   = "../mapping-name"
  for_each = { for index, entry in local.entries : index => entry.mapping if length(local.problems) == 0 }

  prefix         = var.prefix
  arn            = try(each.value.arn, null)
  account        = try(each.value.account, null)
  permission_set = try(each.value.permissionSet, null)
}

locals {
  json = {
    for index in keys(module.name) : index => "{${join(",", [
      for key in local.keys : "\"${key}\":${jsonencode(local.entries[index].mapping[key])}" if can(local.entries[index].mapping[key])
    ])}}"
  }

  # jsonencode escapes <, > and & for HTML, and U+2028 and U+2029 for JavaScript. An escaped backslash is set aside, since \\u003c
  # is a backslash and text. No JSON contains U+0001.
  # https://developer.hashicorp.com/terraform/language/functions/jsonencode
  exact = { for index, json in local.json : index => replace(replace(replace(replace(replace(replace(replace(
    json, "\\\\", "\u0001"), "\\u003c", "<"), "\\u003e", ">"), "\\u0026", "&"), "\\u2028", "\u2028"), "\\u2029", "\u2029"), "\u0001", "\\\\")
  }
}
