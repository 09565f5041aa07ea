// Holds us to https://hl7.org/fhir/R4/valueset.html#composition and https://hl7.org/fhir/R4/terminologies-systems.html
#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "fhir-model/terminology/terminology.h"

namespace varde::terminology {
namespace {

constexpr auto in = Membership::in, out = Membership::out, unknown = Membership::unknown;

std::string fhir_set(std::string_view name) { return std::string("http://hl7.org/fhir/ValueSet/").append(name); }

struct Case {
  std::string set, system, code;
  Membership expected;
};

void holds(const std::vector<Case>& cases) {
  for (const auto& [set, system, code, expected] : cases)
    EXPECT_EQ(member(set, system, code), expected) << set << " " << system << " " << code;
}

TEST(Member, is_of_a_whole_code_system_by_its_codes) {
  const std::string status = "http://hl7.org/fhir/observation-status";
  holds({{fhir_set("observation-status"), status, "final", in},
         {fhir_set("observation-status"), status, "finished", out},
         {fhir_set("observation-status"), status, "Final", out},
         {fhir_set("observation-status"), status, "", out},
         {fhir_set("observation-status"), "http://hl7.org/fhir/task-status", "cancelled", out},
         {fhir_set("observation-status"), "", "final", in},
         {fhir_set("observation-status"), "", "finished", out}});
}

TEST(Member, is_of_the_version_that_is_asked_for) {
  holds({{fhir_set("observation-status|4.0.1"), "", "final", in},
         {fhir_set("observation-status|9.9.9"), "", "final", unknown},
         {fhir_set("observation-status|9.9.9"), "", "finished", unknown},
         {fhir_set("no-such-set"), "", "final", unknown},
         {"", "", "final", unknown}});
}

TEST(Member, follows_lists_imports_and_filters) {
  const std::string mood = "http://terminology.hl7.org/CodeSystem/v3-ActMood";
  const std::string encounter = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
  holds({{"http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", encounter, "HH", in},
         {"http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", encounter, "_ActEncounterCode", out},  // excluded
         {"http://terminology.hl7.org/ValueSet/v3-ActEncounterCode", encounter, "FMC", out},
         {fhir_set("inactive"), mood, "CRT", in},
         {fhir_set("inactive"), mood, "_ActMoodPredicate", out},  // descendent-of leaves out the concept itself
         {fhir_set("observation-interpretation"), "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
          "HH", in},
         {fhir_set("patient-contactrelationship"), "http://terminology.hl7.org/CodeSystem/v2-0131", "N", in},
         {fhir_set("patient-contactrelationship"), "http://terminology.hl7.org/CodeSystem/v2-0131", "O", out}});
}

TEST(Member, follows_a_child_that_is_named_as_a_property) {  // HH is nested in AA and a child of H> and HU
  const auto system = find_code_system("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation");
  const auto parents = parents_of(find_concept(system, "HH"));
  std::vector<std::string_view> codes;
  for (const auto parent : parents) codes.push_back(describe(parent).code);
  EXPECT_EQ(codes, (std::vector<std::string_view>{"AA", "H>", "HU"}));
}

TEST(Member, is_unknown_where_an_outside_system_would_have_to_say) {
  const std::string snomed = "http://snomed.info/sct", loinc = "http://loinc.org";
  holds({{fhir_set("condition-code"), snomed, "38341003", unknown},
         {fhir_set("condition-code"), "http://example.org/codes", "38341003", out},
         {fhir_set("observation-codes"), loinc, "85354-9", in},
         {fhir_set("observation-codes"), loinc, "99999-9", unknown},
         {fhir_set("observation-codes"), "", "85354-9", in},
         {fhir_set("observation-codes"), "", "99999-9", unknown},
         {fhir_set("media-modality"), "http://example.org/any", "US",
          unknown}});  // imports a set that R4 does not define
}

TEST(Member, knows_codes_of_outside_systems_that_a_value_set_lists) {
  const std::string loinc = "http://loinc.org";
  holds({{fhir_set("observation-vitalsignresult"), loinc, "8867-4", in},
         {fhir_set("observation-vitalsignresult"), loinc, "15074-8", out},
         {fhir_set("c80-practice-codes"), "http://snomed.info/sct", "408443003", in},
         {fhir_set("c80-practice-codes"), "http://snomed.info/sct", "1", out}});
}

TEST(Member, of_units_is_by_the_grammar_of_ucum) {
  const std::string ucum = "http://unitsofmeasure.org";
  holds({{"http://unitsofmeasure.org/vs", ucum, "mm[Hg]", in},
         {"http://unitsofmeasure.org/vs", ucum, "mmHg", out},
         {fhir_set("all-distance-units"), ucum, "[in_i]", in},
         {fhir_set("all-distance-units"), ucum, "kg", out},
         {fhir_set("all-time-units"), ucum, "min", in},
         {fhir_set("all-time-units"), ucum, "m", out},
         {fhir_set("age-units"), ucum, "a", in},
         {fhir_set("age-units"), ucum, "s", out},
         {fhir_set("units-of-time"), "", "wk", in}});
}

TEST(Member, of_languages_is_by_the_form_of_a_tag) {
  for (const auto tag : {"nb", "nb-NO", "zh-Hant-TW", "sl-rozaj-biske-1994", "de-DE-u-co-phonebk", "x-own", "i-klingon",
                         "es-419", "zh-cmn-Hans-CN", "en-x-a", "NB"})
    EXPECT_EQ(member(fhir_set("all-languages"), "", tag), in) << tag;
  for (const auto tag :
       {"", "n", "nb_NO", "nb-", "-nb", "norsk bokmål", "nb--NO", "nb-NO-u", "en-x", "123", "abcdefghi"})
    EXPECT_EQ(member(fhir_set("all-languages"), "", tag), out) << tag;
}

TEST(Member, of_media_types_is_by_their_form) {
  for (const auto type :
       {"application/fhir+json", "image/png", "text/plain; charset=utf-8", "application/fhir+xml;fhirVersion=4.0"})
    EXPECT_EQ(member(fhir_set("mimetypes"), "", type), in) << type;
  for (const auto type : {"", "/", "image/", "/png", "image/png/x", "image png", "image/p ng", "text/plain; charset"})
    EXPECT_EQ(member(fhir_set("mimetypes"), "", type), out) << type;
  EXPECT_EQ(member(fhir_set("mimetypes"), "", "json"), unknown) << "R4's CapabilityStatement.format";
}

TEST(Member, of_countries_and_currencies_is_by_their_lists) {
  const std::string country = "urn:iso:std:iso:3166";
  holds({{fhir_set("iso3166-1-2"), country, "NO", in},
         {fhir_set("iso3166-1-3"), country, "NOR", in},
         {fhir_set("iso3166-1-3"), country, "NO", out},
         {fhir_set("iso3166-1-N"), country, "578", in},
         {fhir_set("iso3166-1-2"), country, "XX", out},
         {fhir_set("currencies"), "", "NOK", in},
         {fhir_set("currencies"), "", "nok", out}});
}

TEST(Member, of_version_2_tables_is_in_any_case_as_they_do_not_say) {
  EXPECT_EQ(
      member("http://terminology.hl7.org/ValueSet/v2-0203", "http://terminology.hl7.org/CodeSystem/v2-0203", "mr"), in);
}

fhir::Tree parsed(std::string_view json) { return std::move(fhir::parse_json(json).value()); }

TEST(Member, of_a_concept_is_in_when_one_of_its_codings_is) {
  const ValueSetId categories = find_value_set(fhir_set("observation-category"));
  const auto of = [&](std::string_view codings) {
    const auto tree =
        parsed(std::string(R"({"resourceType":"Observation","category":[{"text":"x")").append(codings).append("}]}"));
    return member(categories, tree.root()["category"]);
  };
  constexpr std::string_view kVital =
      R"({"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"})";
  constexpr std::string_view kOther = R"({"system":"http://example.org/other","code":"vital-signs"})";
  constexpr std::string_view kNoSystem = R"({"code":"vital-signs"})";
  const auto list = [](auto... coding) {
    std::string text = R"(,"coding":[)";
    ((text.append(coding).append(",")), ...);
    text.back() = ']';
    return text;
  };
  EXPECT_EQ(of(list(kVital)), in);
  EXPECT_EQ(of(list(kOther, kVital)), in);
  EXPECT_EQ(of(list(kOther)), out);
  EXPECT_EQ(of(list(kNoSystem)), unknown);
  EXPECT_EQ(of(list(R"({"code":"vital"})")), out);
  EXPECT_EQ(of(""), out);
}

TEST(Member, of_a_quantity_is_by_its_unit) {
  const auto tree = parsed(
      R"({"resourceType":"Observation","valueQuantity":{"value":3,"unit":"years","system":"http://unitsofmeasure.org","code":"a"}})");
  EXPECT_EQ(member(find_value_set(fhir_set("age-units")), tree.root()["valueQuantity"]), in);
  EXPECT_EQ(member(find_value_set(fhir_set("all-distance-units")), tree.root()["valueQuantity"]), out);
}

}  // namespace
}  // namespace varde::terminology
