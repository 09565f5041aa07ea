// What may not be seen answers as what was never there: every operation of the table, asked of somebody else's resource
// and of none, in several ways, by every role without access, gives the same answer to the letter. What is added to the
// table later is asked, too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "server/operation/operations.h"
#include "tests/access/support/land.h"

namespace varde::test {
namespace {

const std::string kHers = "hers", kNobodys = "none";

/// The same address or body, of the one or the other.
std::string of(std::string text, const std::string& id) {
  for (std::size_t at = 0; (at = text.find("THE-ID", at)) != text.npos;) text.replace(at, 6, id), at += id.size();
  return text;
}

/// Without the id that was asked for, and without what is new in each answer.
std::string plain(const interaction::Response& answer, const std::string& id) {
  std::string out =
      std::to_string(answer.status) + "\n" + answer.content_type + "\n" + answer.location + "\n" + answer.body;
  for (std::size_t at = 0; (at = out.find(id, at)) != out.npos;) out.replace(at, id.size(), "THE-ID");
  static const std::regex kNew(
      R"(\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})");
  return std::regex_replace(out, kNew, "NEW");
}

class Indistinguishable : public testing::Test {
 protected:
  Indistinguishable() {
    land.put(
        R"({"resourceType":"Patient","id":"hers","birthDate":"1950-01-01","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}]})");
    land.put(R"({"resourceType":"Patient","id":"a"})");
    const std::string mine = R"("subject":{"reference":"Patient/hers"})";
    const auto put = [&](const std::string& type, const std::string& rest) {
      land.put(R"({"resourceType":")" + type + R"(","id":"hers",)" + rest + "}");
    };
    put("Observation",
        R"("status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"effectiveDateTime":"2026-01-01T08:00:00Z","valueQuantity":{"value":92,"unit":"%","system":"http://unitsofmeasure.org","code":"%"},)" +
            mine);
    put("Encounter", R"("status":"in-progress","class":{"code":"IMP"},)" + mine);
    put("EpisodeOfCare",
        R"("status":"active","patient":{"reference":"Patient/hers"},"managingOrganization":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"111"}})");
    put("Task", R"("status":"requested","intent":"order","for":{"reference":"Patient/hers"})");
    put("CarePlan", R"("status":"active","intent":"plan",)" + mine);
    put("Device", R"("serialNumber":"S1","patient":{"reference":"Patient/hers"})");
    put("Composition",
        R"("status":"final","type":{"text":"x"},"date":"2026-01-01","title":"x","author":[{"display":"x"}],)" + mine);
    put("QuestionnaireResponse", R"("status":"completed","questionnaire":"http://x",)" + mine);
    put("ServiceRequest", R"("status":"active","intent":"order",)" + mine);
    put("Communication", R"("status":"completed",)" + mine);
  }

  const std::vector<std::pair<std::string, Who>> strangers{
      {"a nurse elsewhere", who("nurse", R"("org":"222")")},
      {"a team lead elsewhere", who("team-lead", R"("org":"222")")},
      {"another's GP", who("gp", R"("hpr":"9","org":"333")")},
      {"a hospital", who("hospital", R"("org":"444")")},
      {"another patient", who("patient", R"("patient":"a")")},
      {"another's next of kin", who("next-of-kin", R"("patient":"a")")},
      {"a nurse in another's context", who("nurse", R"("org":"111","patient":"a")", "patient/*.cruds")},
      {"a nurse with a narrow scope",
       who("nurse", R"("org":"111")", "user/Observation.rs?status=preliminary user/Patient.rs?active=true")},
  };
  const std::vector<std::string> queries{
      "",
      "?code=2708-6",
      "?patient=Patient/THE-ID",
      "?subject=Patient/THE-ID",
      "?patient=Patient/THE-ID&code=http://loinc.org|2708-6",
      "?subject=Patient/THE-ID&code=http://loinc.org|2708-6&statistic=count&period=2000/2100",
      "?_format=xml",
      "?start=2020-01-01&end=2030-01-01"};
  const std::vector<std::string> bodies{
      R"({"resourceType":"Parameters"})",
      R"({"resourceType":"Parameters","parameter":[{"name":"patient","valueReference":{"reference":"Patient/THE-ID"}}]})",
      R"({"resourceType":"Parameters","parameter":[{"name":"subject","valueReference":{"reference":"Patient/THE-ID"}}]})",
      R"({"resourceType":"Parameters","parameter":[{"name":"subject","valueString":"Patient/THE-ID"}]})",
      R"({"resourceType":"Parameters","parameter":[{"name":"device","valueReference":{"reference":"Device/THE-ID"}}]})",
      R"({"resourceType":"Parameters","parameter":[{"name":"serial","valueString":"S1"}]})",
      R"({"resourceType":"Parameters","parameter":[{"name":"text","valueString":"x"},{"name":"reason","valueString":"x"},{"name":"until","valueDateTime":"2030-01-01"},{"name":"owner","valueReference":{"reference":"Practitioner/p"}}]})",
      R"({"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"code":"x"}]}}]})",
      R"({"resourceType":"Parameters","parameter":[{"name":"code","valueString":"x"},{"name":"template","valueString":"kols"},{"name":"state","valueCode":"red"}]})",
  };
  Land land;
};

