// Types that may tell of several patients: seen by who may see all whom one names, on every path. Random resources
// against a slow judge that knows whom each reference means from how it was made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "fhir-model/json/json.h"
#include "tests/access/support/land.h"

namespace varde::test {
namespace {

using testing::HasSubstr;

/// A reference, and whom it means: letters of patients, '?' somebody who is not known.
struct Ref {
  std::string json, names;
};
// clang-format off
const std::vector<Ref> kRefs{
    {R"({"reference":"Patient/a"})", "a"},
    {R"({"reference":"Patient/b"})", "b"},
    {R"({"reference":"Patient/c"})", "c"},
    {R"({"reference":"http://varde.test/fhir/Patient/c"})", "c"},
    {R"({"reference":"Observation/oa"})", "a"},
    {R"({"reference":"Observation/oa/_history/1"})", "a"},
    {R"({"reference":"Observation/ob"})", "b"},
    {R"({"reference":"Device/bs"})", "b"},
    {R"({"reference":"Device/meter"})", ""},
    {R"({"reference":"Practitioner/doc"})", ""},
    {R"({"type":"Practitioner","display":"Lege"})", ""},
    {R"({"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.4","value":"9"}})", ""},
    {R"({"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13894700003"}})", "a"},
    {R"({"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13894700194"}})", "?"},
    {R"({"reference":"Patient/stranger"})", "?"},
    {R"({"reference":"Observation/none"})", "?"},
    {R"({"reference":"http://elsewhere.example/fhir/Patient/a"})", "?"},
    {R"({"reference":"urn:uuid:2ac0ef2e-6f6e-4b8c-8c1f-aaaaaaaaaaaa"})", "?"},
    {R"({"display":"Kari"})", "?"},
    {R"({"reference":"List/alist"})", "a"},
    {R"({"reference":"Schedule/bschedule"})", "b"},
    {R"({"reference":"Schedule/free"})", ""},
};
// clang-format on

struct Thing {
  std::string type, id, json, names;
};

struct Person {
  std::string told;
  Who who;
  std::string patients, rights;

  bool sees(const Thing& thing) const {
    if (patients == "*") return true;
    if (thing.names.empty()) return thing.type == "Schedule" || thing.type == "Slot";
    return std::ranges::all_of(thing.names, [&](char one) { return patients.find(one) != std::string::npos; });
  }
  bool may(char letter) const { return rights.find(letter) != std::string::npos; }
};

const std::vector<Person>& people() {
  static const std::vector<Person> kPeople{
      {"nurse", who("nurse", R"("org":"111")"), "ac", "crus"},
      {"team-lead", who("team-lead", R"("org":"111")"), "ac", "cruds"},
      {"nurse in context of a", who("nurse", R"("org":"111","patient":"a")", "patient/*.cruds"), "a", "crus"},
      {"nurse in context of b", who("nurse", R"("org":"111","patient":"b")", "patient/*.cruds"), "", "crus"},
      {"nurse elsewhere", who("nurse", R"("org":"222")"), "", "crus"},
      {"citizen a", who("patient", R"("patient":"a")"), "a", "rs"},
      {"epj", who("epj", {}, "system/*.cruds"), "*", "crus"},
      {"operator", who("operator"), "", ""},
  };
  return kPeople;
}

class SeveralPatients : public testing::Test {
 protected:
  SeveralPatients() {
    land.put(
        R"({"resourceType":"Patient","id":"a","identifier":[{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"13894700003"}]})");
    for (const std::string id : {"b", "c"}) land.put(R"({"resourceType":"Patient","id":")" + id + "\"}");
    for (const std::string id : {"a", "c"})
      land.put(
          R"({"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/)" + id +
          R"("},"managingOrganization":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":"111"}}})");
    land.put(R"({"resourceType":"Practitioner","id":"doc"})"), land.put(R"({"resourceType":"Device","id":"meter"})");
    land.put(R"({"resourceType":"Device","id":"bs","patient":{"reference":"Patient/b"}})");
    for (const std::string id : {"a", "b"}) land.put(observation("o" + id, id));
    land.put(R"({"resourceType":"List","id":"alist","entry":[{"item":{"reference":"Observation/oa"}}]})");
    land.put(R"({"resourceType":"Schedule","id":"bschedule","actor":[{"reference":"Patient/b"}]})");
    land.put(R"({"resourceType":"Schedule","id":"free","actor":[{"reference":"Practitioner/doc"}]})");
  }
  static std::string observation(const std::string& id, const std::string& of) {
    return R"({"resourceType":"Observation","id":")" + id +
           R"(","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/)" + of + "\"}}";
  }
  const Ref& some() { return kRefs[random() % kRefs.size()]; }
  /// Some references of which most name the same few, so that there is something to see.
  std::vector<Ref> some_refs() {
    std::vector<Ref> out;
    for (std::size_t left = random() % 4; left > 0; --left) {
      Ref one = some();
      if (one.names.find_first_of("b?") != std::string::npos && random() % 2 == 0) one = kRefs[0];
      out.push_back(one);
    }
    return out;
  }
  static std::string listed(const std::vector<Ref>& refs, const std::string& before, const std::string& after) {
    std::string out;
    for (const Ref& one : refs) out += (out.empty() ? "" : ",") + before + one.json + after;
    return out.empty() ? std::string("null") : "[" + out + "]";
  }
  Thing make(const std::string& type, const std::string& id) {
    const auto refs = some_refs();
    std::string names, more;
    for (const Ref& one : refs) names += one.names;
    const auto with = [&](const std::string& member, const std::string& before = "", const std::string& after = "") {
      if (!refs.empty()) more += ",\"" + member + "\":" + listed(refs, before, after);
    };
    if (type == "Group") with("member", R"({"entity":)", "}");
    if (type == "List") with("entry", R"({"item":)", "}");
    if (type == "Provenance") with("target");
    if (type == "Appointment") with("participant", R"({"status":"accepted","actor":)", "}");
    if (type == "Person") with("link", R"({"target":)", "}");
    if (type == "Account") with("subject");
    if (type == "Schedule") with("actor");
    if (type == "Basic") with("extension", R"({"url":"http://x.example","valueReference":)", "}");
    if (type == "Slot") {
      const bool is_free = random() % 2 == 0;
      more += std::string(R"(,"schedule":{"reference":"Schedule/)") + (is_free ? "free" : "bschedule") + "\"}";
      names = is_free ? "" : "b";
    }
    if (type == "Bundle") {
      // A resource inside is its patient's; where it is nobody's whom we know, it is a stranger's.
      names.clear();
      more += R"(,"type":"collection")";
      std::string entries;
      for (const Ref& one : refs) {
        entries += std::string(entries.empty() ? "" : ",") + R"({"resource":{"resourceType":"Condition","subject":)" +
                   one.json + "}}";
        const bool is_patient =
            one.json.find("Patient/") != std::string::npos || one.json.find("13894700003") != std::string::npos;
        names += one.names + (is_patient && one.names != "?" ? "" : "?");
      }
      if (!entries.empty()) more += R"(,"entry":[)" + entries + "]";
    }
    return {type, id, R"({"resourceType":")" + type + R"(","id":")" + id + "\"" + more + "}", names};
  }

