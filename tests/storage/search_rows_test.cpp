// What current resources are found by, and that an update or deletion leaves no row behind.
#include <gmock/gmock.h>

#include <cstdlib>
#include <set>

#include "server/storage/keys.h"
#include "server/storage/sql.h"
#include "tests/storage/support/store_fixture.h"

namespace varde::storage::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kIdentifier = parameter_key("Patient", "identifier");
constexpr auto kName = parameter_key("Patient", "name");
constexpr auto kPerson = parameter_key("Observation", "subject");
constexpr auto kDate = parameter_key("Observation", "date");
constexpr auto kValue = parameter_key("Observation", "value-quantity");
constexpr auto kProfile = parameter_key("Observation", "_profile");
constexpr std::string_view kFnr = "urn:oid:2.16.578.1.12.4.1.4.1";

class SearchRows : public Store {
 protected:
  static IndexRows identified_by(std::string_view system, std::string_view code) {
    IndexRows rows;
    rows.tokens.push_back({kIdentifier, system, code});
    return rows;
  }
  std::vector<ResourceKey> by_identifier(std::string_view system, std::string_view value) {
    return database->read(
        [&](const Snapshot& snapshot) { return snapshot.by_identifier(type("Patient"), system, value); });
  }
  /// Every row of the six tables, as text.
  std::multiset<std::string> rows() {
    return database->read([](const Snapshot& snapshot) {
      std::multiset<std::string> found;
      auto all = snapshot.connection().query(std::string_view(
          "SELECT 'token ' || code || ' ' || CASE WHEN patient < 0 THEN 0 ELSE patient END || ' ' || resource FROM "
          "token UNION ALL "
          "SELECT 'reference ' || target_type || '/' || target_id || ' ' || CASE WHEN patient < 0 THEN 0 ELSE patient "
          "END || ' ' || resource FROM reference "
          "UNION ALL "
          "SELECT 'date ' || \"begin\" || '-' || \"end\" || ' ' || CASE WHEN patient < 0 THEN 0 ELSE patient END || ' "
          "' || resource FROM date UNION ALL "
          "SELECT 'string ' || folded || ' ' || CASE WHEN patient < 0 THEN 0 ELSE patient END || ' ' || resource FROM "
          "string UNION ALL "
          "SELECT 'uri ' || uri || ' ' || CASE WHEN patient < 0 THEN 0 ELSE patient END || ' ' || resource FROM uri "
          "UNION ALL "
          "SELECT 'number ' || low || '-' || high || ' ' || coalesce((SELECT text FROM symbol WHERE key = unit), '') "
          "|| "
          "' ' || CASE WHEN patient < 0 THEN 0 ELSE patient END || ' ' || resource FROM number"));
      while (all.next()) found.insert(all.string(0));
      return found;
    });
  }
};

TEST_F(SearchRows, find_a_patient_by_exact_system_and_value) {
  const auto kari = put("Patient", "kari", identified_by(kFnr, "13877599999"));
  put("Patient", "ola", identified_by("urn:other", "13877599999"));
  const auto bare = put("Patient", "bare", identified_by("", "13877599999"));
  EXPECT_THAT(by_identifier(kFnr, "13877599999"), ElementsAre(kari.key));
  EXPECT_THAT(by_identifier("", "13877599999"), ElementsAre(bare.key));
  EXPECT_THAT(by_identifier(kFnr, "1387759999"), IsEmpty());
  EXPECT_THAT(by_identifier("urn:never-seen", "13877599999"), IsEmpty());
}

