// Scopes with search parameters (SMART App Launch 2, finer-grained resource constraints), over random data and random
// logins, against a slow judge that knows what each version says from how it was made.
// https://build.fhir.org/ig/HL7/smart-app-launch/scopes-and-launch-context.html
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "fhir-model/json/json.h"
#include "tests/access/support/land.h"

namespace varde::test {
namespace {

constexpr const char* kCategories = "http://terminology.hl7.org/CodeSystem/observation-category";

/// What one version says.
struct Says {
  std::set<std::string> categories;  ///< with the system, or "other" of another one
  std::string code, status;
};
struct Reading {
  std::string id;
  char owner;
  std::vector<Says> versions;
  std::string member;  ///< the reading that it has as a member; empty: none
};

/// A scope's parameters, once as text and once as the judge reads them.
struct Narrow {
  std::string text;
  bool (*fits)(const Says&);
};
// clang-format off
const std::vector<Narrow> kNarrow{
    {"", [](const Says&) { return true; }},
    {"?category=vital-signs", [](const Says& s) { return s.categories.contains("vital-signs") || s.categories.contains("other"); }},
    {"?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs", [](const Says& s) { return s.categories.contains("vital-signs"); }},
    {"?category=http%3A%2F%2Fterminology.hl7.org%2FCodeSystem%2Fobservation-category%7Claboratory", [](const Says& s) { return s.categories.contains("laboratory"); }},
    {"?category=laboratory&status=final", [](const Says& s) { return s.categories.contains("laboratory") && s.status == "final"; }},
    {"?code=x,y", [](const Says& s) { return s.code == "x" || s.code == "y"; }},
    {"?status=http://hl7.org/fhir/observation-status|amended", [](const Says& s) { return s.status == "amended"; }},
    {"?category=http://nowhere.example|vital-signs", [](const Says&) { return false; }},
    {"?category=http://terminology.hl7.org/CodeSystem/observation-category|", [](const Says& s) { return s.categories.contains("vital-signs") || s.categories.contains("laboratory"); }},
};
// clang-format on

std::string text_of(const Reading& reading, const Says& says) {
  std::string out = R"({"resourceType":"Observation","id":")" + reading.id + R"(","status":")" + says.status +
                    R"(","subject":{"reference":"Patient/)" + reading.owner + R"("},"code":{"coding":[{"code":")" +
                    says.code + R"("}]})";
  std::string categories;
  for (const std::string& one : says.categories)
    categories += std::string(categories.empty() ? "" : ",") + R"({"coding":[{"system":")" +
                  (one == "other" ? "http://other.example" : kCategories) + R"(","code":")" +
                  (one == "other" ? "vital-signs" : one) + R"("}]})";
  if (!categories.empty()) out += R"(,"category":[)" + categories + "]";
  if (!reading.member.empty()) out += R"(,"hasMember":[{"reference":"Observation/)" + reading.member + R"("}])";
  return out + "}";
}

struct Scope {
  std::string rights;
  const Narrow* narrow;
};
struct Person {
  Who who;
  std::string told, patients, role_rights;
  std::vector<Scope> scopes;

  bool reaches(char owner) const { return patients == "*" || patients.find(owner) != std::string::npos; }
  bool has(const std::string& any_of) const {
    return std::ranges::any_of(scopes, [&](const Scope& scope) { return gives(scope, any_of); });
  }
  bool gives(const Scope& scope, const std::string& any_of) const {
    return std::ranges::any_of(any_of, [&](char letter) {
      return scope.rights.find(letter) != std::string::npos && role_rights.find(letter) != std::string::npos;
    });
  }
  bool may(char owner, const Says& says, const std::string& any_of) const {
    return reaches(owner) && std::ranges::any_of(scopes, [&](const Scope& scope) {
             return gives(scope, any_of) && scope.narrow->fits(says);
           });
  }
};

