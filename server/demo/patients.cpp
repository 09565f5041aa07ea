#include "server/demo/patients.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <random>
#include <span>

#include "norway/identifiers.h"
#include "server/followup/codes.h"
#include "server/followup/instant.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/plan.h"
#include "server/followup/table.h"
#include "server/followup/task.h"
#include "server/interaction/text.h"

namespace varde::demo {

namespace {

using namespace followup;

using namespace std::chrono;

constexpr int kDays = 90;

/// A measure over the 90 days: from the first mean to the last, with noise around it.
struct Signal {
  std::string_view measure;  ///< as in measures.txt
  double first, last, noise;
  int every_days;
  std::array<int, 3> hours;      ///< of the day, Norwegian time; -1 for none
  std::string_view second = {};  ///< of a blood pressure: the mean diastolic value
};

/// A reading that is not like the others.
struct Event {
  std::string_view measure;
  int days_ago;
  double value;
};

struct Person {
  std::string_view id, given, family, gender, birth_date, identity_number, plan, plan_title;
  std::span<const Signal> signals;
  std::span<const Event> events;
};

// clang-format off
constexpr std::array kCopdSignals{
    //     measure         first  last   noise every hours
    Signal{"loinc:2708-6",  91.5,  90.8,  0.9,  1,    {8, -1, -1}},
    Signal{"loinc:8867-4",  78,    82,    5,    1,    {8, -1, -1}},
    Signal{"loinc:9279-1",  17,    18,    1.5,  1,    {8, -1, -1}},
    Signal{"loinc:8310-5",  36.6,  36.7,  0.2,  1,    {8, -1, -1}},
};
constexpr std::array kHeartSignals{
    Signal{"loinc:29463-7", 81.2,  83.4,  0.35, 1,    {7, -1, -1}},
    Signal{"loinc:85354-9", 132,   128,   7,    1,    {7, -1, -1}, "76"},
    Signal{"loinc:8867-4",  68,    71,    4,    1,    {7, -1, -1}},
    Signal{"loinc:2708-6",  95.5,  95,    0.8,  1,    {7, -1, -1}},
};
constexpr std::array kDiabetesSignals{
    Signal{"loinc:15074-8", 8.6,   7.4,   1.3,  1,    {7, 12, 18}},
    Signal{"loinc:29463-7", 93.5,  91.2,  0.4,  7,    {8, -1, -1}},
    Signal{"loinc:85354-9", 136,   131,   6,    1,    {8, -1, -1}, "81"},
};
constexpr std::array kCopdEvents{
    Event{"loinc:2708-6", 71, 83}, Event{"loinc:2708-6", 70, 86}, Event{"loinc:2708-6", 33, 87}, Event{"loinc:8867-4", 71, 112},
    Event{"loinc:2708-6", 0, 87},
};
constexpr std::array kHeartEvents{Event{"loinc:29463-7", 52, 86.3}, Event{"loinc:29463-7", 51, 86.1}};
constexpr std::array kDiabetesEvents{Event{"loinc:15074-8", 60, 3.8}, Event{"loinc:15074-8", 24, 13.2}};

constexpr std::array kPeople{
    Person{"astrid", "Astrid", "Fjellheim", "female", "1949-03-14", "14834930022", "copd",          "Egenbehandlingsplan ved kols",          kCopdSignals,     kCopdEvents},
    Person{"nils",   "Nils",   "Havnes",    "male",   "1941-11-02", "02914130185", "heart-failure", "Egenbehandlingsplan ved hjertesvikt",   kHeartSignals,    kHeartEvents},
    Person{"marit",  "Marit",  "Solbakken", "female", "1957-06-23", "23865730020", "diabetes",      "Egenbehandlingsplan ved diabetes",      kDiabetesSignals, kDiabetesEvents},
};
// clang-format on

/// Everything that writing needs; every step may refuse.
struct Writer {
  interaction::Act& act;

