#include "server/interaction/sight.h"

#include <algorithm>
#include <iterator>

#include "server/access/type_group.h"
#include "server/interaction/act.h"
#include "server/interaction/named.h"
#include "server/interaction/narrowing.h"
#include "server/interaction/person.h"
#include "server/interaction/store.h"
#include "server/storage/care_relations.h"

namespace varde::interaction {
namespace {

using access::Grant;
using access::Whose;
using storage::PatientKey;

const fhir::TypeId kPatient = fhir::find_type("Patient");

/// The patient of that identity number, if it is one.
PatientKey patient_of(const storage::Snapshot& snapshot, std::string_view person) {
  const auto found = person_with_number(snapshot, person);
  return found.patient ? found.patient->patient : PatientKey::none;
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

/// The groups whose types tell of the one patient whom their key names.
bool is_of_one_patient(fhir::TypeId type) {
  using access::TypeGroup;
  const TypeGroup group = access::group_of(type);
  return group != TypeGroup::technical && group != TypeGroup::audit && group != TypeGroup::several;
}

bool has(const Grant::Part& part, fhir::TypeId type, access::Rights any_of) {
  return (part.rights[static_cast<std::size_t>(type)] & any_of) != 0;
}

bool is_of_everybody(const Grant::Part& part) { return part.whose.everybody && !part.within; }

}  // namespace

Sight::Sight(const storage::Snapshot& snapshot, const Store& store, const access::Principal& principal,
             storage::Instant now)
    : snapshot_(snapshot), store_(store), principal_(principal), now_(now), restricted_(!principal.is_unrestricted()) {}

Sight::~Sight() = default;

PatientKey Sight::who_has(std::string_view number) const noexcept {
  try {
    return patient_of(snapshot_, number);
  } catch (const std::exception&) {
    return PatientKey::none;  // nothing is attested of anybody then
  }
}

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

/// Of a type that tells of one patient at most, whether the part is about that one.
bool Sight::reaches(const Grant::Part& part, fhir::TypeId type, PatientKey patient, access::Rights any_of) const {
  if (is_of_everybody(part) || (patient == PatientKey::none && access::is_shared(type))) return true;
  if (!part.within && patient != PatientKey::none && may_begin(part.whose, type, patient, any_of)) return true;
  return is_of_one_patient(type) && is_of(part, patient);
}

bool Sight::admits(fhir::TypeId type, PatientKey patient, access::Rights any_of) const {
  if (!is_restricted()) return true;
  if (!principal_.grant) return false;
  const auto& parts = principal_.grant->parts;
  return std::any_of(parts.begin(), parts.end(), [&](const Grant::Part& part) {
    return part.only.empty() && has(part, type, any_of) && reaches(part, type, patient, any_of);
  });
}

bool Sight::may_admit(fhir::TypeId type, PatientKey patient) const {
  if (!is_restricted()) return true;
  if (!principal_.grant) return false;
  const auto& parts = principal_.grant->parts;
  return std::any_of(parts.begin(), parts.end(), [&](const Grant::Part& part) {
    return has(part, type, access::kReading) &&
           (access::tells_of_several(type) || reaches(part, type, patient, access::kReading));
  });
}

/// What a resource says, found out where it is asked.
class Sight::Content {
 public:
  Content(fhir::Element resource, const storage::Snapshot& snapshot, const Store& store)
      : resource_(resource), snapshot_(snapshot), store_(store) {}
  const storage::IndexRows& rows() {
    if (!rows_) store_.index(resource_, snapshot_, rows_.emplace());
    return *rows_;
  }
  const std::vector<PatientKey>& named() {
    if (!named_) named_ = named_in(resource_, snapshot_, store_).patients;
    return *named_;
  }

