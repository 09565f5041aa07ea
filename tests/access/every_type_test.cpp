// Every type x every interaction x every role, against a slow judge that knows nothing of how it is done: whose each
// resource is, is known from how the data was made, and what a role may, from the letters of its row.
#include <gtest/gtest.h>

#include "fhir-model/json/json.h"
#include "server/access/role.h"
#include "server/access/rules.h"
#include "tests/access/support/land.h"

namespace varde::test {
namespace {

using fhir::TypeId;

struct Thing {
  TypeId type;
  std::string id;
  char owner;  ///< 'a', 'b', 'c', or '-' for nobody
};

/// Puts a reference to the patient where a search parameter of the compartment looks for it. False: it has no such
/// place.
bool refer(fhir::Editor resource, std::string_view expression, const std::string& reference) {
  std::string_view rest = expression;
  while (rest.starts_with('(')) rest.remove_prefix(1);
  rest.remove_prefix(std::min(rest.find('.') + 1, rest.size()));
  fhir::Editor at = resource;
  for (;;) {
    const std::string_view name = rest.substr(0, rest.find_first_of(". )|"));
    if (!fhir::find_element(at.type(), name)) return false;
    at = at.ensure(name);
    rest.remove_prefix(name.size());
    if (!rest.starts_with('.') || rest.starts_with(".where(")) break;
    rest.remove_prefix(1);
  }
  if (at.type_name() != "Reference") return false;
  at.set("reference", reference);
  return true;
}

std::vector<std::string_view> ways_to_patient(TypeId type) {
  std::vector<std::string_view> out;
  const auto add = [&](std::string_view code) {
    if (const auto* row = fhir::find_search_parameter(type, code)) out.push_back(row->expression);
  };
  add("patient");
  if (!fhir::patient_compartment(type).empty()) add("subject");
  for (const auto& row : fhir::patient_compartment(type)) add(row.parameter);
  return out;
}

/// The types of which a resource of nobody may be seen by all who have the right: written down here once more.
bool tells_of_nobody(std::string_view type) {
  static const std::set<std::string_view> kTypes{"Practitioner",
                                                 "PractitionerRole",
                                                 "Organization",
                                                 "OrganizationAffiliation",
                                                 "Location",
                                                 "HealthcareService",
                                                 "Endpoint",
                                                 "Medication",
                                                 "MedicationKnowledge",
                                                 "Substance",
                                                 "SubstanceSpecification",
                                                 "DeviceDefinition",
                                                 "Device",
                                                 "ActivityDefinition",
                                                 "CapabilityStatement",
                                                 "ChargeItemDefinition",
                                                 "CodeSystem",
                                                 "CompartmentDefinition",
                                                 "ConceptMap",
                                                 "EventDefinition",
                                                 "ExampleScenario",
                                                 "GraphDefinition",
                                                 "ImplementationGuide",
                                                 "Library",
                                                 "Measure",
                                                 "MessageDefinition",
                                                 "NamingSystem",
                                                 "ObservationDefinition",
                                                 "OperationDefinition",
                                                 "PlanDefinition",
                                                 "Questionnaire",
                                                 "ResearchDefinition",
                                                 "ResearchElementDefinition",
                                                 "SearchParameter",
                                                 "SpecimenDefinition",
                                                 "StructureDefinition",
                                                 "StructureMap",
                                                 "TerminologyCapabilities",
                                                 "TestScript",
                                                 "ValueSet",
                                                 "Schedule",
                                                 "Slot"};
  return kTypes.contains(type);
}

struct Person {
  std::string role;
  Who who;
  std::string patients;  ///< whose records are open to the person; "*" everybody's
  bool by_relation = false;

