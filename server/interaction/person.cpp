#include "server/interaction/person.h"

#include "norway/identifiers.h"
#include "server/storage/patients.h"

namespace varde::interaction {
namespace {

void add(const storage::Snapshot& snapshot, std::string_view system, std::string_view value, Person& person) {
  static const fhir::TypeId kPatient = fhir::find_type("Patient");
  for (const auto key : snapshot.by_identifier(kPatient, system, value)) {
    if (person.several) return;
    auto patient = snapshot.current(key);
    if (!patient || patient->method == storage::Method::remove) continue;
    if (storage::patients::is_replaced(snapshot, patient->patient)) continue;
    if (person.patient && person.patient->key == patient->key) continue;
    person.several = person.patient.has_value();
    person.patient = std::move(patient);
  }
  if (person.several) person.patient.reset();
}

}  // namespace

Person person_with(const storage::Snapshot& snapshot, std::string_view system, std::string_view value) {
  Person person;
  add(snapshot, system, value, person);
  return person;
}

Person person_with_number(const storage::Snapshot& snapshot, std::string_view number) {
  Person person;
  for (const auto system : norway::kPersonNumbers)
    if (!person.several) add(snapshot, system, number, person);
  return person;
}

}  // namespace varde::interaction