 private:
  fhir::Element resource_;
  const storage::Snapshot& snapshot_;
  const Store& store_;
  std::optional<storage::IndexRows> rows_;
  std::optional<std::vector<PatientKey>> named_;
};

/// Whether it may see all whom a resource names that may tell of several.
bool Sight::reaches_all(const Grant::Part& part, const std::vector<PatientKey>& patients, fhir::TypeId type) const {
  if (is_of_everybody(part)) return true;
  if (patients.empty()) return access::may_name_nobody(type);
  return std::all_of(patients.begin(), patients.end(), [&](PatientKey one) { return is_of(part, one); });
}

bool Sight::admits(fhir::Element resource, PatientKey patient, access::Rights any_of) const {
  const fhir::TypeId type = resource.type();
  if (admits(type, patient, any_of)) return true;
  if (!needs_content(type, any_of)) return false;
  Content content(resource, snapshot_, store_);
  const auto& parts = principal_.grant->parts;
  return std::any_of(parts.begin(), parts.end(), [&](const Grant::Part& part) {
    if (!has(part, type, any_of)) return false;
    if (!(access::tells_of_several(type) ? reaches_all(part, content.named(), type)
                                         : reaches(part, type, patient, any_of)))
      return false;
    return part.only.empty() || narrowing(part, type).fits(content.rows());
  });
}

bool Sight::needs_content(fhir::TypeId type, access::Rights any_of) const {
  if (!principal_.grant) return false;
  const auto& parts = principal_.grant->parts;
  return std::any_of(parts.begin(), parts.end(), [&](const Grant::Part& part) {
    return has(part, type, any_of) && (!part.only.empty() || access::tells_of_several(type));
  });
}

bool Sight::admits(const storage::Version& version, access::Rights any_of) const {
  if (admits(version.type, version.patient, any_of)) return true;
  if (version.method == storage::Method::remove || !needs_content(version.type, any_of)) return false;
  const fhir::Tree tree = View::tree(version);
  return admits(tree.root(), version.patient, any_of);
}

const Narrowing& Sight::narrowing(const Grant::Part& part, fhir::TypeId type) const {
  for (const auto& [of, known] : narrowings_)
    if (of == &part) return *known;
  return *narrowings_.emplace_back(&part, std::make_unique<Narrowing>(type, part.only, snapshot_, now_)).second;
}

void Sight::forget() const { related_.clear(), narrowings_.clear(); }

std::optional<PatientKey> Sight::only(fhir::TypeId type) const {
  if (!is_restricted() || !principal_.grant || access::is_shared(type) || access::tells_of_several(type))
    return std::nullopt;
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

storage::Condition names(fhir::TypeId type, storage::Condition patient) {
  storage::Condition out;
  out.of = storage::Condition::Of::names, out.type = type;
  out.parts.push_back(std::move(patient));
  return out;
}

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

/// Of a type that tells of several: it names somebody, and nobody who may not be seen.
storage::Condition Sight::whose_condition(const Grant::Part& part, fhir::TypeId type) const {
  std::vector<storage::Condition> all;
  all.push_back(condition_of(part.whose, type));
  if (part.within) all.push_back(condition_of(*part.within, type));
  storage::Condition of = storage::all_of(type, std::move(all));
  if (!access::tells_of_several(type)) return of;
  std::vector<storage::Condition> hidden, both;
  hidden.push_back(std::move(of));
  std::vector<storage::Condition> strangers;
  strangers.push_back(names(type, storage::none_of(type, std::move(hidden))));
  both.push_back(storage::none_of(type, std::move(strangers)));
  if (!access::may_name_nobody(type)) both.push_back(names(type, storage::all_of(type, {})));
  return storage::all_of(type, std::move(both));
}

std::optional<storage::Condition> Sight::condition(fhir::TypeId type) const {
  if (!is_restricted()) return storage::all_of(type, {});
  std::vector<storage::Condition> ways;
  const std::vector<Grant::Part> none;
  for (const Grant::Part& part : principal_.grant ? principal_.grant->parts : none) {
    if (!has(part, type, access::kReading)) continue;
    std::vector<storage::Condition> of_part;
    if (is_of_everybody(part)) {
      if (part.only.empty()) return storage::all_of(type, {});
      of_part.push_back(storage::all_of(type, {}));
    } else {
      if (access::is_shared(type)) of_part.push_back(patients_condition(type, {PatientKey::none}));
      if (is_of_one_patient(type) || access::tells_of_several(type)) of_part.push_back(whose_condition(part, type));
    }
    if (part.only.empty()) {
      std::move(of_part.begin(), of_part.end(), std::back_inserter(ways));
      continue;
    }
    std::vector<storage::Condition> narrowed;
    narrowed.push_back(storage::any_of(type, std::move(of_part)));
    narrowed.push_back(narrowing(part, type).condition());
    ways.push_back(storage::all_of(type, std::move(narrowed)));
  }
  return storage::any_of(type, std::move(ways));
}

}  // namespace varde::interaction