  std::string_view letters(TypeId type) const {
    const auto* row = access::find_role(role);
    return row->rights[static_cast<std::size_t>(access::group_of(type))];
  }
  bool may(TypeId type, char letter) const { return letters(type).find(letter) != std::string_view::npos; }
  bool reaches(const Thing& thing) const {
    if (patients == "*") return true;
    if (thing.owner == '-') return tells_of_nobody(fhir::row_of(thing.type).name);
    const auto group = access::group_of(thing.type);
    return group != access::TypeGroup::technical && group != access::TypeGroup::audit &&
           patients.find(thing.owner) != std::string::npos;
  }
  bool finds(const Thing& thing) const { return (may(thing.type, 'r') || may(thing.type, 's')) && reaches(thing); }
  bool knows(const Thing& thing) const {
    return (finds(thing) || may(thing.type, 'u') || may(thing.type, 'd')) && reaches(thing);
  }
};

class EveryType : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    land = new Land;
    things = new std::vector<Thing>;
    land->put(
        R"({"resourceType":"Patient","id":"a","generalPractitioner":[{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.4","value":"9"}}]})");
    land->put(
        R"({"resourceType":"Patient","id":"b","generalPractitioner":[{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.4","value":"8"}},{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.4","value":"7"}}]})");
    land->put(R"({"resourceType":"Patient","id":"c"})");
    for (const char owner : std::string("abc"))
      things->push_back({fhir::find_type("Patient"), std::string(1, owner), owner});
    const auto organisation = [](const std::string& number) {
      return R"({"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.101","value":")" + number + "\"}}";
    };
    relate(
        R"({"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/a"},"managingOrganization":)" +
            organisation("111") + "}",
        'a');
    relate(
        R"({"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/b"},"managingOrganization":)" +
            organisation("222") + "}",
        'b');
    relate(
        R"({"resourceType":"EpisodeOfCare","status":"finished","patient":{"reference":"Patient/c"},"managingOrganization":)" +
            organisation("111") + "}",
        'c');
    relate(
        R"({"resourceType":"Encounter","status":"in-progress","subject":{"reference":"Patient/c"},"serviceProvider":)" +
            organisation("333") + "}",
        'c');
    relate(R"({"resourceType":"Encounter","status":"finished","subject":{"reference":"Patient/b"},"serviceProvider":)" +
               organisation("333") + "}",
           'b');
    relate(
        R"({"resourceType":"Consent","status":"active","patient":{"reference":"Patient/b"},"provision":{"type":"deny","actor":[{"role":{"text":"x"},"reference":{"identifier":{"system":"urn:oid:2.16.578.1.12.4.1.4.4","value":"7"}}}]}})",
        'b');
    for (std::size_t i = 0; i < fhir::types().size(); ++i)
      if (const auto type = static_cast<TypeId>(i); fhir::is_resource(type)) fill(type);
  }
  static void TearDownTestSuite() { delete things, delete land; }

  static void relate(const std::string& json, char owner) {
    const auto tree = fhir::parse_json(json);
    things->push_back({tree->root().type(), land->put(json), owner});
  }
  static void fill(TypeId type) {
    if (fhir::row_of(type).name != "Patient") {
      const auto ways = ways_to_patient(type);
      for (const char owner : std::string("abc"))
        for (const std::string_view way : ways) {
          fhir::Tree resource(type);
          if (!refer(resource.edit(), way, std::string("Patient/") + owner)) continue;
          things->push_back({type, land->put(std::move(resource)), owner});
          break;
        }
      things->push_back({type, land->put(fhir::Tree(type)), '-'});
    }
  }
  static std::vector<Person> people() {
    return {
        {"nurse", who("nurse", R"("org":"111")"), "a", true},
        {"team-lead", who("team-lead", R"("org":"111")"), "a", true},
        {"case-worker", who("case-worker", R"("org":"222")"), "b", true},
        {"gp", who("gp", R"("hpr":"9")"), "a", true},
        {"gp", who("gp", R"("hpr":"8")"), "b", true},
        {"gp", who("gp", R"("hpr":"7")"), "", true},  // b's second one, whom b keeps out
        {"hospital", who("hospital", R"("org":"333")"), "c", true},
        {"hospital", who("hospital", R"("org":"444")"), "", true},
        {"patient", who("patient", R"("patient":"a")"), "a"},
        {"next-of-kin", who("next-of-kin", R"("patient":"b")"), "b"},
        {"patient", who("patient"), ""},
        {"epj", who("epj", {}, "system/*.cruds"), "*"},
        {"device-gateway", who("device-gateway", {}, "system/*.cruds"), "*"},
        {"operator", who("operator"), ""},
        {"auditor", who("auditor"), ""},
        {"nurse", who("nurse", R"("org":"111","patient":"a")", "patient/*.cruds"), "a"},
        {"nurse", who("nurse", R"("org":"111","patient":"b")", "patient/*.cruds"), ""},
        {"epj", who("epj", R"("patient":"c")", "patient/*.cruds"), "c"},
    };
  }
  static std::string name(TypeId type) { return std::string(fhir::row_of(type).name); }
  static std::string place(const Thing& thing) { return name(thing.type) + "/" + thing.id; }

  static Land* land;
  static std::vector<Thing>* things;
};
Land* EveryType::land = nullptr;
std::vector<Thing>* EveryType::things = nullptr;

