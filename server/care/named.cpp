#include "server/care/named.h"

#include <array>
#include <optional>

#include "server/access/type_group.h"
#include "server/interaction/named.h"
#include "server/storage/named_patients.h"

namespace varde::care {
namespace {

using interaction::Act;
using storage::PatientKey;
using storage::ResourceKey;
namespace named_patients = storage::named_patients;

/// Whether anything is awaited, as it was when this Act first asked, or since.
struct Waiting {
  std::optional<bool> anything = {};
};

/// By what one of these types refers to another.
struct Way {
  std::string_view type, parameter;
};
constexpr std::array kWays{
    Way{"Slot", "schedule"},     Way{"Appointment", "slot"},  Way{"AppointmentResponse", "appointment"},
    Way{"List", "item"},         Way{"Group", "member"},      Way{"Basic", "subject"},
    Way{"Provenance", "target"}, Way{"Provenance", "entity"}, Way{"Account", "subject"},
    Way{"Schedule", "actor"},    Way{"Appointment", "actor"},
};

void note_again(Act& act, ResourceKey key);

/// Those that name whom it names.
void note_those_referring(Act& act, fhir::TypeId type, std::string_view id) {
  for (const Way& way : kWays)
    for (const ResourceKey key : act.referring(storage::parameter_key(way.type, way.parameter), type, id))
      note_again(act, key);
}

void note(Act& act, ResourceKey key, fhir::Element resource) {
  const interaction::Named named = interaction::named_in(resource, act, act.store());
  const bool changed = named_patients::of(act, key) != named.patients;
  named_patients::replace(act, key, named.patients);
  if (changed) note_those_referring(act, resource.type(), resource["id"].value());
  named_patients::await(act, key, named.missing);
  if (!named.missing.empty()) act.state<Waiting>().anything = true;
}

void note_again(Act& act, ResourceKey key) {
  if (const auto tree = act.tree(key)) note(act, key, tree->root());
}

/// Which of those that name a patient are to be looked at again, now that something of that patient is another's.
void note_those_naming(Act& act, PatientKey patient) {
  if (patient == PatientKey::none) return;  // who names somebody unknown is seen by nobody who could see too much
  for (const ResourceKey key : named_patients::naming(act, patient)) note_again(act, key);
}

/// What was referred to before it was stored, in this Act or long ago.
void note_those_awaiting(Act& act, const storage::Version& version) {
  auto& anything = act.state<Waiting>().anything;
  if (!anything) anything = named_patients::is_anything_awaited(act);
  if (!*anything) return;
  for (const ResourceKey key : named_patients::awaiting(act, {version.type, version.id})) note_again(act, key);
}

}  // namespace

void note_named(Act& act, const interaction::Stored& stored) {
  if (access::tells_of_several(stored.version.type)) {
    if (stored.resource)
      note(act, stored.version.key, stored.resource);
    else
      named_patients::replace(act, stored.version.key, {}), named_patients::await(act, stored.version.key, {});
  } else if (stored.previous && stored.previous_patient != stored.version.patient) {
    note_those_naming(act, stored.previous_patient);
  }
  if (!stored.previous) note_those_awaiting(act, stored.version);
}

void note_named(Act& act, const storage::Version& current) {
  if (access::tells_of_several(current.type) && current.method != storage::Method::remove)
    note(act, current.key, act.tree(current).root());
}

}  // namespace varde::care
