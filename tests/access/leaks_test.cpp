// What may not be seen leaks by no other way: chains, _has, what is sent along, counts, order, conditions, operations,
// versions of another owner, transactions, and what a write tells of what it meets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/access/support/land.h"

namespace varde::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Leaks : public testing::Test {
 protected:
  Leaks() {
    land.put(patient("a", "Andersen", "1")), land.put(patient("b", "Berg", "2"));
    land.put(
        R"({"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/a"},"managingOrganization":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"111"}}})");
    land.put(R"({"resourceType":"Practitioner","id":"doc","name":[{"family":"Lege"}]})");
    land.put(R"({"resourceType":"Device","id":"shared","patient":{"reference":"Patient/b"},"serialNumber":"S1"})");
    land.put(R"({"resourceType":"Device","id":"meter","serialNumber":"S2"})");
    land.put(observation("oa", "a", "meter",
                         R"("performer":[{"reference":"Practitioner/doc"},{"reference":"Patient/b"}],)"));
    land.put(observation("ob", "b", "shared"));
    land.put(observation("oc", "a", "shared"));
    land.put(
        R"({"resourceType":"Task","id":"ta","status":"requested","intent":"order","for":{"reference":"Patient/a"},"focus":{"reference":"Observation/ob"}})");
    land.put(
        R"({"resourceType":"Task","id":"tb","status":"requested","intent":"order","for":{"reference":"Patient/b"},"focus":{"reference":"Observation/oa"}})");
    land.put(
        R"({"resourceType":"Group","id":"both","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/a"}},{"entity":{"reference":"Patient/b"}}]})");
    // Once b's, now a's.
    land.put(observation("moved", "b", "meter")), land.put(observation("moved", "a", "meter"));
  }
  static std::string patient(const std::string& id, const std::string& family, const std::string& number) {
    return R"({"resourceType":"Patient","id":")" + id + R"(","name":[{"family":")" + family +
           R"("}],"identifier":[{"system":"http://ids.example","value":")" + number + R"("}]})";
  }
  static std::string observation(const std::string& id, const std::string& of, const std::string& device,
                                 const std::string& more = {}) {
    return R"({"resourceType":"Observation",)" + (id.empty() ? std::string() : R"("id":")" + id + "\",") + more +
           R"("status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"Patient/)" +
           of + R"("},"device":{"reference":"Device/)" + device + "\"}}";
  }
  std::set<std::string> found(const Who& person, const std::string& query) {
    const auto answer = land.ask(person, "GET", query);
    EXPECT_EQ(answer.status, 200) << query << answer.body;
    return answer.status == 200 ? ids_in(answer.body) : std::set<std::string>{};
  }

  Land land;
  const Who citizen = who("patient", R"("patient":"a")"), nurse = who("nurse", R"("org":"111")"),
            all = who("epj", {}, "system/*.cruds");
  const std::vector<Who> both{citizen, nurse};
};
using Ids = std::set<std::string>;

TEST_F(Leaks, nothing_by_a_chain) {
  for (const Who& person : both) {
    EXPECT_EQ(found(person, "Observation?subject:Patient.family=Berg"), Ids{});
    EXPECT_EQ(found(person, "Observation?subject:Patient.family=Andersen"), (Ids{"oa", "oc", "moved"}));
    EXPECT_EQ(found(person, "Observation?performer:Patient.family=Berg"), Ids{}) << "a's reading refers to b";
    EXPECT_EQ(found(person, "Observation?device.patient.family=Berg"), Ids{}) << "by a device of b's";
    EXPECT_EQ(found(person, "Task?focus:Observation.subject:Patient.family=Berg"), Ids{});
  }
  EXPECT_EQ(found(all, "Observation?performer:Patient.family=Berg"), Ids{"oa"}) << "who sees all, does";
}

TEST_F(Leaks, nothing_by_a_chain_through_a_type_that_the_scopes_leave_out) {
  const auto narrow = who("nurse", R"("org":"111")", "user/Observation.rs");
  EXPECT_EQ(found(narrow, "Observation?subject:Patient.family=Andersen"), Ids{});
  EXPECT_EQ(found(narrow, "Observation?performer:Practitioner.name=Lege"), Ids{});
  EXPECT_EQ(found(narrow, "Observation?_include=Observation:performer"), (Ids{"oa", "oc", "moved"}));
}

