#pragma once
/// @file server/interaction/store.h
/// How a resource version is written, whoever asks: a client's create, a transaction entry, a message's effect, an
/// alert. One place gives id, meta.versionId and meta.lastUpdated, makes index rows, finds the patient compartment,
/// stores, and runs the effects that must commit with it (follow-up evaluation, ...). Source:
/// https://hl7.org/fhir/R4/http.html#create, #update, #delete Faults: version_conflict, id_mismatch, not_found, gone,
/// business_rule, and what an Effect refuses.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "server/interaction/act.h"
#include "server/interaction/precondition.h"
#include "server/storage/storage.h"

namespace varde::interaction {

/// A version about to be written. Whose it is, is decided once, by the references in it (search/index.h).
struct Pending {
  fhir::Element previous;  ///< the version before; absent on create (and when it was a deletion)
  storage::PatientKey patient = storage::PatientKey::none;
  storage::PatientKey previous_patient = storage::PatientKey::none;
};

struct Stored {
  const storage::Version& version;
  fhir::Element resource;  ///< absent when deleted
  fhir::Element previous;  ///< the version before; absent on create (and when it was a deletion)
  storage::PatientKey previous_patient = storage::PatientKey::none;  ///< whose the version before was
};

/// Something that must happen in the same storage transaction as a write.
class Effect {
 public:
  virtual ~Effect() = default;
  /// True for types that are judged by what else is stored: a transaction writes them after its other entries, so that
  /// the order of its entries does not matter (https://hl7.org/fhir/R4/http.html#trules).
  virtual bool judges(fhir::TypeId /*type*/) const { return false; }
  /// Before the bytes are made; may refuse the write, or change `resource` but for whose it is.
  virtual Result<void> before(Act&, fhir::Editor /*resource*/, const Pending&) { return {}; }
  /// After the version is stored; may write further resources (effects run for those too).
  virtual Result<void> after(Act&, const Stored&) { return {}; }
};

/// Source of new logical ids; a parameter, so that tests state exact ids.
using NewId = std::function<std::string()>;
/// UUID version 7 in lower case: sorts by time, so that new rows land together on disk.
NewId uuid_v7();

class Store {
 public:
  /// `base`: our public FHIR base; absolute references below it count as local.
  explicit Store(NewId new_id, std::string base = {});
  /// Called at wiring, before the first write. Effects run in this order.
  void add_effect(Effect& effect) { effects_.push_back(&effect); }

  std::string new_id() const { return new_id_(); }
  /// The id of our own resource of that type which the literal reference names; empty when it names none of ours.
  std::string own_id(std::string_view reference, fhir::TypeId type) const;
  bool is_judged(fhir::TypeId type) const {
    return std::any_of(effects_.begin(), effects_.end(), [&](const Effect* effect) { return effect->judges(type); });
  }
  // As the Act's of the same names, which call these.
  Result<storage::Version> create(Act&, fhir::Editor resource, std::optional<std::string> id = {});
  Result<storage::Version> update(Act&, fhir::Editor resource, const std::string& id,
                                  const Preconditions& preconditions = {});
  Result<std::optional<storage::Version>> remove(Act&, fhir::TypeId type, const std::string& id,
                                                 const Preconditions& preconditions = {});

  /// What is defined beside R4's search parameters, at the snapshot's moment; never null. Safe from any thread.
  std::shared_ptr<const search::OwnParameters> own_parameters(const storage::Snapshot& snapshot) const;
  /// Said once where some of R4's own are to be indexed anew, before anybody searches.
  void note_r4_is_reindexed() { r4_is_reindexed_ = true; }
  bool r4_is_reindexed() const { return r4_is_reindexed_; }

  /// What the resource is found by.
  void index(fhir::Element resource, const storage::Snapshot& snapshot, storage::IndexRows& rows) const;
  /// The id of the Patient whose it is; empty: nobody's.
  std::string owner(fhir::Element resource, const storage::Snapshot& snapshot) const;

 private:
  Result<storage::Version> write(Act&, fhir::Editor resource, std::string id,
                                 const std::optional<storage::Version>& current);
  NewId new_id_;
  std::string base_;
  std::vector<Effect*> effects_;
  struct Known;
  std::shared_ptr<Known> known_;  ///< of search parameters: the last that were asked for
  bool r4_is_reindexed_ = false;
};

}  // namespace varde::interaction