  std::mt19937 random{7};
  Land land;
  const std::vector<std::string> types{"Group",   "List",     "Provenance", "Appointment", "Person",
                                       "Account", "Schedule", "Basic",      "Slot",        "Bundle"};
};

TEST_F(SeveralPatients, are_seen_by_who_may_see_all_whom_one_names) {
  std::map<std::string, std::vector<Thing>> things;
  int shown = 0;
  for (const std::string& type : types)
    for (int i = 0; i < 25; ++i) {
      auto& one = things[type].emplace_back(make(type, "t" + std::to_string(i)));
      land.put(one.json);
    }
  for (const Person& person : people())
    for (const std::string& type : types) {
      std::set<std::string> expected;
      for (const Thing& thing : things[type]) {
        const int status = !person.may('r') ? 403 : person.sees(thing) ? 200 : 404;
        for (const std::string after : {"", "/_history/1", "/_history"})
          EXPECT_EQ(land.ask(person.who, "GET", type + "/" + thing.id + after).status, status)
              << person.told << " names '" << thing.names << "' " << thing.json << after;
        if (person.sees(thing)) expected.insert(thing.id), ++shown;
      }
      if (!person.may('s')) {
        EXPECT_EQ(land.ask(person.who, "GET", type).status, 403);
        continue;
      }
      // Those that were there before have other ids.
      std::set<std::string> before;
      for (const auto& [id, of, names] : {std::tuple("alist", "List", "a"), std::tuple("bschedule", "Schedule", "b"),
                                          std::tuple("free", "Schedule", "")})
        if (type == of && person.sees({of, id, {}, names})) before.insert(id);
      expected.merge(before);
      for (const std::string sort : {"", "&_sort=_id", "&_sort=-_lastUpdated"}) {
        const auto answer = land.ask(person.who, "GET", type + "?_count=100&_total=accurate" + sort);
        EXPECT_EQ(ids_in(answer.body), expected) << person.told << " " << type << sort;
        EXPECT_THAT(answer.body, HasSubstr("\"total\":" + std::to_string(expected.size()) + ","))
            << person.told << type;
      }
      EXPECT_THAT(land.ask(person.who, "GET", type + "?_summary=count").body,
                  HasSubstr("\"total\":" + std::to_string(expected.size())));
    }
  EXPECT_GT(shown, 300) << "there must be something to see";
}