  Result<void> put(fhir::Tree tree, std::string_view id) const {
    return act.create(tree.edit(), std::string(id)).map([](const auto&) {});
  }
  Result<std::string> add(fhir::Tree tree) const {
    return act.create(tree.edit()).map([](const auto& version) { return version.id; });
  }
};

fhir::Editor add_identifier(fhir::Editor resource, std::string_view system, std::string_view value) {
  auto identifier = resource.add("identifier");
  identifier.set("system", system);
  identifier.set("value", value);
  return resource;
}

void add_name(fhir::Editor resource, std::string_view given, std::string_view family) {
  auto name = resource.add("name");
  name.set("family", family);
  name.add("given", given);
}

// --- who -------------------------------------------------------------------------------------------------------------

Result<void> write_practice(const Writer& writer) {
  auto organization = fhir::Tree::of("Organization");
  add_identifier(organization.edit(), norway::kHerId, "8999001");
  add_identifier(organization.edit(), norway::kOrgNumber, "310999717");
  organization.edit().set("active", "true");
  organization.edit().set("name", "Bjørkelia legesenter");

  auto practitioner = fhir::Tree::of("Practitioner");
  add_identifier(practitioner.edit(), norway::kHpr, "565599991");
  add_name(practitioner.edit(), "Ingrid", "Lien");

  auto role = fhir::Tree::of("PractitionerRole");
  add_identifier(role.edit(), norway::kHerId, "8999002");
  role.edit().set("active", "true");
  add_reference(role.edit(), "practitioner", "Practitioner/demo-lege");
  add_reference(role.edit(), "organization", "Organization/demo-legesenter");
  return writer.put(std::move(organization), "demo-legesenter")
      .and_then([&] { return writer.put(std::move(practitioner), "demo-lege"); })
      .and_then([&] { return writer.put(std::move(role), "demo-fastlege"); });
}

fhir::Tree patient_of(const Person& person) {
  auto tree = fhir::Tree::of("Patient");
  auto patient = tree.edit();
  add_identifier(patient, norway::kFnr, person.identity_number);
  patient.set("active", "true");
  add_name(patient, person.given, person.family);
  patient.set("gender", person.gender);
  patient.set("birthDate", person.birth_date);
  add_reference(patient, "generalPractitioner", "PractitionerRole/demo-fastlege");
  return tree;
}

// --- what was measured -----------------------------------------------------------------------------------------------

/// The same numbers on every machine: the engine is fixed by the standard, its distributions are not.
class Noise {
 public:
  explicit Noise(unsigned seed) : engine_(seed) {}
  double uniform() { return static_cast<double>(engine_()) / 4294967296.0; }
  double normal() { return uniform() + uniform() + uniform() + uniform() - 2; }  // close enough, and never far out

 private:
  std::mt19937 engine_;
};

void set_code(fhir::Editor codeable_concept, const Measure& measure) {
  add_coding(codeable_concept, measure.system, measure.code, measure.display);
}

void add_value(fhir::Editor place, const Measure& measure, double value) {
  set_quantity(place.add("valueQuantity"), fmt::format("{:.{}f}", value, measure.decimals), measure.unit);
}

fhir::Tree observation_of(const Person& person, const Measure& measure, Instant time) {
  auto tree = fhir::Tree::of("Observation");
  auto observation = tree.edit();
  observation.set("status", "final");
  add_coding(observation.add("category"), codes::kCategory, measure.code == "15074-8" ? "laboratory" : "vital-signs");
  set_code(observation.add("code"), measure);
  add_reference(observation, "subject", fmt::format("Patient/{}", person.id));
  observation.set("effectiveDateTime", interaction::fhir_instant(time));
  add_reference(observation, "performer", fmt::format("Patient/{}", person.id));
  return tree;
}

struct Written {
  std::string red_id;  ///< the one early red reading
  Instant red_time{};
};

class History {
 public:
  History(const Writer& writer, const Person& person, unsigned seed)
      : writer_(writer), person_(person), noise_(seed), today_(floor<days>(writer.act.now())) {}

  /// The days from `first` to `last`, counted back from today.
  Result<Written> write(int first, int last) {
    Written written;
    for (int days_ago = first; days_ago >= last; --days_ago)
      for (const auto& signal : person_.signals) FHIR_TRY(write_day(signal, days_ago, written));
    return written;
  }

