#include "server/access/role.h"

#include <algorithm>

namespace varde::access {

// clang-format off
const std::array<RoleRow, 11> kRoles{{
    // code             what people call it                      whose                 person   measurement plan     work     clinical several  registers definitions audit technical
    {"nurse",          "sykepleier i oppfølgingssenteret",       Condition::centre,    {"rus",   "cruds",   "crus",  "crus",  "crus",  "crus",  "rs",     "rs",       "",  ""}},
    {"team-lead",      "teamleder i oppfølgingssenteret",        Condition::centre,    {"crus",  "cruds",   "cruds", "cruds", "crus",  "cruds", "crus",   "rs",       "",  ""}, true},
    {"gp",             "fastlege eller fastlegens kontor",       Condition::gp,        {"rs",    "rs",      "crus",  "crus",  "rs",    "crus",  "rs",     "rs",       "",  ""}},
    {"hospital",       "lege eller sykepleier på sykehus",       Condition::hospital,  {"rs",    "rs",      "rs",    "crs",   "rs",    "rs",    "rs",     "rs",       "",  ""}},
    {"case-worker",    "saksbehandler i kommunen",               Condition::centre,    {"rs",    "",        "crus",  "crus",  "",      "rs",    "rs",     "rs",       "",  ""}},
    {"patient",        "innbyggeren selv",                       Condition::own,       {"rs",    "crs",     "rs",    "crs",   "rs",    "rs",    "rs",     "rs",       "",  ""}},
    {"next-of-kin",    "foresatt, verge, pårørende med fullmakt", Condition::kin,       {"rs",    "rs",      "rs",    "rs",    "",      "rs",    "rs",     "rs",       "",  ""}},
    {"epj",            "kommunens journalsystem",                Condition::everybody, {"crus",  "crus",    "crus",  "crus",  "crus",  "crus",  "crus",   "rs",       "",  ""}, false, true},
    {"device-gateway", "plattform for måleutstyr",               Condition::everybody, {"",      "cu",      "",      "",      "",      "",      "",       "rs",       "",  ""}},
    {"auditor",        "den som gransker innsyn",                Condition::nobody,    {"",      "",        "",      "",      "",      "",      "rs",     "rs",       "rs", ""}},
    {"operator",       "den som drifter tjenesten",              Condition::nobody,    {"",      "",        "",      "",      "",      "",      "cruds",  "cruds",    "",  ""}},
}};

namespace {

struct ConditionRow {
  Condition condition;
  std::string_view code, norwegian;
};
constexpr std::array<ConditionRow, 7> kConditions{{
    {Condition::everybody, "everybody", "alle pasienter"},
    {Condition::own,       "own",       "den ene pasienten som innloggingen gjelder"},
    {Condition::kin,       "kin",       "pasienten som innloggingen gjelder, og dem en er foresatt eller verge for, eller har fullmakt fra (RelatedPerson)"},
    {Condition::centre,    "centre",    "pasienter som er innskrevet ved eget oppfølgingssenter"},
    {Condition::gp,        "gp",        "egne listepasienter"},
    {Condition::hospital,  "hospital",  "pasienter med åpent opphold eller åpen henvisning ved eget sykehus"},
    {Condition::nobody,    "nobody",    "ingen pasienter"},
}};
// clang-format on

const ConditionRow& row_of(Condition condition) { return kConditions[static_cast<std::size_t>(condition)]; }

}  // namespace

std::string_view code_of(Condition condition) { return row_of(condition).code; }
std::string_view norwegian_of(Condition condition) { return row_of(condition).norwegian; }

const RoleRow* find_role(std::string_view code) {
  const auto found = std::find_if(kRoles.begin(), kRoles.end(), [&](const RoleRow& row) { return row.code == code; });
  return found == kRoles.end() ? nullptr : &*found;
}

TypeRights type_rights(const RoleRow& role) {
  TypeRights out(fhir::types().size(), 0);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (const auto type = static_cast<fhir::TypeId>(i); fhir::is_resource(type))
      out[i] = rights_of(role.rights[static_cast<std::size_t>(group_of(type))]);
  return out;
}

std::string role_page() {
  std::string out =
      "# Who may do what\n\nPrinted from server/access/role.cpp by `varde roles`; do not edit. Letters: **c**reate, "
      "**r**ead (and history), **u**pdate, **d**elete, **s**earch. A login's scopes narrow this further.\n\n| role | | "
      "whose |";
  for (const TypeGroupRow& group : kTypeGroupRows) out.append(" ").append(group.name).append(" |");
  out += "\n|---|---|---|";
  for (std::size_t i = 0; i < kTypeGroups; ++i) out += "---|";
  for (const RoleRow& role : kRoles) {
    out.append("\n| ").append(role.code).append(" | ").append(role.norwegian).append(" | ");
    out.append(norwegian_of(role.condition)).append(" |");
    for (const std::string_view letters : role.rights)
      out.append(" ").append(letters.empty() ? "–" : letters).append(" |");
  }
  out += "\n\n| types | |\n|---|---|";
  for (const TypeGroupRow& group : kTypeGroupRows)
    out.append("\n| ")
        .append(group.name)
        .append(" | ")
        .append(group.types.empty() ? "all others" : group.types)
        .append(" |");
  return out += "\n";
}

}  // namespace varde::access