TEST_F(SeveralPatients, are_written_by_who_may_see_all_whom_one_names_before_and_after) {
  for (const std::string& type : types)
    for (int i = 0; i < 12; ++i) {
      const Thing before = make(type, "w" + std::to_string(i)), after = make(type, before.id);
      land.put(before.json);
      for (const Person& person : people()) {
        if (person.rights.empty()) continue;
        int updated = 200, made = 200;
        bool gone = false;
        const auto tried = [&](auto job) {
          (void)land.as(person.who).write([&](interaction::Act& act) -> Result<void> {
            job(act);
            return fail(Fault::internal, "undone");
          });
        };
        auto changed = fhir::parse_json(after.json), anew = fhir::parse_json(after.json);
        anew->edit().remove("id");
        tried([&](interaction::Act& act) {
          if (auto done = act.update(changed->edit(), before.id); !done)
            updated = row_of(done.error().fault).http_status;
        });
        tried([&](interaction::Act& act) {
          if (auto done = act.create(anew->edit()); !done) made = row_of(done.error().fault).http_status;
        });
        tried([&](interaction::Act& act) {
          const auto found = fhir::find_type(type);
          (void)act.remove(found, before.id);
          gone = act.transaction().current(found, before.id)->method == storage::Method::remove;
        });
        EXPECT_EQ(updated, !person.sees(before)                    ? 404
                           : person.may('u') && person.sees(after) ? 200
                                                                   : 403)
            << person.told << before.json << after.json;
        EXPECT_EQ(made, person.may('c') && person.sees(after) ? 200 : 403) << person.told << after.json;
        EXPECT_EQ(gone, person.may('d') && person.sees(before)) << person.told << before.json;
      }
    }
}