 private:
  Result<void> write_day(const Signal& signal, int days_ago, Written& written) {
    if (days_ago % signal.every_days != 0) return {};
    const Event* event = event_on(signal.measure, days_ago);
    for (const int hour : signal.hours) {
      if (hour < 0) continue;
      const bool skipped = noise_.uniform() < 0.04;  // people forget
      const double share = 1 - static_cast<double>(days_ago) / kDays;
      double value = signal.first + (signal.last - signal.first) * share + signal.noise * noise_.normal();
      const double other = noise_.normal();
      if (skipped && !event) continue;
      if (event) value = event->value;
      const auto time = moment(days_ago, hour);
      if (time > writer_.act.now()) continue;  // this evening has not been yet
      auto id = write_reading(signal, time, value, other);
      FHIR_TRY(id);
      if (event && days_ago == 71 && signal.measure == "loinc:2708-6") written = {*id, time};
      event = nullptr;
    }
    return {};
  }

  Result<std::string> write_reading(const Signal& signal, Instant time, double value, double other) {
    const auto& measure = *find_measure(full_key(signal.measure));
    auto tree = observation_of(person_, measure, time);
    if (signal.second.empty()) {
      add_value(tree.edit(), measure, value);
      return writer_.add(std::move(tree));
    }
    const double diastolic = number_of(signal.second).value_or(0) + 0.4 * (value - signal.first) + 3 * other;
    for (const auto& [key, number] : {std::pair{"loinc:8480-6", value}, {"loinc:8462-4", diastolic}}) {
      auto component = tree.edit().add("component");
      const auto& part = *find_measure(full_key(key));
      set_code(component.add("code"), part);
      add_value(component, part, number);
    }
    return writer_.add(std::move(tree));
  }

  /// This morning's reading is always there, however early the server was started.
  Instant moment(int days_ago, int hour) {
    const Instant day = today_ - days{days_ago};
    const time::Wall wall = time::Wall(day.time_since_epoch()) + hours{hour};
    const auto time = writer_.act.zone().instant(wall) + minutes{static_cast<int>(noise_.uniform() * 40)};
    return days_ago == 0 && hour < 10 ? std::min<Instant>(time, writer_.act.now() - minutes{1}) : time;
  }

  const Event* event_on(std::string_view measure, int days_ago) const {
    for (const auto& event : person_.events)
      if (event.measure == measure && event.days_ago == days_ago) return &event;
    return nullptr;
  }

  const Writer& writer_;
  const Person& person_;
  Noise noise_;
  sys_days today_;
};

/// What a nurse did about the red reading then.
Result<void> write_handled_alert(const Writer& writer, const Person& person, const Written& written) {
  if (written.red_id.empty()) return {};
  auto tree = task_of(
      {std::string(person.id), "alert", "asap", "SpO2 83 % er under rød grense 85 %", "Observation/" + written.red_id},
      written.red_time);
  auto task = tree.edit();
  task.set("status", "completed");
  task.set("lastModified", interaction::fhir_instant(written.red_time + minutes{35}));
  task.add("owner").set("display", "Sykepleier, oppfølgingssenteret");
  auto note = task.add("note");
  note.set("time", interaction::fhir_instant(written.red_time + minutes{35}));
  note.set("text", "Ringte pasienten: forkjølet, har startet egenbehandling etter planen. Ny måling i morgen.");
  return writer.add(std::move(tree)).map([](const auto&) {});
}

Result<void> write_person(const Writer& writer, const Person& person, unsigned seed) {
  if (auto put = writer.put(patient_of(person), person.id); !put) return put;
  auto plan = typical_plan(person.plan);
  FHIR_TRY(plan);
  const EnrolmentRequest request{std::string(person.id), floor<days>(writer.act.now()) - days{kDays},
                                 std::string(person.plan_title), std::move(*plan)};
  FHIR_TRY(write_plan(writer.act, request));

  History history(writer, person, seed);
  const auto before = history.write(kDays, 1);
  FHIR_TRY(before);
  if (auto handled = write_handled_alert(writer, person, *before); !handled) return handled;
  FHIR_TRY(write_episode(writer.act, request));
  return history.write(0, 0).map([](const auto&) {});
}

}  // namespace

Result<bool> load_patients(const interaction::Repository& repository) {
  return repository.write([&](interaction::Act& act) -> Result<bool> {
    if (!act.transaction().is_new()) return false;
    const Writer writer{act};
    FHIR_TRY(write_practice(writer));
    for (unsigned i = 0; i < kPeople.size(); ++i) FHIR_TRY(write_person(writer, kPeople[i], i + 1));
    return true;
  });
}

}  // namespace varde::demo
