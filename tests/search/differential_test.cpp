/// A search has one meaning, however it is answered: what the engine finds by its statement (walked page by page, in
/// any order, and counted) is what judging every resource by its index entries finds, chains and _has one step after
/// the other. Random questions about random resources, on both engines: server/storage/search, server/search/stated.h
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "fhir-model/json/json.h"
#include "server/interaction/repository.h"
#include "server/search/criteria.h"
#include "server/search/find.h"
#include "server/storage/search/rows.h"
#include "tests/search/support/of_patients.h"
#include "tests/support/engine.h"

namespace varde::search {
namespace {

using Ids = std::set<std::string>;
using fhir::TypeId;

struct Asked {
  std::string name, text;
};

// clang-format off
const std::vector<Asked> kOfObservations{
  {"code", "a"}, {"code", "urn:s|a"}, {"code", "urn:s|"}, {"code", "|c"}, {"code", "urn:none|a"}, {"code", "a,b"},
  {"code:not", "b"}, {"code:not", "a,c"}, {"status", "final"}, {"status:not", "final"},
  {"date", "2026-03"}, {"date", "ge2026-03-10"}, {"date", "gt2026-03-10"}, {"date", "lt2026-03-10"}, {"date", "le2026-03-10"},
  {"date", "sa2026-03-10"}, {"date", "eb2026-03-10"}, {"date", "ne2026-03-10"}, {"date", "ap2026-03-10"}, {"date:missing", "true"},
  {"value-quantity", "5"}, {"value-quantity", "gt5"}, {"value-quantity", "le5"}, {"value-quantity", "ne5"}, {"value-quantity", "sa5"},
  {"value-quantity", "eb5"}, {"value-quantity", "ap5"}, {"value-quantity", "5||kg"}, {"value-quantity", "ge5000|http://unitsofmeasure.org|g"},
  {"value-quantity:missing", "false"}, {"code-value-quantity", "a$gt4"}, {"subject", "Patient/p3"}, {"patient", "p3"}, {"subject", "p4,p5"},
  {"subject:missing", "true"}, {"subject:missing", "false"}, {"subject:identifier", "urn:x|1"}, {"_id", "o1,o2,o300"}, {"_id:not", "o1"},
  {"_lastUpdated", "ge2020"}, {"_lastUpdated", "lt2020"},
  {"patient.gender", "female"}, {"patient.gender:not", "female"}, {"subject.name", "b"}, {"subject:Patient.name", "b,c"},
  {"patient.name:contains", "er"}, {"patient.birthdate", "lt1960"}, {"patient.birthdate:missing", "true"},
  {"patient.general-practitioner.family", "d"}, {"patient._has:Observation:patient:code", "b"}, {"performer.family", "d"},
  {"performer:Practitioner.family", "d"},
  {"performer.family:exact", "Eide"}, {"performer.given:missing", "true"}, {"performer:Practitioner.gender:not", "male"}, {"patient._has:Observation:subject:value-quantity", "gt7||kg"}, {"subject.active", "true"}};
const std::vector<Asked> kOfPatients{
  {"gender", "female"}, {"gender:not", "male"}, {"name", "b"}, {"name:exact", "Berg"}, {"name:contains", "er"}, {"birthdate", "ge1960"},
  {"birthdate", "ne1960"}, {"birthdate:missing", "true"}, {"active", "true"}, {"_id", "p1,p2,p9"},
  {"general-practitioner", "Practitioner/d3"}, {"general-practitioner.family", "d"}, {"general-practitioner.family", "dahl"},
  {"_has:Observation:patient:code", "a"}, {"_has:Observation:subject:code", "urn:s|b"}, {"_has:Observation:patient:code:not", "a"},
  {"_has:Observation:patient:date", "ge2026-03-10"}, {"_has:Observation:patient:value-quantity", "gt7"}, {"_has:Observation:subject:status", "final"},
  {"_has:Observation:patient:value-quantity", "gt7||kg"}, {"_has:Observation:patient:code-value-quantity", "a$gt4"},
  {"_has:Observation:patient:performer.family", "d"}, {"_has:Observation:patient:patient.gender", "female"}};
const std::vector<std::string> kSorts{"", "", "date", "-date", "_id", "-_lastUpdated", "status", "-status,date", "value-quantity"};
const std::vector<std::string> kPatientSorts{"", "", "birthdate", "-birthdate", "_id", "family", "-gender,birthdate"};
// clang-format on

class OneMeaning : public ::testing::TestWithParam<unsigned> {
 protected:
  OneMeaning() {
    std::string name = (std::filesystem::temp_directory_path() / "varde-meaning-XXXXXX").string();
    directory = ::mkdtemp(name.data());
    database = std::make_unique<storage::Database>(test::on_engine({.directory = directory.string() + "/data"}));
  }
  ~OneMeaning() override {
    database.reset();
    std::filesystem::remove_all(directory);
  }

