#pragma once
/// @file server/access/demo_login/users.h
/// Who can log in with the built-in authorization server: nobody of flesh and blood. They fit the three patients of
/// the demonstration (server/demo/patients.h).
#include <array>
#include <string_view>

namespace varde::access {

struct DemoUser {
  std::string_view id, name, role;  ///< role of role.h
  std::string_view hpr, organisation;
  std::string_view patient;    ///< whom it is, or acts for
  std::string_view fhir_user;  ///< resource below the FHIR base, where there is one
};

// clang-format off
inline constexpr std::array kDemoUsers{
    //       id          name                role              hpr          organisation patient   fhirUser
    DemoUser{"anne",    "Anne Berg",         "nurse",          "565500001", "310999718", "",       ""},
    DemoUser{"tove",    "Tove Dahl",         "team-lead",      "565500002", "310999718", "",       ""},
    DemoUser{"ingrid",  "Ingrid Lien",       "gp",             "565599991", "310999717", "",       "Practitioner/demo-lege"},
    DemoUser{"jonas",   "Jonas Vik",         "hospital",       "565500003", "310999719", "",       ""},
    DemoUser{"berit",   "Berit Moe",         "case-worker",    "",          "310999718", "",       ""},
    DemoUser{"astrid",  "Astrid (pasient)",  "patient",        "",          "",          "astrid", "Patient/astrid"},
    DemoUser{"kari",    "Kari (datter av Astrid)", "next-of-kin", "",       "",          "astrid", ""},
    DemoUser{"gunnar",  "Gunnar Holm",       "auditor",        "",          "",          "",       ""},
    DemoUser{"drift",   "Driftsvakten",      "operator",       "",          "",          "",       ""},
};
// clang-format on

inline const DemoUser* find_demo_user(std::string_view id) {
  for (const DemoUser& user : kDemoUsers)
    if (user.id == id) return &user;
  return nullptr;
}

}  // namespace varde::access
