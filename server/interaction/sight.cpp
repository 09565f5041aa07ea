#include "server/interaction/sight.h"

#include <algorithm>

#include "server/access/type_group.h"
#include "server/storage/care_relations.h"
#include "server/storage/patients.h"

namespace varde::interaction {
namespace {

using access::Grant;
using access::Whose;
using storage::PatientKey;

const fhir::TypeId kPatient = fhir::find_type("Patient");

/// Identity numbers are of these systems (norway/identifiers.h).
constexpr std::string_view kPersonSystems[] = {"urn:oid:2.16.578.1.12.4.1.4.1", "urn:oid:2.16.578.1.12.4.1.4.2"};

/// The patient of that identity number, if it is one.
PatientKey patient_of(const storage::Snapshot& snapshot, std::string_view person) {
  PatientKey found = PatientKey::none;
  for (const std::string_view system : kPersonSystems)
    for (const auto key : snapshot.by_identifier(kPatient, system, person)) {
      const auto version = snapshot.current(key);
      if (!version || storage::patients::is_replaced(snapshot, version->patient)) continue;
      if (found != PatientKey::none && found != version->patient) return PatientKey::none;
      found = version->patient;
    }
  return found;
}

/// A grant's holders by what they do: let in, let in whatever the patient says (emergency access), and keep out.
struct Holders {
  std::vector<std::string> in, anyway, out;
};
Holders sorted_out(const std::vector<std::string>& relations) {
  Holders holders;
  for (const std::string& one : relations)
    (one.starts_with("blocked ")     ? holders.out
     : one.starts_with("emergency ") ? holders.anyway
                                     : holders.in)
        .push_back(one);
  return holders;
}

/// The groups whose types may tell of several patients, whoever their key names.
bool is_of_one_patient(fhir::TypeId type) {
  using access::TypeGroup;
  const TypeGroup group = access::group_of(type);
  return group != TypeGroup::technical && group != TypeGroup::audit;
}

}  // namespace

const std::vector<PatientKey>& Sight::named(const Whose& whose) const {
  for (const auto& [of, keys] : named_)
    if (of == &whose) return keys;
  std::vector<PatientKey> keys;
  for (const std::string& id : whose.patients)
    if (const PatientKey key = snapshot_.patient_key(id); key != PatientKey::none) keys.push_back(key);
  if (!whose.person.empty())
    if (const PatientKey key = patient_of(snapshot_, whose.person); key != PatientKey::none) keys.push_back(key);
  return named_.emplace_back(&whose, std::move(keys)).second;
}

bool Sight::is_of(const Whose& whose, PatientKey patient) const {
  if (whose.everybody) return true;
  const auto& keys = named(whose);
  if (std::find(keys.begin(), keys.end(), patient) != keys.end()) return true;
  if (whose.relations.empty()) return false;
  const auto [known, is_new] = related_[&whose].try_emplace(patient, false);
  if (!is_new) return known->second;
  const auto related = [&](const std::vector<std::string>& holders) {
    return storage::care_relations::is_related(snapshot_, holders, patient, now_);
  };
  const Holders holders = sorted_out(whose.relations);
  return known->second = related(holders.anyway) || (related(holders.in) && !related(holders.out));
}

/// Whoever works by care relations may write down somebody new, and begin the follow-up of whom no centre follows up.
bool Sight::may_begin(const Whose& whose, fhir::TypeId type, PatientKey patient, access::Rights any_of) const {
  if (any_of != access::bit(access::Right::create) || whose.relations.empty()) return false;
  if (type == kPatient) return true;
  static const fhir::TypeId kEpisode = fhir::find_type("EpisodeOfCare");
  return type == kEpisode && !storage::care_relations::is_anybodys(snapshot_, "centre", patient, now_);
}

bool Sight::admits(fhir::TypeId type, PatientKey patient, access::Rights any_of) const {
  if (!is_restricted()) return true;
  if (!principal_.grant) return false;
  const bool shared = patient == PatientKey::none && access::is_shared(type);
  for (const Grant::Part& part : principal_.grant->parts) {
    if ((part.rights[static_cast<std::size_t>(type)] & any_of) == 0) continue;
    if (shared || (part.whose.everybody && !part.within)) return true;
    if (!part.within && patient != PatientKey::none && may_begin(part.whose, type, patient, any_of)) return true;
    if (patient != PatientKey::none && is_of_one_patient(type) && is_of(part.whose, patient) &&
        (!part.within || is_of(*part.within, patient)))
      return true;
  }
  return false;
}

std::optional<PatientKey> Sight::only(fhir::TypeId type) const {
  if (!is_restricted() || !principal_.grant || access::is_shared(type)) return std::nullopt;
  PatientKey only = PatientKey::none;
  for (const Grant::Part& part : principal_.grant->parts) {
    if ((part.rights[static_cast<std::size_t>(type)] & access::kReading) == 0) continue;
    if (part.whose.everybody || !part.whose.relations.empty()) return std::nullopt;
    for (const PatientKey key : named(part.whose)) {
      if (only != PatientKey::none && only != key) return std::nullopt;
      only = key;
    }
  }
  return only == PatientKey::none ? std::nullopt : std::optional(only);
}

namespace {

storage::Condition patients_condition(fhir::TypeId type, std::vector<PatientKey> patients) {
  storage::Condition out;
  out.of = storage::Condition::Of::patients, out.type = type, out.patients = std::move(patients);
  return out;
}

}  // namespace

storage::Condition Sight::condition_of(const Whose& whose, fhir::TypeId type) const {
  if (whose.everybody) return storage::all_of(type, {});
  std::vector<storage::Condition> ways;
  ways.push_back(patients_condition(type, named(whose)));
  const auto related = [&](std::vector<std::string> holders) {
    storage::Condition out;
    out.of = storage::Condition::Of::related, out.type = type;
    out.holders = std::move(holders), out.now = now_;
    return out;
  };
  Holders holders = sorted_out(whose.relations);
  if (!holders.anyway.empty()) ways.push_back(related(std::move(holders.anyway)));
  if (!holders.in.empty()) {
    std::vector<storage::Condition> both;
    both.push_back(related(std::move(holders.in)));
    if (!holders.out.empty()) {
      std::vector<storage::Condition> out;
      out.push_back(related(std::move(holders.out)));
      both.push_back(storage::none_of(type, std::move(out)));
    }
    ways.push_back(storage::all_of(type, std::move(both)));
  }
  return storage::any_of(type, std::move(ways));
}

std::optional<storage::Condition> Sight::condition(fhir::TypeId type) const {
  if (!is_restricted()) return storage::all_of(type, {});
  std::vector<storage::Condition> ways;
  const std::vector<Grant::Part> none;
  for (const Grant::Part& part : principal_.grant ? principal_.grant->parts : none) {
    if ((part.rights[static_cast<std::size_t>(type)] & access::kReading) == 0) continue;
    if (part.whose.everybody && !part.within) return storage::all_of(type, {});
    if (access::is_shared(type)) ways.push_back(patients_condition(type, {PatientKey::none}));
    if (!is_of_one_patient(type)) continue;
    std::vector<storage::Condition> all;
    all.push_back(condition_of(part.whose, type));
    if (part.within) all.push_back(condition_of(*part.within, type));
    ways.push_back(storage::all_of(type, std::move(all)));
  }
  return storage::any_of(type, std::move(ways));
}

}  // namespace varde::interaction