TEST_F(Leaks, nothing_that_is_computed_of_readings_that_may_not_be_seen) {
  land.put(
      R"({"resourceType":"Observation","id":"vb","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"Patient/b"},"effectiveDateTime":"2026-01-01T08:00:00Z","valueQuantity":{"value":73,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}})");
  const auto status = [&](const Who& person, const std::string& address) {
    const auto answer = land.ask(person, "GET", address);
    EXPECT_TRUE(answer.status == 200 || answer.body.find("73") == std::string::npos) << answer.body;
    return answer.status;
  };
  const auto names_alone = who("nurse", R"("org":"111")", "user/Patient.rs");
  EXPECT_EQ(status(names_alone, "Patient/a"), 200);
  EXPECT_EQ(status(names_alone, "Patient/a/$followup-summary"), 403);
  // The Patients of everybody, and the readings of one.
  const auto one = who("epj", R"("patient":"a")", "user/Patient.rs patient/Observation.rs");
  EXPECT_EQ(status(one, "Patient/b"), 200);
  EXPECT_EQ(status(one, "Observation/vb"), 404);
  for (const std::string address :
       {"Patient/b/$trend?code=http://loinc.org|2708-6",
        "Observation/$stats?subject=Patient/b&code=http://loinc.org|2708-6", "Patient/b/$followup-summary"}) {
    EXPECT_EQ(status(one, address), 403) << address;
    EXPECT_EQ(status(all, address), 200) << address;
  }
  EXPECT_EQ(status(one, "Observation/$stats?subject=Patient/a&code=http://loinc.org|2708-6"), 200);
  EXPECT_EQ(ids_in(land.ask(one, "GET", "Observation/$lastn?patient=Patient/b").body), Ids{});
}

TEST_F(Leaks, nothing_by_has) {
  for (const Who& person : both) {
    EXPECT_EQ(found(person, "Practitioner?_has:Observation:performer:subject=Patient/b"), Ids{});
    EXPECT_EQ(found(person, "Device?_has:Observation:device:subject=Patient/b"), Ids{});
    EXPECT_EQ(found(person, "Patient?_has:Observation:performer:code=2708-6"), Ids{})
        << "b is referred to, and not seen";
    EXPECT_EQ(found(person, "Observation?_has:Task:focus:status=requested"), Ids{}) << "b's task is about a's reading";
  }
  EXPECT_EQ(found(all, "Observation?_has:Task:focus:status=requested"), (Ids{"oa", "ob"}));
}

TEST_F(Leaks, nothing_with_what_is_sent_along) {
  for (const Who& person : both) {
    EXPECT_EQ(found(person, "Observation?_id=oa&_include=Observation:performer"), (Ids{"oa", "doc"}));
    EXPECT_EQ(found(person, "Observation?_id=oc&_include=Observation:device"), Ids{"oc"});
    EXPECT_EQ(found(person, "Task?_include=Task:focus"), Ids{"ta"});
    EXPECT_EQ(found(person, "Observation?_id=oa&_revinclude=Task:focus"), Ids{"oa"});
    EXPECT_EQ(found(person, "Device?_id=meter&_revinclude=Observation:device"), (Ids{"meter", "oa", "moved"}));
  }
}

TEST_F(Leaks, nothing_by_totals_pages_and_order) {
  for (int i = 0; i < 30; ++i) land.put(observation("x" + std::to_string(i), i % 3 == 0 ? "a" : "b", "meter"));
  for (const Who& person : both) {
    for (const std::string sort : {"", "&_sort=date", "&_sort=-_lastUpdated", "&_sort=status", "&_sort=_id"}) {
      const auto answer = land.ask(person, "GET", "Observation?_total=accurate&_count=5" + sort);
      EXPECT_THAT(answer.body, HasSubstr("\"total\":13,")) << sort << answer.body.substr(0, 100);
      EXPECT_EQ(ids_in(answer.body).size(), 5u);
    }
    EXPECT_THAT(land.ask(person, "GET", "Observation?subject=Patient/b&_summary=count").body, HasSubstr("\"total\":0"));
    EXPECT_THAT(land.ask(person, "GET", "Observation?_id=ob&_summary=count").body, HasSubstr("\"total\":0"));
  }
}