  static Budget ample() { return Budget(Allowance{.time = std::chrono::minutes(2), .steps = UINT64_MAX}); }
  std::size_t below(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most - 1)(random); }
  bool in(std::size_t parts) { return below(parts) == 0; }
  template <class Options>
  const auto& one_of(const Options& options) {
    return options[below(options.size())];
  }
  std::string day() {
    return "2026-0" + std::to_string(2 + below(3)) + (in(4) ? "" : "-1" + std::to_string(below(10)));
  }

  std::string practitioner() {
    static const std::vector<std::string> kNames{"Dahl", "Dybdahl", "Eide"};
    return R"({"resourceType":"Practitioner","name":[{"family":")" + one_of(kNames) + "\"}]}";
  }
  std::string patient() {
    static const std::vector<std::string> kNames{"Berg", "Bakke", "Carlsen", "Aas"};
    std::string out = R"({"resourceType":"Patient","name":[{"family":")" + one_of(kNames) + "\"}";
    if (in(4)) out += R"(,{"family":")" + one_of(kNames) + "\"}";
    out += "]";
    if (!in(5)) out += in(2) ? R"(,"gender":"female")" : R"(,"gender":"male")";
    if (!in(5)) out += R"(,"birthDate":"19)" + std::to_string(40 + below(40)) + "\"";
    if (in(2)) out += R"(,"active":true)";
    if (!in(4)) out += R"(,"generalPractitioner":[{"reference":"Practitioner/d)" + std::to_string(below(50)) + "\"}]";
    return out + "}";
  }
  /// `contained`: what it contains, empty for most.
  std::string observation(std::string& contained) {
    static const std::vector<std::string> kCodes{R"({"system":"urn:s","code":"a"})", R"({"system":"urn:t","code":"a"})",
                                                 R"({"system":"urn:s","code":"b"})", R"({"code":"c"})",
                                                 R"({"system":"urn:s","code":"a"},{"system":"urn:t","code":"a"})"};
    std::string out = R"({"resourceType":"Observation","status":")";
    out += in(3) ? "final" : "preliminary";
    out += R"(","code":{"coding":[)" + one_of(kCodes) + "]}";
    if (in(9))
      out += R"(,"subject":{"identifier":{"system":"urn:x","value":"1"}})";
    else if (!in(9))
      out += R"(,"subject":{"reference":"Patient/p)" + std::to_string(below(90)) + "\"}";
    if (in(3))
      out += R"(,"effectivePeriod":{"start":")" + day() + (in(2) ? "\"}" : R"(","end":"2026-05-01"})");
    else if (!in(6))
      out += R"(,"effectiveDateTime":")" + day() + "\"";
    if (in(4))
      out += R"(,"performer":[{"reference":"Practitioner/d)" + std::to_string(below(50)) + "\"}]";
    else if (contained = in(5) ? practitioner() : std::string(); !contained.empty())
      out += R"(,"performer":[{"reference":"#d"}],"contained":[{"id":"d",)" + contained.substr(1) + "]";
    if (!in(4)) {
      out += R"(,"valueQuantity":{"value":)" + std::to_string(below(10));
      if (in(6)) out += R"(,"comparator":")" + std::string(in(2) ? "<" : ">=") + "\"";
      out += in(2) ? R"(,"unit":"kg"})" : R"(,"system":"http://unitsofmeasure.org","code":"kg"})";
    }
    return out + "}";
  }

  void fill() {
    std::vector<std::pair<std::string, std::string>> all;
    for (int i = 0; i < 50; ++i) all.emplace_back("d" + std::to_string(i), practitioner());
    for (int i = 0; i < 90; ++i) all.emplace_back("p" + std::to_string(i), patient());
    for (int i = 0; i < 350; ++i) {
      std::string contained;
      all.emplace_back("o" + std::to_string(i), observation(contained));
      // To whom nobody refers: what is contained, to be judged as others are.
      if (!contained.empty()) all.emplace_back("in-o" + std::to_string(i), contained);
    }
    const interaction::Repository repository(*database, store, access::ourselves("test"));
    auto done = repository.write([&](interaction::Act& act) -> Result<void> {
      for (const auto& [id, json] : all) {
        auto tree = fhir::parse_json(json);
        FHIR_TRY(tree);
        FHIR_TRY(act.create(tree->edit(), id));
      }
      for (int i = 0; i < 350; i += 50) FHIR_TRY(act.remove(fhir::find_type("Observation"), "o" + std::to_string(i)));
      return {};
    });
    ASSERT_TRUE(done) << done.error().diagnostics;
  }

  struct Stored {
    std::string id, entries;
    Instant updated;
  };
  const std::vector<Stored>& all_of(const storage::Snapshot& snapshot, TypeId type) {
    auto& known = stored[type];
    if (!known.empty()) return known;
    const Range range{Walk::ids, {cell(storage::type_key(type))}};
    for (storage::RangeRows rows(snapshot, {range}); rows.next();)
      known.push_back({std::string(rows.id()), std::string(rows.entries()), rows.updated()});
    return known;
  }
  /// Ids of resources of that type whose rows of the parameter refer to one of those.
  Ids referring(const storage::Snapshot& snapshot, TypeId type, const Parameter& parameter, TypeId target,
                const Ids& ids) {
    Ids out;
    for (const Stored& one : all_of(snapshot, type)) {
      Candidate candidate;
      candidate.take_entries(one.entries);
      for (const IndexEntry& entry : candidate.entries)
        if (entry.kind == storage::EntryKind::reference && std::ranges::count(parameter.keys, entry.parameter) > 0 &&
            entry.first == static_cast<std::int64_t>(storage::type_key(target)) &&
            ids.contains(std::string(entry.text)))
          out.insert(one.id);
    }
    return out;
  }
  /// By judging every resource, one step after the other.
  std::optional<Ids> judged(const storage::Snapshot& snapshot, TypeId type, std::string_view name,
                            const std::string& text) {
    Ids out;
    if (name.starts_with("_has:")) {
      const std::size_t first = name.find(':', 5), second = name.find(':', first + 1);
      const TypeId source = fhir::find_type(name.substr(5, first - 5));
      const Parameter* by = parameters_of(source).find(name.substr(first + 1, second - first - 1));
      const auto sources = judged(snapshot, source, name.substr(second + 1), text);
      for (const Stored& one : all_of(snapshot, type))
        for (const std::string& referring_one : referring(snapshot, source, *by, type, {one.id}))
          if (sources->contains(referring_one)) out.insert(one.id);
      return out;
    }
    if (const std::size_t dot = name.find('.'); dot != name.npos) {
      const std::string_view head = name.substr(0, dot);
      const std::size_t colon = std::min(head.find(':'), head.size());
      const Parameter* by = parameters_of(type).find(head.substr(0, colon));
      for (const TypeId target : by->target_types) {
        if (colon < head.size() && fhir::row_of(target).name != head.substr(colon + 1)) continue;
        if (by->only != TypeId::none && by->only != target) continue;
        const auto inner = judged(snapshot, target, name.substr(dot + 1), text);
        if (inner) out.merge(referring(snapshot, type, *by, target, *inner));
        if (inner && by->code == "performer")
          for (const Stored& one : all_of(snapshot, type))
            if (inner->contains("in-" + one.id)) out.insert(one.id);
      }
      return out;
    }
    const auto criterion = make_criterion(type, name, text, {.snapshot = snapshot, .base = "", .now = snapshot_now});
    if (!criterion) return std::nullopt;
    for (const Stored& one : all_of(snapshot, type)) {
      Candidate candidate;
      candidate.take_entries(one.entries);
      candidate.id = one.id, candidate.updated = one.updated;
      if (criterion->matches(candidate)) out.insert(one.id);
    }
    return out;
  }

  Ids walked(const Query& query, const storage::Snapshot& snapshot) {
    Ids out;
    std::optional<Mark> mark;
    do {
      auto found = find(query, snapshot, mark ? &*mark : nullptr);
      EXPECT_TRUE(found) << found.error().diagnostics;
      if (!found) break;
      const std::size_t before = out.size();
      for (const Hit& hit : found->hits) EXPECT_TRUE(out.insert(hit.id).second) << hit.id << " came twice";
      if (out.size() == before) break;
      mark = found->next ? Mark::decode(found->next->encode()) : std::nullopt;
    } while (mark);
    return out;
  }

  void expect_one_meaning(const storage::Snapshot& snapshot, std::string_view type_name, const Parameters& parameters) {
    const TypeId type = fhir::find_type(type_name);
    std::string asked(type_name);
    Ids expected;
    for (const Stored& one : all_of(snapshot, type)) expected.insert(one.id);
    for (const auto& [name, text] : parameters) {
      asked += " " + name + "=" + text;
      if (name == "_sort" || name == "_count" || name == "_total") continue;
      Ids both;
      const auto fit = judged(snapshot, type, name, text);
      std::ranges::set_intersection(expected, *fit, std::inserter(both, both.end()));
      expected = std::move(both);
    }
    SCOPED_TRACE(asked);
    auto query = parse_query(type, parameters, {}, {.snapshot = snapshot, .base = "", .now = snapshot_now});
    ASSERT_TRUE(query) << query.error().diagnostics;
    EXPECT_EQ(walked(*query, snapshot), expected);
    query->count_only = true;
    const auto counted = find(*query, snapshot, nullptr);
    ASSERT_TRUE(counted) << counted.error().diagnostics;
    EXPECT_EQ(counted->total, expected.size());
  }

  Parameters question(const std::vector<Asked>& pool, const std::vector<std::string>& sorts) {
    Parameters out;
    for (std::size_t i = 0, many = 1 + below(3); i < many; ++i) {
      const Asked& one = one_of(pool);
      out.emplace_back(one.name, one.text);
    }
    if (const std::string& sort = one_of(sorts); !sort.empty()) out.emplace_back("_sort", sort);
    out.emplace_back("_count", std::to_string(1 + below(40)));
    return out;
  }

  std::mt19937 random{GetParam()};
  std::filesystem::path directory;
  std::unique_ptr<storage::Database> database;
  interaction::Store store{interaction::uuid_v7()};
  std::map<TypeId, std::vector<Stored>> stored;
  const Instant snapshot_now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};
};

