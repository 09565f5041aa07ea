// Holds us to SMART App Launch 2 (scopes), and to the tables: every address has its row, the page is the table.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "server/access/rate_limit.h"
#include "server/access/role.h"
#include "server/access/rules.h"
#include "server/access/scope.h"
#include "server/care/emergency.h"
#include "server/operation/operations.h"
#include "tests/access/support/land.h"

namespace varde::test {
namespace {

using access::NeedRow;

TEST(Rules, have_a_row_for_every_route_so_that_none_is_left_open_or_forgotten) {
  std::vector<interaction::Route> all(interaction::interactions().begin(), interaction::interactions().end());
  for (const auto some :
       {operation::followup_operations(), operation::terminology_operations(), operation::resource_operations()})
    all.insert(all.end(), some.begin(), some.end());
  all.push_back(care::emergency_access());
  for (const auto& route : all)
    for (std::string_view rest = route.methods; !rest.empty();) {
      const std::string_view method = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(method.size() + 1, rest.size()));
      EXPECT_NE(access::need_of(method, route.pattern), nullptr) << method << " " << route.pattern;
    }
}

TEST(Rules, name_types_that_there_are) {
  for (const NeedRow& row : access::needs()) {
    if (row.type.empty()) continue;
    EXPECT_NE(fhir::find_resource_type(row.type), fhir::TypeId::none) << row.type;
  }
}

TEST(Rules, let_whoever_is_not_restricted_go_anywhere_and_nobody_else) {
  const auto may = [](const access::Principal& principal, std::string_view method, std::string_view pattern) {
    return access::admit(principal, {method, pattern, fhir::find_type("Patient"), "p"}).has_value();
  };
  EXPECT_TRUE(may(access::anybody(), "DELETE", "{type}/{id}"));
  EXPECT_TRUE(may(access::ourselves("clock"), "GET", "_history"));
  EXPECT_TRUE(may(access::anybody(), "GET", "/something-new"));
  EXPECT_FALSE(may(*who("epj"), "GET", "/something-new"));
  EXPECT_FALSE(may(*who("epj"), "GET", "_history"));
  access::Principal named_like_us{access::Principal::Kind::system, "anybody"};
  EXPECT_FALSE(may(named_like_us, "GET", "{type}/{id}"));
  EXPECT_TRUE(may(named_like_us, "GET", "metadata"));
}

std::string rights(std::string_view scope) {
  const auto read = access::read_scope(scope);
  if (!read) return "none";
  std::string out;
  for (const char letter : std::string("cruds"))
    if ((read->rights & access::rights_of(std::string_view(&letter, 1))) != 0) out += letter;
  return out;
}

TEST(Scope, of_both_versions_is_read) {
  EXPECT_EQ(rights("patient/Observation.read"), "rs");
  EXPECT_EQ(rights("user/Observation.write"), "cud");
  EXPECT_EQ(rights("system/*.*"), "cruds");
  EXPECT_EQ(rights("patient/Observation.rs"), "rs");
  EXPECT_EQ(rights("system/Patient.cruds"), "cruds");
  EXPECT_EQ(rights("user/*.c"), "c");
  EXPECT_EQ(access::read_scope("patient/*.rs")->type, fhir::TypeId::none);
  EXPECT_EQ(access::read_scope("patient/*.rs")->context, access::Scope::Context::patient);
}

TEST(Scope, that_is_none_gives_nothing) {
  for (const std::string text : {"",
                                 "openid",
                                 "launch/patient",
                                 "patient/",
                                 "patient/Observation",
                                 "patient/Observation.",
                                 "patient/Observations.rs",
                                 "patient/observation.rs",
                                 "admin/Observation.rs",
                                 "patient/Observation.sr",
                                 "patient/Observation.rr",
                                 "patient/Observation.rx",
                                 "patient/Quantity.rs",
                                 "Patient/Observation.rs",
                                 "patient/Observation.read ",
                                 " patient/Observation.rs",
                                 "patient/Observation.rs\t",
                                 "patient//Observation.rs",
                                 "patient/Observation/1.rs",
                                 "patient/Observation.rs.rs",
                                 "PATIENT/Observation.rs",
                                 "patient/OBSERVATION.rs",
                                 "patient/Observation.RS",
                                 "patient/Observation.*s",
                                 "patient/Observation.r,s",
                                 "patient/Observation.r s",
                                 "patient/**.rs",
                                 "patient/Observation*.rs",
                                 "patient/*bservation.rs",
                                 "patient/%4Fbservation.rs",
                                 "patient/Observation.rs%20",
                                 "patient/Observation.rs#x",
                                 "patient/Observation.cruds*",
                                 "patient/Observation.**",
                                 "patient/Observation.readwrite",
                                 "patient/Observation.Read",
                                 "patient/.rs",
                                 "/Observation.rs",
                                 "patient.Observation/rs",
                                 "user/patient/Observation.rs",
                                 "patient/Resource.rs",
                                 "patient/DomainResource.rs",
                                 "user/*",
                                 "*/*.*",
                                 "user\\Observation.rs",
                                 "patient/Observation.crudsc"})
    EXPECT_EQ(rights(text), "none") << text;
}

TEST(Scope, with_search_parameters_is_of_what_fits_them) {
  const auto read = access::read_scope("patient/Observation.rs?category=http://x%7Claboratory&status=final");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->only, (access::SearchParameters{{"category", "http://x|laboratory"}, {"status", "final"}}));
}