TEST_F(Leaks, nothing_by_a_search_of_several_types) {
  for (const Who& person : both) {
    EXPECT_EQ(found(person, "?_type=Patient,Observation"), (Ids{"a", "oa", "oc", "moved"}));
    EXPECT_EQ(found(person, "?_type=Patient,Observation&_sort=-_lastUpdated"), (Ids{"a", "oa", "oc", "moved"}));
    EXPECT_EQ(found(person, "?_id=a,b,oa,ob,ta,tb"), (Ids{"a", "oa", "ta"}));
    EXPECT_THAT(land.ask(person, "GET", "?_type=Patient,Observation&_summary=count").body, HasSubstr("\"total\":4"));
    EXPECT_THAT(land.ask(person, "GET", "?_type=Patient,Observation&_total=accurate&_count=1").body,
                HasSubstr("\"total\":4"));
    EXPECT_EQ(found(person, "?_type=Patient&_revinclude=Observation:performer"), (Ids{"a"}));
    EXPECT_EQ(found(person, "?_type=Observation&_id=oa&_include=*"), (Ids{"oa", "a", "doc", "meter"}));
    EXPECT_EQ(found(person, "Task?_id=ta&_include=Task:patient&_revinclude:iterate=Task:focus"), (Ids{"ta", "a"}));
  }
  const auto narrow = who("nurse", R"("org":"111")", "user/Observation.rs");
  EXPECT_EQ(found(narrow, "?_id=a,oa,ob"), Ids{"oa"}) << "of the types that the scopes have";
  EXPECT_EQ(land.ask(narrow, "GET", "?_type=Patient,Observation").status, 403);
  EXPECT_EQ(found(all, "?_id=a,b,oa,ob,ta,tb"), (Ids{"a", "b", "oa", "ob", "ta", "tb"}));
}

TEST_F(Leaks, nothing_by_compartments) {
  for (const Who& person : both) {
    EXPECT_EQ(found(person, "Device/meter/Observation"), (Ids{"oa", "moved"}));
    EXPECT_EQ(found(person, "Device/shared/Observation"), Ids{"oc"}) << "b's reading by it is not seen";
    EXPECT_EQ(found(person, "Device/shared/*"), Ids{"oc"}) << "nor the device";
    EXPECT_EQ(found(person, "Practitioner/doc/*"), (Ids{"doc", "oa"}));
    EXPECT_EQ(found(person, "Patient/b/*"), Ids{"oa"}) << "it names b; nothing of b's";
    EXPECT_EQ(found(person, "Patient/b/Observation"), Ids{"oa"});
  }
  EXPECT_EQ(found(all, "Device/shared/*"), (Ids{"ob", "oc", "shared"}));
}

TEST_F(Leaks, nothing_by_lists_filters_and_full_text) {
  const auto list = [&](const std::string& id, const std::string& of, const std::string& items) {
    land.put(R"({"resourceType":"List","id":")" + id +
             R"(","status":"current","mode":"working","subject":{"reference":"Patient/)" + of + R"("},"entry":[)" +
             items + "]}");
  };
  const std::string oa = R"({"item":{"reference":"Observation/oa"}})",
                    ob = R"({"item":{"reference":"Observation/ob"}})";
  list("la", "a", oa), list("mixed", "a", oa + "," + ob), list("lb", "b", oa + "," + ob);
  for (const std::string of : {"a", "b"})
    land.put(R"({"resourceType":"Condition","id":"c)" + of + R"(","subject":{"reference":"Patient/)" + of +
             R"("},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">hemmelig )" + of +
             R"(ord</div>"},"code":{"text":"felles )" + of + "egen\"}}");
  for (const Who& person : both) {
    EXPECT_EQ(found(person, "Observation?_list=la"), Ids{"oa"});
    EXPECT_EQ(found(person, "Observation?_list=lb"), Ids{}) << "b's list names a's reading";
    EXPECT_EQ(found(person, "Observation?_list=mixed"), Ids{}) << "it tells of b, too";
    EXPECT_EQ(found(person, "Condition?_text=hemmelig"), Ids{"ca"});
    EXPECT_EQ(found(person, "Condition?_text=bord"), Ids{});
    EXPECT_EQ(found(person, "Condition?_content=felles or begen"), Ids{"ca"});
    EXPECT_THAT(land.ask(person, "GET", "Condition?_content=felles&_summary=count").body, HasSubstr("\"total\":1"));
    EXPECT_EQ(found(person, "Observation?_filter=subject.family eq Berg or _id eq ob"), Ids{});
    EXPECT_EQ(found(person, "Observation?_filter=not (subject.family eq Andersen)"), Ids{});
    EXPECT_EQ(found(person, "Observation?_filter=device[patient.family eq Berg].type pr false"), Ids{});
    EXPECT_EQ(found(person, "Observation?_filter=_has:Task:focus:status eq requested or code-value-quantity eq x$5"),
              Ids{});
  }
  EXPECT_EQ(found(all, "Observation?_list=lb"), (Ids{"oa", "ob"}));
  EXPECT_EQ(found(all, "Condition?_text=bord"), Ids{"cb"});
  EXPECT_EQ(found(all, "Observation?_filter=_has:Task:focus:status eq requested or code-value-quantity eq x$5"),
            (Ids{"oa", "ob"}));
}