TEST_F(EveryType, has_resources_of_all_three_patients_wherever_it_can) {
  std::map<char, int> of;
  for (const Thing& thing : *things) {
    ++of[thing.owner];
    const auto owner = land->repository->read([&](const interaction::View& view) {
      const auto version = view.current(thing.type, thing.id);
      return version->patient == storage::PatientKey::none ? std::string("-") : view.patient_id(version->patient);
    });
    EXPECT_EQ(owner, std::string(1, thing.owner)) << place(thing);
  }
  EXPECT_GE(of['a'], 65);
  EXPECT_EQ(of['-'], 145);
}

TEST_F(EveryType, is_read_by_whom_it_may_be) {
  for (const Person& person : people())
    for (const Thing& thing : *things) {
      const int expected = !person.may(thing.type, 'r') ? 403 : person.reaches(thing) ? 200 : 404;
      for (const std::string suffix : {"", "/_history/1", "/_history"})
        EXPECT_EQ(land->ask(person.who, "GET", place(thing) + suffix).status, expected)
            << person.role << " " << person.patients << " " << place(thing) << suffix << " of " << thing.owner;
    }
}

TEST_F(EveryType, that_may_not_be_seen_answers_as_if_it_were_not_there) {
  for (const Person& person : people())
    for (const Thing& thing : *things) {
      if (!person.may(thing.type, 'r') || person.reaches(thing)) continue;
      const auto hidden = land->ask(person.who, "GET", place(thing)),
                 absent = land->ask(person.who, "GET", name(thing.type) + "/no-such");
      EXPECT_EQ(hidden.body, absent.body) << place(thing);
      EXPECT_EQ(hidden.etag, absent.etag);
    }
}

TEST_F(EveryType, is_found_by_whom_it_may_be) {
  std::map<TypeId, std::vector<const Thing*>> by_type;
  for (const Thing& thing : *things) by_type[thing.type].push_back(&thing);
  for (const Person& person : people())
    for (const auto& [type, all] : by_type) {
      std::set<std::string> expected;
      for (const Thing* thing : all)
        if (person.finds(*thing)) expected.insert(thing->id);
      // R4's own definitions, which everybody finds, are older.
      const auto answer = land->ask(person.who, "GET", name(type) + "?_lastUpdated=ge2026&_count=100&_total=accurate");
      if (!person.may(type, 's')) {
        EXPECT_EQ(answer.status, 403) << person.role << name(type);
        continue;
      }
      ASSERT_EQ(answer.status, 200) << answer.body;
      EXPECT_EQ(ids_in(answer.body), expected) << person.role << " " << name(type);
      EXPECT_NE(answer.body.find("\"total\":" + std::to_string(expected.size()) + ","), std::string::npos)
          << person.role << " " << name(type) << " " << answer.body.substr(0, 200);
      const auto counted = land->ask(person.who, "GET", name(type) + "?_lastUpdated=ge2026&_summary=count");
      EXPECT_NE(counted.body.find("\"total\":" + std::to_string(expected.size())), std::string::npos) << counted.body;
      for (const std::string patient : {"a", "b", "c"}) {
        const auto within = land->ask(person.who, "GET", "Patient/" + patient + "/" + name(type) + "?_count=100");
        if (within.status != 200) continue;  // a type outside the compartment
        for (const std::string& id : ids_in(within.body))
          EXPECT_TRUE(expected.contains(id)) << person.role << name(type);
      }
    }
}