TEST(Scope, of_version_one_may_have_search_parameters_and_a_value_may_hold_signs) {
  EXPECT_EQ(access::read_scope("patient/Observation.read?status=final")->only,
            (access::SearchParameters{{"status", "final"}}));
  EXPECT_EQ(access::read_scope("patient/Observation.rs?category=a?b")->only,
            (access::SearchParameters{{"category", "a?b"}}));
  EXPECT_EQ(access::read_scope("patient/Observation.rs?category=a%26status=b")->only,
            (access::SearchParameters{{"category", "a&status=b"}}))
      << "what is encoded parts nothing";
  EXPECT_EQ(access::read_scope("patient/Observation.rs?category=a;status=b")->only,
            (access::SearchParameters{{"category", "a;status=b"}}));
  EXPECT_EQ(access::read_scope("patient/Observation.rs?category=a&category=b")->only.size(), 2u) << "both must fit";
}

TEST(Scope, with_search_parameters_that_are_not_told_apart_gives_nothing) {
  for (const std::string parameters :
       {"?", "?category", "?category=", "?=laboratory", "?nonsense=x", "?category:not=laboratory", "?category=a&",
        "?date=2026", "?patient=Patient/a", "?subject:Patient.name=x", "?_has:Task:focus:status=x", "?_id=1",
        "?_filter=status eq final", "?_count=1", "?category=%zz", "?category=%4", "?category=a&date=2026"})
    EXPECT_EQ(rights("patient/Observation.rs" + parameters), "none") << parameters;
  EXPECT_EQ(rights("patient/*.rs?_security=R"), "none") << "of all types at once";
  EXPECT_EQ(rights("patient/Observation.rs?category=" + std::string(201, 'a')), "none");
}

TEST(RateLimit, holds_one_client_and_no_other) {
  access::RateLimit::Time now{};
  access::RateLimit limit(10, [&] { return now; });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(limit.take("a")) << i;
  EXPECT_FALSE(limit.take("a"));
  EXPECT_TRUE(limit.take("b"));
  now += std::chrono::milliseconds{250};
  EXPECT_TRUE(limit.take("a"));
  EXPECT_TRUE(limit.take("a"));
  EXPECT_FALSE(limit.take("a"));
  now += std::chrono::hours{1};
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(limit.take("a")) << i;
  EXPECT_FALSE(limit.take("a")) << "waiting long saves up no more than two seconds";
  access::RateLimit none(0, [&] { return now; });
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(none.take("a"));
}

TEST(Role, gives_every_type_the_rights_of_its_group) {
  std::set<std::string> codes;
  for (const auto& role : access::kRoles) {
    EXPECT_TRUE(codes.emplace(role.code).second) << role.code;
    for (const std::string_view letters : role.rights)
      EXPECT_EQ(letters.find_first_not_of("cruds"), std::string_view::npos) << letters;
    EXPECT_TRUE(role.rights[static_cast<std::size_t>(access::TypeGroup::technical)].empty())
        << role.code << " must not get at what holds anything";
  }
  EXPECT_EQ(access::find_role("root"), nullptr);
}

TEST(Role, page_is_the_table) {
  std::ifstream file(std::string(std::getenv("VARDE_SOURCE")) + "/docs/roles.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(page, access::role_page()) << "varde roles > docs/roles.md";
}

TEST(Role, and_scopes_are_both_needed) {
  const auto may = [](const Who& principal, access::Right right, std::string_view type) {
    return principal->grant->has(fhir::find_type(type), access::bit(right));
  };
  using access::Right;
  const auto nurse = who("nurse", R"("org":"111")", "user/Observation.rs user/Task.cruds");
  EXPECT_TRUE(may(nurse, Right::read, "Observation"));
  EXPECT_FALSE(may(nurse, Right::create, "Observation")) << "the scope does not say so";
  EXPECT_FALSE(may(nurse, Right::remove, "Task")) << "the role does not say so";
  EXPECT_FALSE(may(nurse, Right::read, "Patient"));
  EXPECT_TRUE(may(nurse, Right::read, "ValueSet")) << "definitions tell of nobody";
  EXPECT_FALSE(may(who("", {}, "system/*.cruds"), Right::read, "ValueSet")) << "who has no role has nothing";
}

}  // namespace
}  // namespace varde::test