/// An index may hold no more than the start of a text; nothing may be found by the start alone, nor left behind.
TEST_F(SearchRows, of_any_length_are_found_by_the_whole_text_and_go_with_it) {
  std::string start;
  for (std::uint64_t n = 88172645463325252u; start.size() < 6000;) {  // nothing that could be packed shorter
    n ^= n << 13, n ^= n >> 7, n ^= n << 17;
    start += std::to_string(n);
  }
  const auto a = put("Patient", "a", identified_by(kFnr, start + "a"));
  const auto b = put("Patient", "b", identified_by(start, start + "b"));
  IndexRows texts;
  texts.strings.push_back({kName, start}), texts.uris.push_back({kProfile, start});
  put("Patient", "c", texts);
  EXPECT_THAT(by_identifier(kFnr, start + "a"), ElementsAre(a.key));
  EXPECT_THAT(by_identifier(start, start + "b"), ElementsAre(b.key));
  EXPECT_THAT(by_identifier(kFnr, start + "b"), IsEmpty());
  EXPECT_THAT(by_identifier(kFnr, start), IsEmpty());
  EXPECT_EQ(rows().size(), 4u);
  for (const char* id : {"a", "b", "c"}) put("Patient", id, {}, Method::remove);
  EXPECT_THAT(rows(), IsEmpty());
}

TEST_F(SearchRows, follow_an_update_and_go_with_a_deletion) {
  const auto kari = put("Patient", "kari", identified_by(kFnr, "1"));
  put("Patient", "kari", identified_by(kFnr, "2"));
  EXPECT_THAT(by_identifier(kFnr, "1"), IsEmpty());
  EXPECT_THAT(by_identifier(kFnr, "2"), ElementsAre(kari.key));
  put("Patient", "kari", identified_by(kFnr, "2"), Method::remove);
  EXPECT_THAT(by_identifier(kFnr, "2"), IsEmpty());
  EXPECT_THAT(rows(), IsEmpty());
  put("Patient", "kari", identified_by(kFnr, "3"));
  EXPECT_THAT(by_identifier(kFnr, "3"), ElementsAre(kari.key));
}

TEST_F(SearchRows, of_every_kind_are_exactly_those_of_the_current_version) {
  const auto version = [&](std::string_view code, std::int64_t begin, const std::string& patient) {
    IndexRows rows;
    rows.tokens.push_back({kIdentifier, kFnr, "same"});
    rows.tokens.push_back({kIdentifier, kFnr, "same"});  // said twice
    rows.tokens.push_back({kIdentifier, kFnr, code});
    rows.references.push_back({kPerson, type("Patient"), patient});
    rows.dates.push_back({kDate, at(begin), at(begin + 1)});
    rows.dates.push_back({kDate, at(-begin), at(-begin + 1)});  // before 1970
    rows.strings.push_back({kName, std::string(300, 'x') + std::string(code)});
    rows.uris.push_back({kProfile, "http://example.org/p"});
    rows.numbers.push_back({.parameter = kValue,
                            .low = "5",
                            .high = std::string(code),
                            .canonical_unit = "g",
                            .canonical_low = "5000",
                            .canonical_high = std::string(code) + "000"});
    return rows;
  };
  const auto a = put("Observation", "a", version("x", 100, "kari"), Method::create, "kari");
  const auto owner = " " + std::to_string(static_cast<std::int64_t>(a.patient)) + " 1";
  const auto expected = [&](const std::string& code, const std::string& begin, const std::string& end,
                            const std::string& before, const std::string& before_end, const std::string& patient,
                            const std::string& whose) {
    return std::multiset<std::string>{
        "token same" + whose,
        "token " + code + whose,
        "reference " + std::to_string(static_cast<int>(type_key("Patient"))) + "/" + patient + whose,
        "date " + begin + "-" + end + whose,
        "date " + before + "-" + before_end + whose,
        "string " + std::string(300, 'x') + code + whose,
        "uri http://example.org/p" + whose,
        "number 5-" + code + " " + whose,
        "number 5000-" + code + "000 g" + whose};
  };
  EXPECT_EQ(rows(), expected("x", "100", "101", "-100", "-99", "kari", owner));

  put("Observation", "a", version("y", 200, "kari"), Method::update, "kari");
  EXPECT_EQ(rows(), expected("y", "200", "201", "-200", "-199", "kari", owner));

  const auto moved = put("Observation", "a", version("y", 200, "ola"), Method::update, "ola");
  ASSERT_NE(moved.patient, a.patient);
  EXPECT_EQ(rows(), expected("y", "200", "201", "-200", "-199", "ola",
                             " " + std::to_string(static_cast<std::int64_t>(moved.patient)) + " 1"));

  put("Observation", "a", {}, Method::remove, "ola");
  EXPECT_THAT(rows(), IsEmpty());
}