TEST_P(OneMeaning, has_every_question_alone) {
  fill();
  Budget budget = ample();
  database->read(
      [&](const storage::Snapshot& snapshot) {
        for (const Asked& one : kOfObservations)
          expect_one_meaning(snapshot, "Observation", {{one.name, one.text}, {"_count", "13"}});
        for (const Asked& one : kOfPatients)
          expect_one_meaning(snapshot, "Patient", {{one.name, one.text}, {"_count", "13"}});
        return 0;
      },
      budget);
}

TEST_P(OneMeaning, has_any_of_them_together_in_any_order) {
  fill();
  Budget budget = ample();
  database->read(
      [&](const storage::Snapshot& snapshot) {
        for (int i = 0; i < 120; ++i) {
          expect_one_meaning(snapshot, "Observation", question(kOfObservations, kSorts));
          expect_one_meaning(snapshot, "Patient", question(kOfPatients, kPatientSorts));
        }
        return 0;
      },
      budget);
}

/// A chain to many is the engine's to answer, a composite the entries': joined, one of them must answer both.
TEST_P(OneMeaning, has_a_filter_of_a_chain_to_many_and_a_composite) {
  fill();
  Budget budget = ample();
  database->read(
      [&](const storage::Snapshot& snapshot) {
        const TypeId type = fhir::find_type("Observation");
        const Ids led = *judged(snapshot, type, "patient.active", "true"),
                  both = *judged(snapshot, type, "code-value-quantity", "a$gt4"),
                  coded = *judged(snapshot, type, "code", "b");
        const auto expect = [&](const std::string& filter, const Ids& expected) {
          SCOPED_TRACE(filter);
          auto query = parse_query(type, {{"_filter", filter}, {"_count", "11"}}, {},
                                   {.snapshot = snapshot, .base = "", .now = snapshot_now});
          ASSERT_TRUE(query) << query.error().diagnostics;
          EXPECT_EQ(walked(*query, snapshot), expected);
          EXPECT_EQ(count_all(*query, snapshot), expected.size());
        };
        Ids any = led, common, others, led_or_coded = led;
        any.insert(both.begin(), both.end()), led_or_coded.insert(coded.begin(), coded.end());
        std::ranges::set_intersection(led, both, std::inserter(common, common.end()));
        for (const Stored& one : all_of(snapshot, type))
          if (!any.contains(one.id)) others.insert(one.id);
        expect("patient.active eq true or code-value-quantity eq a$gt4", any);
        expect("patient.active eq true and code-value-quantity eq a$gt4", common);
        expect("not (patient.active eq true or code-value-quantity eq a$gt4)", others);
        expect("patient.active eq true or code eq b", led_or_coded);
        return 0;
      },
      budget);
}

