#pragma once
/// @file server/access/role.h
/// Who may do what, as a table: a role, whose resources, and the rights over each group of types (type_group.h).
/// The page docs/roles.md is printed from it.
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "server/access/grant.h"
#include "server/access/type_group.h"

namespace varde::access {

/// Whose resources a role is about.
enum class Condition : std::uint8_t {
  everybody,  ///< all patients
  own,        ///< the one patient whom the login names
  kin,        ///< likewise, and those whom the login's person is a guardian of, or has a power of attorney for
  centre,     ///< enrolled at the follow-up centre of the login's organisation
  gp,         ///< whose general practitioner the login is, or works for
  hospital,   ///< with an open stay at, or an open referral to, the login's organisation
  nobody,     ///< nothing of patients
};

struct RoleRow {
  std::string_view code;       ///< as a token's role claim has it, after the issuer's mapping
  std::string_view norwegian;  ///< as people call it
  Condition condition;
  std::array<std::string_view, kTypeGroups> rights;  ///< by TypeGroup: letters of SMART v2, "cruds"
  bool sees_messages = false;
  bool sends_messages = false;
};
extern const std::array<RoleRow, 11> kRoles;

/// nullptr: there is no such role.
const RoleRow* find_role(std::string_view code);
std::string_view code_of(Condition condition);
std::string_view norwegian_of(Condition condition);
/// The rights over each type that a role gives.
TypeRights type_rights(const RoleRow& role);
/// The table as a page of text (Markdown).
std::string role_page();

}  // namespace varde::access