class GranularScope : public testing::Test {
 protected:
  GranularScope() {
    for (const std::string owner : {"a", "b", "c"}) land.put(R"({"resourceType":"Patient","id":")" + owner + "\"}");
    land.put(
        R"({"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/a"},"managingOrganization":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"111"}}})");
    for (int i = 0; i < 40; ++i) {
      Reading reading{"o" + std::to_string(i), "abc" [pick(3)], {}, {}};
      if (i > 0 && pick(2) == 0) reading.member = readings[pick(readings.size())].id;
      for (std::size_t left = 1 + pick(3); left > 0; --left) {
        reading.versions.push_back(some());
        land.put(text_of(reading, reading.versions.back()));
      }
      readings.push_back(std::move(reading));
    }
  }
  std::size_t pick(std::size_t of) { return random() % of; }
  Says some() {
    Says out{{}, std::string(1, "xyz"[pick(3)]), pick(2) == 0 ? "final" : "amended"};
    for (const std::string one : {"vital-signs", "laboratory", "other"})
      if (pick(3) == 0) out.categories.insert(one);
    return out;
  }
  const Reading& of(const std::string& id) const { return *std::ranges::find(readings, id, &Reading::id); }
  bool finds(const Person& person, const Reading& reading) const {
    return person.may(reading.owner, reading.versions.back(), "rs");
  }

  Person somebody() {
    struct Kind {
      const char *role, *more, *context, *patients, *rights;
    };
    static const std::vector<Kind> kKinds{
        {"nurse", R"("org":"111")", "user", "a", "cruds"},
        {"patient", R"("patient":"b")", "patient", "b", "crs"},
        {"patient", R"("patient":"b")", "user", "b", "crs"},
        {"nurse", R"("org":"111","patient":"a")", "patient", "a", "cruds"},
        {"nurse", R"("org":"111","patient":"c")", "patient", "", "cruds"},
        {"epj", "", "system", "*", "crus"},
        {"epj", R"("patient":"c")", "patient", "c", "crus"},
    };
    const Kind& kind = kKinds[pick(kKinds.size())];
    Person out;
    out.patients = kind.patients, out.role_rights = kind.rights;
    for (std::size_t left = 1 + pick(3); left > 0; --left) {
      static const std::vector<std::string> kRights{"rs", "cruds", "r", "s", "cu", "rus", "d"};
      const Scope scope{kRights[pick(kRights.size())], &kNarrow[pick(6) == 0 ? 0 : 1 + pick(kNarrow.size() - 1)]};
      out.scopes.push_back(scope);
      out.told += std::string(" ") + kind.context + "/Observation." + scope.rights + scope.narrow->text;
    }
    out.who = who(kind.role, kind.more, out.told.substr(1));
    out.told = std::string(kind.role) + " " + kind.more + out.told;
    return out;
  }
  template <class Check>
  void with_many(Check check) {
    for (int i = 0; i < 120; ++i) {
      const Person person = somebody();
      SCOPED_TRACE(person.told);
      check(person);
      if (HasFailure()) return;
    }
  }
  std::set<std::string> found(const Person& person, const std::string& query) {
    const auto answer = land.ask(person.who, "GET", query);
    EXPECT_EQ(answer.status, 200) << query << answer.body;
    return answer.status == 200 ? ids_in(answer.body) : std::set<std::string>{};
  }
  template <class Which>
  std::set<std::string> those(const Person& person, Which which) const {
    std::set<std::string> out;
    for (const Reading& one : readings)
      if (finds(person, one) && which(one)) out.insert(one.id);
    return out;
  }

  std::mt19937 random{20261127};
  Land land;
  std::vector<Reading> readings;
};