/// Whatever is asked, what belongs to others is neither found, counted, nor led to or from.
TEST_P(OneMeaning, is_kept_by_a_restriction_at_every_depth) {
  fill();
  for (const bool says : {true, false})
    database->read([&](const storage::Snapshot& snapshot) {
      storage::Restriction mine{{snapshot.patient_key("p3"), snapshot.patient_key("p4"), snapshot.patient_key("p5")}};
      std::ranges::sort(mine.patients);
      const OfPatients only(mine, says);
      const auto ids = [&](std::string_view type, const Parameters& parameters) {
        auto query = parse_query(fhir::find_type(type), parameters, {},
                                 {.snapshot = snapshot, .base = "", .now = snapshot_now, .restriction = &only});
        EXPECT_TRUE(query);
        const Ids found = walked(*query, snapshot);
        query->count_only = true;
        EXPECT_EQ(find(*query, snapshot, nullptr)->total, found.size());
        return found;
      };
      const Ids own = ids("Observation", {{"_count", "50"}});
      EXPECT_FALSE(own.empty());
      for (const auto& id : own)
        EXPECT_TRUE(mine.allows(snapshot.current(fhir::find_type("Observation"), id)->patient)) << id;
      EXPECT_EQ(ids("Patient", {{"_count", "50"}}), (Ids{"p3", "p4", "p5"}));
      EXPECT_EQ(ids("Practitioner", {{"_count", "50"}}), Ids());
      EXPECT_EQ(ids("Observation", {{"code:not", "none"}, {"_count", "9"}}), own);
      for (const auto& id : ids("Observation", {{"performer.family", "d"}, {"_count", "9"}}))
        EXPECT_TRUE(own.contains(id) &&
                    snapshot.current(fhir::find_type("Observation"), id)->bytes.find("contained") != std::string::npos)
            << id << " led through others";
      for (const auto& id : ids("Observation", {{"patient.gender:not", "none"}, {"_count", "9"}}))
        EXPECT_TRUE(own.contains(id));
      for (const auto& id : ids("Patient", {{"_has:Observation:patient:code:not", "none"}, {"_count", "9"}}))
        EXPECT_TRUE((Ids{"p3", "p4", "p5"}.contains(id))) << id;
      return 0;
    });
}