TEST_F(Indistinguishable, is_what_others_have_from_what_nobody_has_in_every_operation) {
  std::size_t asked = 0;
  std::set<std::string> operations;
  for (const auto rows :
       {operation::followup_operations(), operation::resource_operations(), operation::terminology_operations()})
    for (const interaction::Route& route : rows) {
      if (!route.is_operation()) continue;
      std::string pattern(route.pattern);
      if (const auto at = pattern.find("{id}"); at != pattern.npos) pattern.replace(at, 4, "THE-ID");
      std::vector<std::string> addresses;
      if (pattern.starts_with("{type}"))
        for (const std::string type : {"Patient", "Observation", "Task"}) addresses.push_back(type + pattern.substr(6));
      else
        addresses.push_back(pattern);
      for (const std::string& address : addresses)
        for (const auto& [told, person] : strangers) {
          const auto same = [&](const std::string& method, const std::string& at, const std::string& body) {
            ++asked;
            const auto hers = land.ask(person, method, of(at, kHers), of(body, kHers));
            const auto none = land.ask(person, method, of(at, kNobodys), of(body, kNobodys));
            EXPECT_EQ(plain(hers, kHers), plain(none, kNobodys)) << told << ": " << method << " " << at << "\n" << body;
          };
          if (route.methods.find("GET") != route.methods.npos)
            for (const std::string& query : queries) same("GET", address + query, {});
          if (route.methods.find("POST") != route.methods.npos)
            for (const std::string& body : bodies) same("POST", address, body);
          operations.insert(address);
        }
    }
  EXPECT_GT(operations.size(), 60u);
  EXPECT_GT(asked, 5'000u);
}

TEST_F(Indistinguishable, is_it_in_reads_searches_and_conditions_of_writes) {
  const std::vector<std::pair<std::string, std::string>> asked{
      {"GET", "Observation/THE-ID"},
      {"GET", "Observation/THE-ID/_history"},
      {"GET", "Observation/THE-ID/_history/1"},
      {"GET", "Patient/THE-ID/Observation"},
      {"GET", "Patient/THE-ID/*"},
      {"GET", "Observation?patient=Patient/THE-ID&_total=accurate"},
      {"GET", "Observation?subject:Patient._id=THE-ID&_summary=count"},
      {"GET", "Patient?_has:Observation:subject:_id=THE-ID&_total=accurate"},
      {"GET", "Observation?_id=THE-ID&_include=Observation:subject&_revinclude=Task:focus"},
      {"GET", "Observation?_filter=subject eq Patient/THE-ID"},
      {"GET", "Observation?_list=THE-ID"},
      {"GET", "?_type=Observation,Patient&_id=THE-ID"},
      {"GET", "Observation?patient=Patient/THE-ID&_sort=-date,value-quantity&_count=1"},
      {"GET", "Patient?identifier=urn:oid:2.16.578.1.12.4.1.4.1|13116900216&_id=THE-ID"},
      {"GET", "Observation?_content=THE-ID"},
      {"DELETE", "Observation/THE-ID"},
      {"DELETE", "Observation?_id=THE-ID"},
  };
  for (const auto& [told, person] : strangers)
    for (const auto& [method, address] : asked) {
      const auto hers = land.ask(person, method, of(address, kHers)),
                 none = land.ask(person, method, of(address, kNobodys));
      EXPECT_EQ(plain(hers, kHers), plain(none, kNobodys)) << told << ": " << method << " " << address;
    }
  EXPECT_EQ(land.ask(ourselves(), "GET", "Observation/hers").status, 200);
}

}  // namespace
}  // namespace varde::test