TEST_F(GranularScope, is_held_to_by_read_vread_and_history) {
  with_many([&](const Person& person) {
    for (const Reading& one : readings) {
      const std::string place = "Observation/" + one.id;
      const bool knows = person.may(one.owner, one.versions.back(), "rsud");
      const int current = !person.has("r") ? 403 : knows ? 200 : 404;
      EXPECT_EQ(land.ask(person.who, "GET", place).status, current) << place;
      for (std::size_t i = 0; i < one.versions.size(); ++i)
        EXPECT_EQ(land.ask(person.who, "GET", place + "/_history/" + std::to_string(i + 1)).status,
                  !person.has("r")                                 ? 403
                  : person.may(one.owner, one.versions[i], "rsud") ? 200
                                                                   : 404)
            << place << " " << i + 1;
      const auto versions = land.as(person.who).read([&](const interaction::View& view) {
        return view.history(fhir::find_type("Observation"), one.id, 100, 100).size();
      });
      EXPECT_EQ(versions, std::ranges::count_if(one.versions,
                                                [&](const Says& says) { return person.may(one.owner, says, "rs"); }))
          << place;
      const auto history = land.ask(person.who, "GET", place + "/_history");
      EXPECT_EQ(history.status, current);
      if (history.status != 200) continue;
      for (std::size_t i = 0; i < one.versions.size(); ++i)
        EXPECT_EQ(history.body.find("\"versionId\":\"" + std::to_string(i + 1) + "\"") != std::string::npos,
                  person.may(one.owner, one.versions[i], "rs"))
            << place << " " << i + 1 << history.body;
    }
  });
}

TEST_F(GranularScope, is_held_to_by_searches_totals_pages_and_order) {
  with_many([&](const Person& person) {
    if (!person.has("s")) {
      EXPECT_EQ(land.ask(person.who, "GET", "Observation").status, 403);
      return;
    }
    const auto all = those(person, [](const Reading&) { return true; });
    for (const std::string sort : {"", "&_sort=status", "&_sort=-_lastUpdated", "&_sort=-code,_id", "&_sort=date"}) {
      const auto answer = land.ask(person.who, "GET", "Observation?_count=100&_total=accurate" + sort);
      EXPECT_EQ(ids_in(answer.body), all) << sort;
      EXPECT_THAT(answer.body, testing::HasSubstr("\"total\":" + std::to_string(all.size()) + ",")) << sort;
    }
    EXPECT_THAT(land.ask(person.who, "GET", "Observation?_summary=count").body,
                testing::HasSubstr("\"total\":" + std::to_string(all.size())));
    EXPECT_EQ(found(person, "Observation?_count=100&code=x"),
              those(person, [](const Reading& one) { return one.versions.back().code == "x"; }));
    EXPECT_EQ(found(person, "Observation?_count=100&category:not=laboratory&subject=Patient/a"),
              those(person, [](const Reading& one) {
                return one.owner == 'a' && !one.versions.back().categories.contains("laboratory");
              }));
    EXPECT_EQ(found(person, "?_type=Observation&_count=100"), all);
    EXPECT_EQ(found(person, "Patient/a/Observation?_count=100"),
              those(person, [](const Reading& one) { return one.owner == 'a'; }));
  });
}

TEST_F(GranularScope, is_held_to_by_chains_has_and_what_is_sent_along) {
  with_many([&](const Person& person) {
    if (!person.has("s")) return;
    const auto member_is = [&](const Reading& one, const std::string& code) {
      return !one.member.empty() && finds(person, of(one.member)) && of(one.member).versions.back().code == code;
    };
    EXPECT_EQ(found(person, "Observation?_count=100&has-member.code=x"),
              those(person, [&](const Reading& one) { return member_is(one, "x"); }));
    EXPECT_EQ(found(person, "Observation?_count=100&_has:Observation:has-member:code=y"),
              those(person, [&](const Reading& one) {
                return std::ranges::any_of(readings, [&](const Reading& other) {
                  return other.member == one.id && finds(person, other) && other.versions.back().code == "y";
                });
              }));
    auto with_members = those(person, [](const Reading& one) { return one.versions.back().status == "final"; });
    for (const std::string& id : std::set(with_members))
      if (!of(id).member.empty() && finds(person, of(of(id).member))) with_members.insert(of(id).member);
    EXPECT_EQ(found(person, "Observation?_count=100&status=final&_include=Observation:has-member"), with_members);
    auto and_holders = those(person, [](const Reading& one) { return one.versions.back().status == "final"; });
    for (const Reading& one : readings)
      if (finds(person, one) && !one.member.empty() && of(one.member).versions.back().status == "final" &&
          finds(person, of(one.member)))
        and_holders.insert(one.id);
    EXPECT_EQ(found(person, "Observation?_count=100&status=final&_revinclude=Observation:has-member"), and_holders);
  });
}