TEST_F(SeveralPatients, lead_nowhere_that_may_not_be_seen) {
  land.put(
      R"({"resourceType":"Group","id":"mixed","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/a"}},{"entity":{"reference":"Patient/b"}}]})");
  land.put(
      R"({"resourceType":"Group","id":"ours","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/a"}},{"entity":{"reference":"Patient/c"}}]})");
  const auto nurse = people()[0].who, citizen = people()[5].who;
  const auto found = [&](const Who& who, const std::string& query) { return ids_in(land.ask(who, "GET", query).body); };
  using Ids = std::set<std::string>;
  EXPECT_EQ(found(nurse, "Patient?_id=a&_revinclude=Group:member"), (Ids{"a", "ours"}));
  EXPECT_EQ(found(citizen, "Patient?_id=a&_revinclude=Group:member"), (Ids{"a"}));
  EXPECT_EQ(found(nurse, "Patient?_has:Group:member:_id=mixed"), Ids{});
  EXPECT_EQ(found(nurse, "Patient?_has:Group:member:_id=ours"), (Ids{"a", "c"}));
  EXPECT_EQ(found(citizen, "Patient?_has:Group:member:type=person"), Ids{});
  EXPECT_EQ(found(nurse, "Group?member:Patient._id=a"), Ids{"ours"});
  EXPECT_EQ(found(nurse, "Group?_include=Group:member"), (Ids{"ours", "a", "c"}));
  EXPECT_EQ(found(nurse, "Group?_id=mixed,ours"), Ids{"ours"});
}

TEST_F(SeveralPatients, are_judged_anew_where_what_one_refers_to_becomes_somebody_elses) {
  land.put(R"({"resourceType":"Provenance","id":"p","target":[{"reference":"Observation/oa"}]})");
  land.put(R"({"resourceType":"List","id":"of-list","entry":[{"item":{"reference":"List/alist"}}]})");
  const auto citizen = people()[5].who;
  const auto total = [&](const std::string& query) { return land.ask(citizen, "GET", query + "?_summary=count").body; };
  EXPECT_THAT(total("Provenance"), HasSubstr("\"total\":1"));
  EXPECT_THAT(total("List"), HasSubstr("\"total\":2"));
  land.put(observation("oa", "b"));
  EXPECT_THAT(total("Provenance"), HasSubstr("\"total\":0"));
  EXPECT_THAT(total("List"), HasSubstr("\"total\":0")) << "and so is what names it by another";
  EXPECT_EQ(land.ask(citizen, "GET", "Provenance/p").status, 404);
  EXPECT_EQ(land.ask(citizen, "GET", "List/of-list").status, 404);
  land.put(observation("oa", "a"));
  EXPECT_THAT(total("List"), HasSubstr("\"total\":2"));
}

TEST_F(SeveralPatients, are_hidden_where_the_plan_that_one_is_part_of_begins_to_name_somebody) {
  land.put(R"({"resourceType":"Slot","id":"s","schedule":{"reference":"Schedule/free"}})");
  const auto citizen = people()[5].who;
  EXPECT_EQ(ids_in(land.ask(citizen, "GET", "Slot").body), std::set<std::string>{"s"});
  land.put(R"({"resourceType":"Schedule","id":"free","actor":[{"reference":"Patient/b"}]})");
  EXPECT_EQ(ids_in(land.ask(citizen, "GET", "Slot").body), std::set<std::string>{});
  EXPECT_EQ(land.ask(citizen, "GET", "Slot/s").status, 404);
}

TEST_F(SeveralPatients, may_come_before_what_one_refers_to_in_the_same_transaction) {
  const auto nurse = people()[0].who;
  const auto answer = land.ask(nurse, "POST", "",
                               R"({"resourceType":"Bundle","type":"transaction","entry":[
      {"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","request":{"method":"POST","url":"Provenance"},
       "resource":{"resourceType":"Provenance","recorded":"2026-01-01T08:00:00Z","target":[{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"}],"agent":[{"who":{"reference":"Practitioner/doc"}}]}},
      {"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","request":{"method":"POST","url":"Observation"},
       "resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/a"}}}]})");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(land.ask(nurse, "GET", "Provenance?_summary=count").body, HasSubstr("\"total\":1"));
}