/// Where it leads through more than are listed by name, too.
TEST_P(OneMeaning, is_kept_by_a_restriction_that_many_pass) {
  fill();
  database->read([&](const storage::Snapshot& snapshot) {
    storage::Restriction half{{storage::PatientKey::none}};
    for (int i = 0; i < 60; ++i)
      if (const auto key = snapshot.patient_key("p" + std::to_string(i)); key != storage::PatientKey::none)
        half.patients.push_back(key);
    std::ranges::sort(half.patients);
    const OfPatients only(half, true);
    const TypeId observation = fhir::find_type("Observation"), practitioner = fhir::find_type("Practitioner");
    const Parameter& performer = *parameters_of(observation).find("performer");
    Ids expected;
    std::size_t seen = 0;
    for (const Stored& one : all_of(snapshot, practitioner))
      for (const auto& source : referring(snapshot, observation, performer, practitioner, {one.id}))
        if (half.allows(snapshot.current(observation, source)->patient)) expected.insert(one.id), ++seen;
    EXPECT_GT(seen, 33U);
    auto query = parse_query(practitioner, {{"_has:Observation:performer:status:not", "none"}, {"_count", "7"}}, {},
                             {.snapshot = snapshot, .base = "", .now = snapshot_now, .restriction = &only});
    EXPECT_TRUE(query);
    EXPECT_EQ(walked(*query, snapshot), expected);
    return 0;
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, OneMeaning, ::testing::Values(1u, 20261126u));

}  // namespace
}  // namespace varde::search