TEST_F(Leaks, nothing_by_an_explanation) {
  for (const Who& person : both)
    EXPECT_EQ(land.ask(person, "GET", "Observation?code=2708-6&_explain=true").status, 403);
  const auto told = land.ask(who("operator"), "GET", "SearchParameter?_explain=true");
  EXPECT_EQ(told.status, 200) << told.body;
  EXPECT_THAT(told.body, HasSubstr("walked by"));
}

TEST_F(Leaks, nothing_by_versions_of_another_owner) {
  for (const Who& person : both) {
    EXPECT_EQ(land.ask(person, "GET", "Observation/moved").status, 200);
    EXPECT_EQ(land.ask(person, "GET", "Observation/moved/_history/1").status, 404);
    EXPECT_EQ(land.ask(person, "GET", "Observation/moved/_history/2").status, 200);
    const auto history = land.ask(person, "GET", "Observation/moved/_history");
    EXPECT_THAT(history.body, Not(HasSubstr("Patient/b")));
    EXPECT_THAT(history.body, Not(HasSubstr("\"total\"")));
    EXPECT_EQ(land.ask(person, "GET", "_history").status, 403);
    EXPECT_EQ(land.ask(person, "GET", "Observation/_history").status, 403);
  }
}

TEST_F(Leaks, nothing_by_operations) {
  for (const Who& person : both) {
    EXPECT_EQ(land.ask(person, "GET", "Patient/b/$everything").status, 404);
    EXPECT_EQ(land.ask(person, "GET", "Patient/b/$trend?code=2708-6").status, 404);
    for (const std::string asked : {"Patient/a/$everything", "Patient/$everything"}) {
      const auto mine = ids_in(land.ask(person, "GET", asked).body);
      EXPECT_TRUE(mine.contains("oa"));
      for (const std::string hidden : {"b", "ob", "shared", "both", "tb"})
        EXPECT_FALSE(mine.contains(hidden)) << asked << " tells of " << hidden;
    }
    EXPECT_EQ(found(person, "Observation/$lastn?patient=Patient/b&code=http://loinc.org|2708-6"), Ids{});
    EXPECT_EQ(
        land.ask(person, "GET",
                 "Observation/$stats?subject=Patient/b&code=http://loinc.org|2708-6&statistic=count&period=2000/2100")
            .status,
        land.ask(
                person, "GET",
                "Observation/$stats?subject=Patient/none&code=http://loinc.org|2708-6&statistic=count&period=2000/2100")
            .status);
    EXPECT_EQ(land.ask(person, "GET", "Observation/ob/$evaluate").status,
              land.ask(person, "GET", "Observation/none/$evaluate").status);
    EXPECT_EQ(land.ask(person, "GET", "Observation/ob/$meta").status, 404);
    EXPECT_NE(land.ask(person, "GET", "Group/both").status, 200);
  }
}

TEST_F(Leaks, nothing_by_conditions_of_writes) {
  const std::string mine = observation("", "a", "meter");
  for (const Who& person : both) {
    // As if b's were not there: what would have matched them makes a new one.
    interaction::Request request;
    request.method = "POST", request.path = {"Observation"}, request.principal = person, request.body = mine;
    request.content_type = "application/fhir+json", request.base = "http://varde.test/fhir";
    request.if_none_exist = "subject=Patient/b";
    std::string allowed;
    EXPECT_EQ(land.dispatcher().answer(request, allowed)->status, 201);
  }
  EXPECT_EQ(land.ask(nurse, "DELETE", "Observation?_id=ob").status, 204);
  EXPECT_EQ(land.ask(all, "GET", "Observation/ob").status, 200) << "it is still there";
  EXPECT_EQ(land.ask(nurse, "PUT", "Observation/ob", observation("ob", "a", "meter")).status, 404);
  EXPECT_EQ(land.ask(nurse, "PUT", "Observation/unheard-of", observation("unheard-of", "a", "meter")).status, 404);
  EXPECT_EQ(land.ask(nurse, "PUT", "Observation?_id=ob", observation("", "b", "meter")).status, 403);
}

