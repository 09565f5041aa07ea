/// Values of search parameters: https://hl7.org/fhir/R4/search.html#ptypes
#include <gtest/gtest.h>

#include <set>

#include "server/search/parameter.h"
#include "server/search/value.h"

namespace varde::search {
namespace {

using std::chrono::hours;

std::optional<DateSpan> date_span(std::string_view text) { return time::read_span(text, time::Zone::norway()); }

TEST(Date, is_the_span_that_its_precision_names) {
  const auto length = [](std::string_view text) {
    const auto span = date_span(text);
    return span ? (span->end - span->begin).count() : -1;
  };
  EXPECT_EQ(length("2024"), std::chrono::microseconds(hours(24 * 366)).count());
  EXPECT_EQ(length("2023-02"), std::chrono::microseconds(hours(24 * 28)).count());
  EXPECT_EQ(length("2026-10-25"), std::chrono::microseconds(hours(25)).count());  // autumn repeats an hour
  EXPECT_EQ(length("2026-03-29"), std::chrono::microseconds(hours(23)).count());
  EXPECT_EQ(length("2024-02-29"), std::chrono::microseconds(hours(24)).count());
  EXPECT_EQ(length("2024-02-29T10:00Z"), 60'000'000);
  EXPECT_EQ(length("2024-02-29T10:00:00Z"), 1'000'000);
  EXPECT_EQ(length("2024-02-29T10:00:00.5+01:00"), 100'000);
  for (const auto* bad : {"", "24", "2024-13", "2023-02-29", "2024-2-9", "2024-02-29T25:00Z", "2024-02-29T10",
                          "2024-02-29T10:00:00+1", "now"})
    EXPECT_EQ(length(bad), -1) << bad;
  EXPECT_EQ(date_span("2024-03-01T00:30:00+02:00")->begin, date_span("2024-02-29T22:30:00Z")->begin);
}

TEST(Date, compares_as_the_table_of_prefixes_says) {
  struct Row {
    std::string_view query, target;
    bool fits;
  };
  for (const Row& row :
       {Row{"2024-03", "2024-03-14", true}, Row{"2024-03-14", "2024-03", false}, Row{"ne2024-03", "2024-03-14", false},
        Row{"gt2024-03-14", "2024-03", true}, Row{"lt2024-03-14", "2024-03", true},
        Row{"gt2024-03", "2024-03-14", false}, Row{"ge2024-03-14", "2024-03-14", true},
        Row{"le2024-03-14", "2024-03-14T23:59:59+01:00", true}, Row{"sa2024-03-14", "2024-03-15", true},
        Row{"sa2024-03-14", "2024-03", false}, Row{"eb2024-03-14", "2024-03-13", true},
        Row{"eb2024-03-14", "2024-03", false}, Row{"ge2024-03-14", "2024-03-13", false},
        Row{"le2024-03-14", "2024-03-15", false}}) {
    const auto value = parse_date_value(row.query, "date", {}, time::Zone::norway());
    ASSERT_TRUE(value) << row.query;
    EXPECT_EQ(value->matches(*date_span(row.target)), row.fits) << row.query << " on " << row.target;
  }
}

TEST(Token, is_parted_at_its_bar) {
  EXPECT_EQ(parse_token("a", "code")->code, "a");
  EXPECT_FALSE(parse_token("a", "code")->system);
  EXPECT_EQ(parse_token("|a", "code")->system, "");
  EXPECT_EQ(parse_token("s|a", "code")->system, "s");
  EXPECT_FALSE(parse_token("s|", "code")->code);
  EXPECT_FALSE(parse_token("|", "code"));
  EXPECT_FALSE(parse_token("", "code"));
}

TEST(Parameters, of_every_type_compile_and_no_two_keys_are_the_same) {
  std::set<storage::ParameterKey> keys;
  std::size_t count = 0;
  for (std::size_t i = 0; i < fhir::types().size(); ++i) {
    const auto type = static_cast<fhir::TypeId>(i);
    if (!fhir::is_resource(type)) continue;
    for (const Parameter& parameter : parameters_of(type).all) {
      keys.insert(parameter.own_key), keys.insert(parameter.identifier_key), keys.insert(parameter.long_key),
          keys.insert(parameter.text_key);
      count += 4;
    }
  }
  EXPECT_EQ(keys.size(), count);
  EXPECT_GT(count, 3000u);
}

TEST(Parameters, that_another_one_answers_make_no_rows) {
  const auto& observation = parameters_of(fhir::find_type("Observation"));
  const Parameter* patient = observation.find("patient");
  const Parameter* subject = observation.find("subject");
  ASSERT_TRUE(patient && subject);
  EXPECT_TRUE(patient->paths.empty());
  EXPECT_EQ(patient->keys, subject->keys);
  EXPECT_EQ(patient->only, fhir::find_type("Patient"));
  EXPECT_TRUE(patient->narrows);
  EXPECT_TRUE(observation.find("combo-code")->paths.empty());
  EXPECT_EQ(observation.find("combo-code")->keys.size(), 2u);
  EXPECT_TRUE(observation.find("combo-value-quantity")->paths.empty());
  EXPECT_EQ(observation.find("combo-value-quantity")->keys.size(), 2u);
}

/// https://hl7.org/fhir/R4/compartmentdefinition-patient.html: a search may keep to one patient's rows only by a
/// parameter that the resource's own key was taken from, and that cannot name two.
TEST(Parameters, narrow_to_a_patient_only_where_a_resource_can_belong_to_no_other) {
  const auto narrows = [](std::string_view type, std::string_view code) {
    const Parameter* parameter = parameters_of(fhir::find_type(type)).find(code);
    return parameter && parameter->narrows;
  };
  EXPECT_TRUE(narrows("Observation", "patient"));
  EXPECT_TRUE(narrows("Observation", "subject"));
  EXPECT_TRUE(narrows("Immunization", "patient"));
  EXPECT_FALSE(narrows("Observation", "performer"));  // in the compartment, but not what the key is taken from
  EXPECT_FALSE(narrows("Observation", "focus"));      // not in the compartment
  EXPECT_FALSE(narrows("Account", "patient"));        // repeats
  EXPECT_FALSE(narrows("Account", "subject"));
  EXPECT_FALSE(narrows("Appointment", "patient"));     // of a participant, who may be many
  EXPECT_FALSE(narrows("Coverage", "policy-holder"));  // no patient or subject leads
  EXPECT_FALSE(narrows("ChargeItem", "enterer"));
  EXPECT_FALSE(narrows("Patient", "link"));
}

TEST(Parameters, that_would_not_keep_what_their_name_promises_are_not_offered) {
  const auto& patient = parameters_of(fhir::find_type("Patient"));
  EXPECT_EQ(patient.find("phonetic"), nullptr);
  EXPECT_NE(patient.find("name"), nullptr);
}

TEST(Parameters, know_what_they_may_lead_to) {
  const auto& observation = parameters_of(fhir::find_type("Observation"));
  EXPECT_EQ(observation.find("device")->target_types.size(), 2u);
  EXPECT_GT(parameters_of(fhir::find_type("RequestGroup")).find("instantiates-canonical")->target_types.size(), 100u);
}

Indexing to(IndexRows& rows, std::string_view type = "Patient", std::string_view code = "name") {
  static const time::Zone kZone = time::Zone::norway();
  return {*parameters_of(fhir::find_type(type)).find(code), {}, kZone, nullptr, rows};
}

TEST(Strings, of_an_address_are_its_parts_and_not_its_codes) {
  auto tree = fhir::Tree::of("Patient");
  auto address = tree.edit().add("address");
  for (const std::string_view part : {"text", "line", "city", "district", "state", "postalCode", "country"})
    address.set(part, part);
  address.set("use", "home"), address.set("type", "postal");
  IndexRows rows;
  index_string(tree.root()["address"], to(rows));
  std::set<std::string> found;
  for (const auto& row : rows.strings) found.insert(row.folded.substr(0, row.folded.find(kOriginalFollows)));
  EXPECT_EQ(found, (std::set<std::string>{"text", "line", "city", "district", "state", "postalcode", "country"}));
}

TEST(Strings, of_a_name_are_its_parts_and_not_its_use) {
  auto tree = fhir::Tree::of("Patient");
  auto name = tree.edit().add("name");
  for (const std::string_view part : {"text", "family", "given", "prefix", "suffix"}) name.set(part, part);
  name.set("use", "official");
  IndexRows rows;
  index_string(tree.root()["name"], to(rows));
  EXPECT_EQ(rows.strings.size(), 5u);
}

}  // namespace
}  // namespace varde::search
