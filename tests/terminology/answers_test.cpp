// Holds us to https://hl7.org/fhir/R4/terminology-service.html
#include <gmock/gmock.h>

#include <algorithm>

#include "fhir-model/terminology/terminology.h"

namespace varde::terminology {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
constexpr std::string_view kMaritalStatus = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus";
constexpr std::string_view kLoinc = "http://loinc.org";

ValueSetId fhir_set(std::string_view name) {
  return find_value_set(std::string("http://hl7.org/fhir/ValueSet/").append(name));
}

std::vector<std::string_view> codes_of(const Result<Expansion>& expansion) {
  if (!expansion) return {expansion.error().diagnostics};
  std::vector<std::string_view> found;
  for (const auto& entry : expansion->contains) found.push_back(entry.code);
  return found;
}

TEST(Lookup, says_what_a_code_means_and_where_it_stands) {
  const auto found = lookup(kActCode, "HH");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->display, "home health");
  EXPECT_THAT(std::string(found->definition), HasSubstr("residence of the patient"));
  EXPECT_FALSE(found->abstract);
  const auto id = find_concept(find_code_system(kActCode), "HH");
  ASSERT_EQ(parents_of(id).size(), 1u);
  EXPECT_EQ(describe(parents_of(id).front()).code, "_ActEncounterCode");
  EXPECT_TRUE(describe(parents_of(id).front()).abstract);
  EXPECT_THAT(children_of(parents_of(id).front()), ::testing::Contains(id));
}

TEST(Lookup, tells_a_wrong_code_from_one_that_is_not_known_here) {
  EXPECT_EQ(lookup(kActCode, "NO-SUCH").error().fault, Fault::code_invalid);
  EXPECT_EQ(lookup("http://unitsofmeasure.org", "mmHg").error().fault, Fault::code_invalid);
  EXPECT_EQ(lookup(kLoinc, "1-8").error().fault, Fault::not_found);
  EXPECT_EQ(lookup("http://www.whocc.no/atc", "C07AB02").error().fault, Fault::not_found);
  EXPECT_EQ(lookup("http://example.org/codes", "1").error().fault, Fault::not_found);
}

TEST(Lookup, knows_the_codes_that_varde_itself_uses) {
  EXPECT_EQ(lookup(kLoinc, "8480-6")->display, "Systolic blood pressure");
  EXPECT_EQ(lookup("http://snomed.info/sct", "763264000")->system, "http://snomed.info/sct");
  EXPECT_EQ(lookup("urn:oid:2.16.578.1.12.4.1.1.8116", "FNR")->display, "Fødselsnummer");
  EXPECT_EQ(lookup("http://unitsofmeasure.org", "kg/m2")->code, "kg/m2");
  EXPECT_EQ(lookup("urn:iso:std:iso:3166", "NO")->display, "Norway");
}

TEST(Subsumes, follows_the_hierarchy_both_ways) {
  const auto outcome = [](std::string_view a, std::string_view b) { return subsumes(kActCode, a, b).value(); };
  EXPECT_EQ(outcome("_ActEncounterCode", "HH"), Subsumption::subsumes);
  EXPECT_EQ(outcome("HH", "_ActEncounterCode"), Subsumption::subsumed_by);
  EXPECT_EQ(outcome("HH", "HH"), Subsumption::equivalent);
  EXPECT_EQ(outcome("HH", "AMB"), Subsumption::not_subsumed);
  EXPECT_EQ(outcome("_ActEncounterCode", "ACUTE"), Subsumption::subsumes) << "two levels down";
}

TEST(Subsumes, follows_a_second_parent) {
  constexpr std::string_view kInterpretation = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
  EXPECT_EQ(subsumes(kInterpretation, "HU", "HH").value(), Subsumption::subsumes);
  EXPECT_EQ(subsumes(kInterpretation, "AA", "HH").value(), Subsumption::subsumes);
}

TEST(Subsumes, does_not_guess) {
  EXPECT_EQ(subsumes(kActCode, "HH", "NO-SUCH").error().fault, Fault::code_invalid);
  EXPECT_EQ(subsumes("http://snomed.info/sct", "75367002", "271649006").error().fault, Fault::not_supported);
  EXPECT_EQ(subsumes("http://snomed.info/sct", "75367002", "75367002").value(), Subsumption::equivalent);
  EXPECT_EQ(subsumes("http://example.org/codes", "1", "1").error().fault, Fault::not_found);
}

TEST(ValidateCode, says_what_a_code_is_called_and_whether_the_display_is_one_of_its_names) {
  const auto verdict = [](std::string_view display) {
    return validate_code(fhir_set("marital-status"), kMaritalStatus, "M", display);
  };
  EXPECT_EQ(verdict("").result, Membership::in);
  EXPECT_EQ(verdict("").display, "Married");
  EXPECT_EQ(verdict("").message, "");
  EXPECT_EQ(verdict(" married").result, Membership::in);
  EXPECT_EQ(verdict("Single").result, Membership::out);
  EXPECT_THAT(verdict("Single").message, HasSubstr("'Married'"));
}