TEST_F(SeveralPatients, of_which_one_names_another_may_come_in_any_order_in_a_transaction) {
  const auto answer = land.ask(people()[6].who, "POST", "",
                               R"({"resourceType":"Bundle","type":"transaction","entry":[
      {"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","request":{"method":"POST","url":"Slot"},
       "resource":{"resourceType":"Slot","status":"busy","schedule":{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"},"start":"2026-01-01T08:00:00Z","end":"2026-01-01T09:00:00Z"}},
      {"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","request":{"method":"POST","url":"Schedule"},
       "resource":{"resourceType":"Schedule","actor":[{"reference":"Patient/a"}]}}]})");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(land.ask(people()[0].who, "GET", "Slot?_summary=count").body, HasSubstr("\"total\":1"));
  EXPECT_THAT(land.ask(people()[4].who, "GET", "Slot?_summary=count").body, HasSubstr("\"total\":0"));
}

TEST_F(SeveralPatients, are_judged_anew_where_what_one_refers_to_comes_later_in_the_same_act) {
  const auto done = land.repository->write([&](interaction::Act& act) -> Result<void> {
    auto provenance = fhir::parse_json(R"({"resourceType":"Provenance","target":[{"reference":"Observation/later"}]})");
    FHIR_TRY(act.create(provenance->edit()));
    auto later = fhir::parse_json(observation("later", "a"));
    FHIR_TRY(act.update(later->edit(), "later"));
    return {};
  });
  ASSERT_TRUE(done);
  EXPECT_THAT(land.ask(people()[0].who, "GET", "Provenance?_summary=count").body, HasSubstr("\"total\":1"));
  EXPECT_THAT(land.ask(people()[4].who, "GET", "Provenance?_summary=count").body, HasSubstr("\"total\":0"));
}

TEST_F(SeveralPatients, are_judged_anew_where_what_one_refers_to_comes_in_a_later_transaction) {
  land.put(R"({"resourceType":"Provenance","id":"early","target":[{"reference":"Observation/later"}]})");
  land.put(
      R"({"resourceType":"List","id":"of-both","entry":[{"item":{"reference":"Observation/later"}},{"item":{"reference":"Patient/p-later"}}]})");
  land.put(R"({"resourceType":"List","id":"of-list","entry":[{"item":{"reference":"List/of-both"}}]})");
  const auto count = [&](const Who& who, const std::string& what) {
    return land.ask(who, "GET", what + "?_id=early,of-both,of-list&_summary=count").body;
  };
  const auto nurse = people()[0].who, stranger = people()[4].who;
  EXPECT_THAT(count(nurse, "Provenance"), HasSubstr("\"total\":0"));
  land.put(observation("later", "a"));
  EXPECT_THAT(count(nurse, "Provenance"), HasSubstr("\"total\":1"));
  EXPECT_THAT(count(stranger, "Provenance"), HasSubstr("\"total\":0"));
  EXPECT_THAT(count(nurse, "List"), HasSubstr("\"total\":0")) << "the patient of both has not come yet";
  land.put(R"({"resourceType":"Patient","id":"p-later"})");
  EXPECT_THAT(count(nurse, "List"), HasSubstr("\"total\":0")) << "and is nobody of the nurse's";
  EXPECT_THAT(count(people()[6].who, "List"), HasSubstr("\"total\":2"));
  land.put(R"({"resourceType":"List","id":"of-both","entry":[{"item":{"reference":"Observation/never"}}]})");
  land.put(R"({"resourceType":"List","id":"of-both","entry":[{"item":{"reference":"Observation/later"}}]})");
  land.put(observation("never", "b"));
  EXPECT_THAT(count(nurse, "List"), HasSubstr("\"total\":2")) << "what it no longer refers to changes nothing";
}

}  // namespace
}  // namespace varde::test