/// Which element an entry stands in is known beside the resource only: two of them may share a row.
TEST_F(SearchRows, stay_while_another_element_of_the_resource_has_the_same) {
  const auto standing_at = [](std::vector<std::int64_t> positions) {
    IndexRows rows;
    for (const auto position : positions) {
      rows.tokens.push_back({kIdentifier, kFnr, "same", position});
      rows.references.push_back({kPerson, type("Patient"), "kari", position});
      rows.numbers.push_back({.parameter = kValue, .low = "5", .high = "5", .position = position});
    }
    return rows;
  };
  put("Observation", "a", standing_at({3, 7}));
  const auto all = rows();
  EXPECT_EQ(all.size(), 3u);
  put("Observation", "a", standing_at({7}), Method::update);
  EXPECT_EQ(rows(), all);
  put("Observation", "a", standing_at({9}), Method::update);
  EXPECT_EQ(rows(), all);
  put("Observation", "a", {}, Method::update);
  EXPECT_THAT(rows(), IsEmpty());
}

/// Two quantities of one number and different units share the row of the number.
TEST_F(SearchRows, of_a_number_stay_while_another_unit_has_it) {
  const auto measured_in = [](std::vector<std::string> units) {
    IndexRows rows;
    for (const std::string& unit : units)
      rows.numbers.push_back({.parameter = kValue,
                              .low = "5",
                              .high = "5",
                              .canonical_unit = unit,
                              .canonical_low = "7",
                              .canonical_high = "7"});
    return rows;
  };
  put("Observation", "a", measured_in({"g", "m"}));
  EXPECT_THAT(rows(), ElementsAre("number 5-5  0 1", "number 7-7 g 0 1", "number 7-7 m 0 1"));
  put("Observation", "a", measured_in({"m"}), Method::update);
  EXPECT_THAT(rows(), ElementsAre("number 5-5  0 1", "number 7-7 m 0 1"));
}

TEST(Keys, of_parameters_do_not_collide_in_r4) {
  std::set<std::uint32_t> keys;
  std::set<std::string> names;
  for (const auto& type : fhir::types()) {
    if (type.kind != fhir::TypeKind::resource) continue;
    for (const auto& row : fhir::search_parameters()) {
      const auto own = std::string(fhir::row_of(row.type).name);
      if (own != type.name && own != "Resource" && own != "DomainResource") continue;
      if (!names.insert(std::string(type.name) + "." + std::string(row.code)).second) continue;
      EXPECT_TRUE(keys.insert(static_cast<std::uint32_t>(parameter_key(type.name, row.code))).second)
          << type.name << "." << row.code;
    }
  }
  EXPECT_GT(names.size(), 1400u);
}

TEST(Keys, of_types_do_not_collide_in_r4_and_lead_back_to_the_type) {
  std::set<TypeKey> keys;
  for (std::size_t i = 0; i < fhir::types().size(); ++i) {
    const auto& row = fhir::types()[i];
    const auto id = static_cast<fhir::TypeId>(i);
    if (row.kind != fhir::TypeKind::resource) {
      EXPECT_EQ(type_key(id), TypeKey::none) << row.name;
      continue;
    }
    EXPECT_TRUE(keys.insert(type_key(id)).second) << row.name;
    EXPECT_EQ(type_of(type_key(id)), id) << row.name;
  }
  EXPECT_EQ(type_of(TypeKey::none), fhir::TypeId::none);
  EXPECT_EQ(type_key(fhir::TypeId::none), TypeKey::none);
}

}  // namespace
}  // namespace varde::storage::test