/// What a write would be answered, without doing it.
template <class Job>
int tried(Land& land, const Person& person, const std::string& method, const std::string& pattern, TypeId type,
          Job job) {
  if (!access::admit(*person.who, {method, pattern, type, {}})) return 403;
  return land.tried(person.who, job);
}

TEST_F(EveryType, is_changed_and_deleted_by_whom_it_may_be) {
  for (const Person& person : people())
    for (const Thing& thing : *things) {
      const int updated = tried(*land, person, "PUT", "{type}/{id}", thing.type, [&](interaction::Act& act) {
        auto version = act.transaction().current(thing.type, thing.id);
        auto tree = act.tree(*version);
        return act.update(tree.edit(), thing.id);
      });
      EXPECT_EQ(updated, !person.may(thing.type, 'u') ? 403
                         : person.reaches(thing)      ? 200
                                                      : 404)
          << person.role << " " << person.patients << " " << place(thing) << " of " << thing.owner;
      bool gone = false;
      const int removed = tried(*land, person, "DELETE", "{type}/{id}", thing.type, [&](interaction::Act& act) {
        const auto done = act.remove(thing.type, thing.id);
        gone = act.transaction().current(thing.type, thing.id)->method == storage::Method::remove;
        return done;
      });
      EXPECT_EQ(removed, person.may(thing.type, 'd') ? 200 : 403) << person.role << place(thing);
      EXPECT_EQ(gone, person.may(thing.type, 'd') && person.reaches(thing)) << person.role << place(thing);
    }
}

TEST_F(EveryType, is_made_by_whom_it_may_be_and_for_whom) {
  static const TypeId kPatient = fhir::find_type("Patient"), kEpisode = fhir::find_type("EpisodeOfCare");
  for (const Person& person : people())
    for (const Thing& thing : *things) {
      const int made = tried(*land, person, "POST", "{type}", thing.type, [&](interaction::Act& act) {
        auto tree = act.tree(*act.transaction().current(thing.type, thing.id));
        tree.edit().remove("id");
        return act.create(tree.edit());
      });
      // Whoever works by care relations may write down somebody new; and begin for whom no centre follows up: here c.
      const bool begins =
          person.by_relation && (thing.type == kPatient || (thing.type == kEpisode && thing.owner == 'c'));
      const bool may = thing.type == kPatient ? person.patients == "*" || begins : person.reaches(thing) || begins;
      EXPECT_EQ(made, person.may(thing.type, 'c') && may ? 200 : 403)
          << person.role << " " << place(thing) << " of " << thing.owner;
    }
}

TEST_F(EveryType, is_not_moved_to_somebody_else_by_whom_it_is_open_to) {
  static const TypeId kObservation = fhir::find_type("Observation");
  for (const Person& person : people())
    for (const Thing& thing : *things) {
      if (thing.type != kObservation || thing.owner == '-') continue;
      for (const char to : std::string("abc")) {
        const int moved = tried(*land, person, "PUT", "{type}/{id}", kObservation, [&](interaction::Act& act) {
          auto tree = act.tree(*act.transaction().current(thing.type, thing.id));
          tree.edit().ensure("subject").set("reference", std::string("Patient/") + to);
          return act.update(tree.edit(), thing.id);
        });
        const bool reaches_both = person.reaches(thing) && person.reaches({kObservation, {}, to});
        EXPECT_EQ(moved, !person.may(kObservation, 'u') ? 403
                         : reaches_both                 ? 200
                         : person.reaches(thing)        ? 403
                                                        : 404)
            << person.role << thing.owner << to;
      }
    }
}

}  // namespace
}  // namespace varde::test
