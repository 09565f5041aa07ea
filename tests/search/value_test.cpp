/// Values of search parameters: https://hl7.org/fhir/R4/search.html#ptypes
#include <gtest/gtest.h>

#include <set>

#include "server/search/parameter.h"
#include "server/search/value.h"

namespace varde::search {
namespace {

using std::chrono::hours;

TEST(Fold, keeps_norwegian_letters_apart_and_drops_accents) {
  EXPECT_EQ(fold("ÅSE"), "åse");
  EXPECT_NE(fold("Åse"), fold("Ase"));
  EXPECT_EQ(fold("Øyvind Ærlig"), "øyvind ærlig");
  EXPECT_EQ(fold("René Müller"), "rene muller");
  EXPECT_EQ(fold("Söderberg"), fold("Søderberg"));
  EXPECT_EQ(fold("A\u030Ase"), fold("Åse"));  // NFD as NFC
  EXPECT_EQ(fold("Rene\u0301"), "rene");
  EXPECT_EQ(fold("  van   der\tBerg "), "van der berg");
  EXPECT_EQ(fold("Máret Čáhci"), "maret cahci");
}

TEST(Date, is_the_span_that_its_precision_names) {
  const auto length = [](std::string_view text) {
    const auto span = date_span(text);
    return span ? (span->end - span->begin).count() : -1;
  };
  EXPECT_EQ(length("2024"), std::chrono::microseconds(hours(24 * 366)).count());
  EXPECT_EQ(length("2023-02"), std::chrono::microseconds(hours(24 * 28)).count());
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
  for (const Row& row : {Row{"2024-03", "2024-03-14", true}, Row{"2024-03-14", "2024-03", false},
                         Row{"ne2024-03", "2024-03-14", false}, Row{"gt2024-03-14", "2024-03", true},
                         Row{"lt2024-03-14", "2024-03", true}, Row{"gt2024-03", "2024-03-14", false},
                         Row{"ge2024-03-14", "2024-03-14", true}, Row{"le2024-03-14", "2024-03-14T23:59:59Z", true},
                         Row{"sa2024-03-14", "2024-03-15", true}, Row{"sa2024-03-14", "2024-03", false},
                         Row{"eb2024-03-14", "2024-03-13", true}, Row{"eb2024-03-14", "2024-03", false},
                         Row{"ge2024-03-14", "2024-03-13", false}, Row{"le2024-03-14", "2024-03-15", false}}) {
    const auto value = parse_date_value(row.query, "date", {});
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
      keys.insert(parameter.own_key), keys.insert(parameter.identifier_key), keys.insert(parameter.long_key);
      count += 3;
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
  EXPECT_EQ(observation.find("value-quantity"), nullptr);
}

}  // namespace
}  // namespace varde::search