TEST_F(Leaks, nothing_in_bundles) {
  const auto entry = [](const std::string& method, const std::string& url) {
    return R"({"request":{"method":")" + method + R"(","url":")" + url + "\"}}";
  };
  for (const std::string type : {"batch", "transaction"})
    for (const Who& person : both) {
      const auto answer = land.ask(person, "POST", "",
                                   R"({"resourceType":"Bundle","type":")" + type + R"(","entry":[)" +
                                       entry("GET", "Observation?subject=Patient/b") + "," +
                                       entry("GET", "Observation?_total=accurate") + "]}");
      ASSERT_EQ(answer.status, 200) << answer.body;
      EXPECT_THAT(answer.body, Not(HasSubstr("Observation/ob")));
      EXPECT_THAT(answer.body, HasSubstr("\"total\":3"));
    }
  const auto one =
      land.ask(nurse, "POST", "",
               R"({"resourceType":"Bundle","type":"batch","entry":[)" + entry("GET", "Observation/ob") + "," +
                   entry("GET", "Observation/none") + "," + entry("GET", "Patient/b/_history") + "]}");
  EXPECT_THAT(one.body, Not(HasSubstr("\"200")));
  const std::string steals = R"({"resourceType":"Bundle","type":"transaction","entry":[{"resource":)" +
                             observation("", "b", "meter") + R"(,"request":{"method":"POST","url":"Observation"}}]})";
  EXPECT_EQ(land.ask(nurse, "POST", "", steals).status, 403);
}

TEST_F(Leaks, end_with_the_relation) {
  const auto gp = who("gp", R"("hpr":"9")");
  EXPECT_EQ(land.ask(gp, "GET", "Patient/a").status, 404);
  land.put(
      R"({"resourceType":"Practitioner","id":"gp","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.4","value":"9"}]})");
  land.put(R"({"resourceType":"Patient","id":"a","generalPractitioner":[{"reference":"Practitioner/gp"}]})");
  EXPECT_EQ(land.ask(gp, "GET", "Patient/a").status, 200);
  EXPECT_EQ(found(gp, "Observation"), (Ids{"oa", "oc", "moved"}));
  land.put(
      R"({"resourceType":"Practitioner","id":"gp","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.4","value":"7"}]})");
  EXPECT_EQ(land.ask(gp, "GET", "Patient/a").status, 404) << "the number is another's now";
  EXPECT_EQ(land.ask(who("gp", R"("hpr":"7")"), "GET", "Patient/a").status, 200);
  land.put(R"({"resourceType":"Patient","id":"a"})");
  EXPECT_EQ(land.ask(who("gp", R"("hpr":"7")"), "GET", "Patient/a").status, 404);
}

TEST_F(Leaks, nothing_to_a_citizen_whose_number_is_two_patients) {
  const auto number = [](const std::string& id) {
    return R"({"resourceType":"Patient","id":")" + id +
           R"(","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13116900216"}]})";
  };
  land.put(number("n1"));
  const auto person = who("patient", R"("person":"13116900216")");
  EXPECT_EQ(land.ask(person, "GET", "Patient/n1").status, 200);
  EXPECT_EQ(found(person, "Patient"), Ids{"n1"});
  land.put(number("n2"));
  EXPECT_EQ(land.ask(person, "GET", "Patient/n1").status, 404);
  EXPECT_EQ(found(person, "Patient"), Ids{});
}

TEST_F(Leaks, emergency_access_is_taken_with_a_reason_for_a_while_and_looked_at) {
  const auto gp = who("gp", R"("hpr":"9")");
  const auto because = [](const std::string& reason) {
    return R"({"resourceType":"Parameters","parameter":[{"name":"reason","valueString":")" + reason + "\"}]}";
  };
  EXPECT_EQ(land.ask(gp, "GET", "Observation/ob").status, 404);
  EXPECT_EQ(land.ask(gp, "POST", "Patient/b/$emergency-access").status, 400);
  EXPECT_EQ(land.ask(gp, "POST", "Patient/b/$emergency-access", because(" ")).status, 400);
  EXPECT_EQ(land.ask(citizen, "POST", "Patient/b/$emergency-access", because("nysgjerrig")).status, 403);
  EXPECT_EQ(land.ask(gp, "POST", "Patient/none/$emergency-access", because("bevisstløs")).status, 404);
  const auto taken = land.ask(gp, "POST", "Patient/b/$emergency-access", because("bevisstløs på legevakt"));
  ASSERT_EQ(taken.status, 200) << taken.body;
  EXPECT_THAT(taken.body, HasSubstr("until"));
  EXPECT_EQ(land.ask(gp, "GET", "Observation/ob").status, 200);
  EXPECT_EQ(found(gp, "Observation"), Ids{"ob"});
  EXPECT_EQ(land.ask(gp, "GET", "Observation/oa").status, 404) << "of that patient alone";
  const auto tasks = land.ask(all, "GET", "Task?code=emergency-access");
  EXPECT_THAT(tasks.body, HasSubstr("bevisstløs på legevakt"));
  EXPECT_THAT(tasks.body, HasSubstr("Patient/b"));
}

}  // namespace
}  // namespace varde::test