TEST_F(GranularScope, is_held_to_by_writes_before_and_after) {
  with_many([&](const Person& person) {
    for (const Reading& one : readings) {
      const Says& before = one.versions.back();
      const Says after = some();
      auto changed = fhir::parse_json(text_of(one, after));
      const int updated =
          land.tried(person.who, [&](interaction::Act& act) { return act.update(changed->edit(), one.id); });
      const bool both = person.may(one.owner, before, "u") && person.may(one.owner, after, "u");
      EXPECT_EQ(updated, both ? 200 : person.may(one.owner, before, "rsud") ? 403 : 404) << one.id;
      auto made = fhir::parse_json(text_of(one, after));
      made->edit().remove("id");
      EXPECT_EQ(land.tried(person.who, [&](interaction::Act& act) { return act.create(made->edit()); }),
                person.may(one.owner, after, "c") ? 200 : 403)
          << one.id;
      bool gone = false;
      (void)land.tried(person.who, [&](interaction::Act& act) {
        auto done = act.remove(fhir::find_type("Observation"), one.id);
        gone = act.transaction().current(fhir::find_type("Observation"), one.id)->method == storage::Method::remove;
        return done;
      });
      EXPECT_EQ(gone, person.may(one.owner, before, "d")) << one.id;
    }
  });
}

TEST_F(GranularScope, lets_something_new_be_written_although_its_code_system_was_never_seen) {
  const auto nurse = who("nurse", R"("org":"111")", "user/Observation.cs?category=http://new.example|new");
  const std::string reading =
      R"({"resourceType":"Observation","status":"final","subject":{"reference":"Patient/a"},"code":{"text":"x"},"category":[{"coding":[{"system":"http://new.example","code":"new"}]}]})";
  EXPECT_EQ(land.ask(nurse, "POST", "Observation", reading).status, 201);
  EXPECT_THAT(land.ask(nurse, "GET", "Observation?_summary=count").body, testing::HasSubstr("\"total\":1"));
}

TEST_F(GranularScope, gives_no_operation_over_the_type) {
  const auto narrow = who("nurse", R"("org":"111")", "user/Observation.rs?category=vital-signs user/Patient.rs");
  EXPECT_EQ(land.ask(narrow, "GET", "Patient/a/$trend?measure=8867-4").status, 403);
  EXPECT_EQ(land.ask(narrow, "GET", "Observation/$lastn?subject=Patient/a").status, 403);
  EXPECT_EQ(land.ask(narrow, "GET", "Patient/a").status, 200) << "what else it gives, it gives";
}

TEST_F(GranularScope, of_a_patient_tells_nothing_of_the_others) {
  land.put(R"({"resourceType":"Patient","id":"d","active":true})");
  const auto active = who("epj", {}, "system/Patient.rs?active=true");
  EXPECT_EQ(ids_in(land.ask(active, "GET", "Patient").body), std::set<std::string>{"d"});
  EXPECT_EQ(land.ask(active, "GET", "Patient/a").status, 404);
  EXPECT_EQ(land.ask(active, "GET", "Patient/d").status, 200);
}

}  // namespace
}  // namespace varde::test
