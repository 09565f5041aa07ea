#pragma once
/// @file server/interaction/act.h
/// View and Act: one read and one write, by somebody. Whatever handles a request, a message, a rule or a timer gets one
/// of them and nothing else of storage: resources come through a View, and are written through an Act.
/// Stored bytes that do not parse are a damaged store (storage::EngineError): never an absent resource, and never the
/// client's fault.
#include <any>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "server/access/principal.h"
#include "server/interaction/auditor.h"
#include "server/interaction/precondition.h"
#include "server/interaction/sight.h"
#include "server/storage/storage.h"

namespace varde::search {
class OwnParameters;
}  // namespace varde::search

namespace varde::interaction {

class Store;

/// A consistent snapshot, and who looks at it. What that somebody may not see is not there (sight.h).
class View {
 public:
  /// All three outlive the View.
  View(const storage::Snapshot& snapshot, const Store& store, const access::Principal& principal, storage::Instant now)
      : snapshot_(snapshot), store_(store), principal_(principal), now_(now), sight_(snapshot, store, principal, now) {}
  View(const View&) = delete;

  const access::Principal& principal() const { return principal_; }
  storage::Instant now() const { return now_; }  ///< one reading of the clock for all of it
  Budget& budget() const { return snapshot_.budget(); }
  const time::Zone& zone() const { return snapshot_.zone(); }
  /// What storage's own functions and the search take; no resource is read from it by a handler.
  operator const storage::Snapshot&() const { return snapshot_; }
  const Store& store() const { return store_; }
  const Sight& sight() const { return sight_; }
  /// What a search here must be held to; nullptr: nothing.
  const search::Restriction* restriction() const { return sight_.is_restricted() ? &sight_ : nullptr; }

  /// What is defined beside R4's search parameters, at this moment; lives as long as the View.
  const search::OwnParameters& own_parameters() const;

  /// From now on what is seen and written is noted there, which outlives the View; for the audit log.
  void note_into(Notes& notes) const { notes_ = &notes; }
  void note(char action, const storage::Version& version) const {
    if (notes_ && !sight_.is_lifted())
      notes_->push_back({action, version.type, version.id, version.version, version.patient});
  }
  Notes* notes() const { return notes_; }

  // As the Snapshot's of the same names.
  std::optional<storage::Version> current(fhir::TypeId type, std::string_view id) const {
    return seen(snapshot_.current(type, id));
  }
  std::optional<storage::Version> current(storage::ResourceKey key) const { return seen(snapshot_.current(key)); }
  std::optional<storage::Version> version(fhir::TypeId type, std::string_view id, std::int64_t version) const {
    return seen(snapshot_.version(type, id, version));
  }
  std::vector<storage::Version> history(fhir::TypeId type, std::string_view id, std::size_t count, std::int64_t before,
                                        std::size_t most_bytes = SIZE_MAX) const;
  std::vector<storage::ResourceKey> by_identifier(fhir::TypeId type, std::string_view system,
                                                  std::string_view value) const {
    return snapshot_.by_identifier(type, system, value);
  }
  std::vector<storage::ResourceKey> with_token(storage::ParameterKey parameter, std::string_view code,
                                               storage::PatientKey patient) const {
    return snapshot_.with_token(parameter, code, patient);
  }
  bool has_token(storage::ParameterKey parameter, std::optional<std::string_view> system, std::string_view code,
                 storage::PatientKey patient, storage::ResourceKey resource) const {
    return snapshot_.has_token(parameter, system, code, patient, resource);
  }
  std::vector<storage::ResourceKey> by_token(storage::ParameterKey parameter, std::string_view system,
                                             std::string_view code) const {
    return snapshot_.by_token(parameter, system, code);
  }
  std::vector<storage::ResourceKey> referring(storage::ParameterKey parameter, fhir::TypeId target,
                                              std::string_view id) const {
    return snapshot_.referring(parameter, target, id);
  }
  storage::PatientKey patient_key(std::string_view id) const;
  std::string patient_id(storage::PatientKey patient) const { return snapshot_.patient_id(patient); }
  std::vector<std::string> measures(storage::PatientKey patient) const { return snapshot_.measures(patient); }
  std::vector<storage::Measurement> measurements(storage::PatientKey patient, std::string_view measure,
                                                 storage::Instant from, storage::Instant to, std::size_t count) const {
    return snapshot_.measurements(patient, measure, from, to, count);
  }

  /// The version's resource; `version` is no deletion.
  static fhir::Tree tree(const storage::Version& version);
  /// The current resource; nullopt where none was stored, or it is deleted.
  std::optional<fhir::Tree> tree(fhir::TypeId type, std::string_view id) const;
  std::optional<fhir::Tree> tree(storage::ResourceKey key) const;
  std::string new_id() const;
  /// The id of our own resource of that type which the literal reference names; empty when it names none of ours.
  std::string own_id(std::string_view reference, fhir::TypeId type) const;

 private:
  std::optional<storage::Version> seen(std::optional<storage::Version> version) const {
    if (version && sight_.is_restricted() && !sight_.admits(*version, access::kSeeing)) version.reset();
    if (notes_ && version) note('R', *version);
    return version;
  }

 protected:
  const storage::Snapshot& snapshot_;
  const Store& store_;
  const access::Principal& principal_;
  storage::Instant now_;
  Sight sight_;
  mutable Notes* notes_ = nullptr;
  mutable std::vector<std::shared_ptr<const search::OwnParameters>> own_parameters_;
};

/// A View that writes: everything in it is committed together, or nothing is.
class Act : public View {
 public:
  Act(storage::Transaction& transaction, Store& store, const access::Principal& principal)
      : View(transaction, store, principal, transaction.now()), transaction_(transaction), writer_(store) {}

  operator storage::Transaction&() const { return transaction_; }
  storage::Transaction& transaction() const { return transaction_; }
  /// The key of that patient, given here when it is new: resources may come before their Patient does.
  storage::PatientKey claim_patient(std::string_view id);

  /// `id` nullopt: a new one. meta and id in `resource` are set; its other content is kept.
  /// Faults: duplicate_resource, and what an Effect refuses.
  Result<storage::Version> create(fhir::Editor resource, std::optional<std::string> id = {});
  /// Creates when absent (update-as-create). Faults: version_conflict, and what an Effect refuses.
  Result<storage::Version> update(fhir::Editor resource, const std::string& id,
                                  const Preconditions& preconditions = {});
  /// Deleting what is already deleted or never existed succeeds and stores nothing (nullopt).
  Result<std::optional<storage::Version>> remove(fhir::TypeId type, const std::string& id,
                                                 const Preconditions& preconditions = {});

  /// What a room remembers until the Act is over, such as what it found out before a write for what follows it.
  template <class T>
  T& state() {
    for (auto& [type, value] : states_)
      if (type == std::type_index(typeid(T))) return *std::any_cast<T>(&value);
    return std::any_cast<T&>(states_.emplace_back(typeid(T), T{}).second);
  }

 private:
  storage::Transaction& transaction_;
  Store& writer_;
  std::vector<std::pair<std::type_index, std::any>> states_;
};

}  // namespace varde::interaction
