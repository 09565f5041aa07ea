#include "server/access/login.h"

#include <algorithm>

#include "server/access/grant.h"
#include "server/access/role.h"
#include "server/access/scope.h"

namespace varde::access {
namespace {

std::string claim(const Json& claims, const std::string& name) {
  return name.empty() ? std::string() : claims.text(name);
}

std::vector<std::string> words_of(const Json& claims, const std::string& name) {
  std::vector<std::string> out;
  if (name.empty()) return out;
  for (const std::string& text : claims.texts(name))
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      if (end > at) out.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  return out;
}

std::vector<std::string> mapped(const std::vector<std::string>& words,
                                const std::vector<std::pair<std::string, std::string>>& map) {
  std::vector<std::string> out;
  for (const std::string& word : words) {
    bool found = false;
    for (const auto& [from, to] : map)
      if (from == word) out.push_back(to), found = true;
    if (!found) out.push_back(word);
  }
  return out;
}

std::vector<const RoleRow*> roles_of(const Json& claims, const Issuer& issuer) {
  std::vector<const RoleRow*> out;
  const auto add = [&](const std::string& code) {
    const RoleRow* const row = find_role(code);
    if (row && std::find(out.begin(), out.end(), row) == out.end()) out.push_back(row);
  };
  // Role values may have blanks in them: they are taken whole.
  if (!issuer.role_claim.empty())
    for (const std::string& code : mapped(claims.texts(issuer.role_claim), issuer.roles)) add(code);
  if (out.empty()) add(issuer.default_role);
  return out;
}

/// What the scopes of one context give, over each type as a whole.
TypeRights rights_of(const std::vector<Scope>& scopes, bool of_patient) {
  TypeRights out(fhir::types().size(), 0);
  for (const Scope& scope : scopes) {
    if ((scope.context == Scope::Context::patient) != of_patient || !scope.only.empty()) continue;
    for (std::size_t i = 0; i < out.size(); ++i)
      if (scope.type == fhir::TypeId::none || static_cast<std::size_t>(scope.type) == i) out[i] |= scope.rights;
  }
  return out;
}

bool gives_anything(const TypeRights& rights) {
  return std::any_of(rights.begin(), rights.end(), [](Rights one) { return one != 0; });
}

/// What the scopes and the role both give; definitions tell of nobody, and whoever logs in may read them.
TypeRights both(const TypeRights& scopes, const TypeRights& role) {
  TypeRights out(scopes.size(), 0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = scopes[i] & role[i];
    if (const auto type = static_cast<fhir::TypeId>(i);
        fhir::is_resource(type) && group_of(type) == TypeGroup::definitions)
      out[i] |= role[i] & kReading;
  }
  return out;
}

/// What a scope with search parameters and the role both give.
TypeRights rights_of(const Scope& scope, const TypeRights& role) {
  TypeRights out(role.size(), 0);
  const auto type = static_cast<std::size_t>(scope.type);
  out[type] = scope.rights & role[type];
  return out;
}

/// Of more scopes with search parameters than this, the others give nothing.
constexpr std::size_t kMostNarrow = 32;

Whose own(const Principal& principal, const std::string& person) {
  Whose out;
  if (!principal.patient.empty())
    out.patients.push_back(principal.patient);
  else
    out.person = person;
  return out;
}

Whose whose_of(Condition condition, const Principal& principal, const std::string& person,
               const std::string& own_organisation) {
  Whose out;
  const auto add = [&](std::string_view kind, std::string_view of, const std::string& value) {
    if (!value.empty()) out.relations.push_back(std::string(kind) + std::string(of) + value);
  };
  switch (condition) {
    case Condition::everybody: out.everybody = true; return out;
    case Condition::nobody: return out;
    case Condition::own: return own(principal, person);
    case Condition::kin:
      if (!principal.patient.empty()) out.patients.push_back(principal.patient);
      return add("kin", " person:", person), out;
    case Condition::gp: add("gp", " hpr:", principal.hpr), add("gp", " org:", principal.organisation); break;
    case Condition::hospital: add("hospital", " org:", principal.organisation); break;
    case Condition::centre:
      add("centre", " org:", principal.organisation);
      if (own_organisation.empty() || own_organisation == principal.organisation) out.relations.emplace_back("centre");
      break;
  }
  add("blocked", " hpr:", principal.hpr), add("blocked", " org:", principal.organisation);
  out.relations.push_back("emergency " + principal.issuer + " " + principal.id);
  return out;
}

Principal::Kind kind_of(const std::vector<const RoleRow*>& roles, const Principal& principal) {
  const auto is_own = [](const RoleRow* role) {
    return role->condition == Condition::own || role->condition == Condition::kin;
  };
  if (std::any_of(roles.begin(), roles.end(), is_own)) return Principal::Kind::citizen;
  return principal.id.empty() || principal.id == principal.client ? Principal::Kind::system : Principal::Kind::person;
}

}  // namespace

std::shared_ptr<const Principal> principal_of(const Json& claims, const Issuer& issuer,
                                              const std::string& own_organisation) {
  auto out = std::make_shared<Principal>();
  out->issuer = issuer.name;
  out->client = claims.text("client_id");
  out->id = claim(claims, issuer.subject_claim);
  out->hpr = claim(claims, issuer.hpr_claim);
  out->name = claim(claims, issuer.name_claim);
  out->organisation = claim(claims, issuer.organisation_claim);
  out->patient = claim(claims, issuer.patient_claim);
  out->scopes = mapped(words_of(claims, "scope"), issuer.scopes);
  const auto roles = roles_of(claims, issuer);
  for (const RoleRow* const role : roles) out->roles.emplace_back(role->code);
  out->kind = kind_of(roles, *out);
  if (out->id.empty()) out->id = out->client;

  std::vector<Scope> scopes, narrow;
  for (const std::string& text : out->scopes)
    if (auto scope = read_scope(text)) {
      std::vector<Scope>& among = scope->only.empty() ? scopes : narrow;
      if (scope->only.empty() || narrow.size() < kMostNarrow) among.push_back(std::move(*scope));
    }
  const TypeRights of_user = rights_of(scopes, false), of_patient = rights_of(scopes, true);
  const std::string person = claim(claims, issuer.person_claim);

  auto grant = std::make_shared<Grant>();
  for (const RoleRow* const role : roles) {
    const TypeRights of_role = type_rights(*role);
    const Whose whose = whose_of(role->condition, *out, person, own_organisation);
    if (gives_anything(of_user) || !narrow.empty())  // definitions tell of nobody
      grant->parts.push_back({both(of_user, of_role), whose});
    if (gives_anything(of_user))
      grant->sees_messages |= role->sees_messages, grant->sends_messages |= role->sends_messages;
    // "patient/": of the patient in context alone, and of nobody whom the role does not reach.
    const Whose in_context = own(*out, role->condition == Condition::own ? person : std::string());
    if (gives_anything(of_patient)) grant->parts.push_back({both(of_patient, of_role), in_context, whose});
    for (const Scope& scope : narrow) {
      TypeRights rights = rights_of(scope, of_role);
      if (!gives_anything(rights)) continue;
      if (scope.context == Scope::Context::patient)
        grant->parts.push_back({std::move(rights), in_context, whose, scope.only});
      else
        grant->parts.push_back({std::move(rights), whose, std::nullopt, scope.only});
    }
  }
  out->grant = std::move(grant);
  return out;
}

}  // namespace varde::access