TEST(ValidateCode, doubts_no_display_where_not_all_names_are_known) {
  const auto verdict = validate_code(find_code_system(kLoinc), "8867-4", "Hjertefrekvens");
  EXPECT_EQ(verdict.result, Membership::in);
  EXPECT_THAT(verdict.message, HasSubstr("Heart rate"));
}

TEST(ValidateCode, says_why_not) {
  EXPECT_THAT(validate_code(fhir_set("marital-status"), kMaritalStatus, "Q").message,
              HasSubstr("is not in the value set"));
  EXPECT_THAT(validate_code(fhir_set("marital-status"), "", "Q").message, HasSubstr("is not in the value set"));
  EXPECT_THAT(validate_code(fhir_set("condition-code"), "http://snomed.info/sct", "1").message,
              HasSubstr("cannot be told"));
  EXPECT_THAT(validate_code(find_code_system(kMaritalStatus), "Q").message, HasSubstr("has no such code"));
  EXPECT_EQ(validate_code(fhir_set("no-such"), "", "Q").result, Membership::unknown);
  EXPECT_EQ(validate_code(fhir_set("observation-status"), "", "final").display, "Final");
}

TEST(ValidateCode, does_not_judge_a_version_of_a_system_that_is_not_known_here) {
  const auto of = [](std::string_view version) {
    return validate_code(fhir_set("marital-status"), std::string(kMaritalStatus).append("|").append(version), "M")
        .result;
  };
  EXPECT_EQ(of("2018-08-12"), Membership::in);
  EXPECT_EQ(of("1.0"), Membership::unknown);
}

TEST(Expand, lists_a_value_set_in_the_order_of_its_definition) {
  EXPECT_THAT(codes_of(expand(fhir_set("administrative-gender"))), ElementsAre("male", "female", "other", "unknown"));
  const auto statuses = expand(fhir_set("observation-status"));
  EXPECT_EQ(statuses->total, 8u);
  EXPECT_EQ(statuses->contains.front().system, "http://hl7.org/fhir/observation-status");
  EXPECT_EQ(statuses->contains.front().display, "Registered");
}

TEST(Expand, lists_enumerated_codes_of_outside_systems) {
  EXPECT_THAT(codes_of(expand(fhir_set("age-units"))),
              ::testing::UnorderedElementsAre("min", "h", "d", "wk", "mo", "a"));
}

TEST(Expand, keeps_what_is_asked_for) {
  const auto gender = fhir_set("administrative-gender");
  EXPECT_THAT(codes_of(expand(gender, {.filter = "MALE"})), ElementsAre("male", "female"));
  EXPECT_THAT(codes_of(expand(gender, {.filter = "nothing of this"})), ElementsAre());
  const auto page = expand(gender, {.offset = 1, .count = 2});
  EXPECT_THAT(codes_of(page), ElementsAre("female", "other"));
  EXPECT_EQ(page->total, 4u);
  EXPECT_THAT(codes_of(expand(gender, {.count = 0})), ElementsAre());
  EXPECT_THAT(codes_of(expand(gender, {.offset = 9})), ElementsAre());
  EXPECT_THAT(codes_of(expand(fhir_set("iso3166-1-2"), {.filter = "åland"})), ElementsAre("AX"));
}

TEST(Expand, leaves_out_what_is_no_longer_active) {
  const auto set =
      find_value_set("http://terminology.hl7.org/ValueSet/v3-Confidentiality");  // codes of it were retired
  const auto all = expand(set), active = expand(set, {.inactive = Inactive::leave_out});
  EXPECT_GT(all->total, active->total);
  EXPECT_TRUE(std::ranges::any_of(all->contains, &Concept::inactive));
  EXPECT_FALSE(std::ranges::any_of(active->contains, &Concept::inactive));
}

TEST(Expand, refuses_what_it_cannot_list_whole) {
  EXPECT_EQ(expand(fhir_set("condition-code")).error().fault, Fault::not_supported);
  EXPECT_THAT(expand(fhir_set("condition-code")).error().diagnostics, HasSubstr("http://snomed.info/sct"));
  EXPECT_THAT(expand(fhir_set("all-languages")).error().diagnostics, HasSubstr("without number"));
  EXPECT_EQ(expand(fhir_set("media-modality")).error().fault, Fault::not_supported)
      << "imports what R4 does not define";
  EXPECT_EQ(expand(ValueSetId::none).error().fault, Fault::not_found);
}

}  // namespace
}  // namespace varde::terminology
