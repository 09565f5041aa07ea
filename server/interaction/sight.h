#pragma once
/// @file server/interaction/sight.h
/// What of the store somebody may see and write. A resource that may not be seen is as if it were not there.
/// Whose a resource is, is stored with its version; a resource of no patient may be seen by all who may see its type,
/// where its type says nothing of patients.
/// Threads: of one View, hence of one thread.
#include <optional>
#include <unordered_map>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/access/grant.h"
#include "server/access/principal.h"
#include "server/search/restriction.h"
#include "server/storage/storage.h"

namespace varde::interaction {

class Sight final : public search::Restriction {
 public:
  /// Both outlive it.
  Sight(const storage::Snapshot& snapshot, const access::Principal& principal, storage::Instant now)
      : snapshot_(snapshot), principal_(principal), now_(now), restricted_(!principal.is_unrestricted()) {}

  bool is_restricted() const { return restricted_ && lifted_ == 0; }
  bool is_lifted() const { return lifted_ != 0; }
  bool admits(fhir::TypeId type, storage::PatientKey patient) const override {
    return admits(type, patient, access::kReading);
  }
  bool admits(fhir::TypeId type, storage::PatientKey patient, access::Rights any_of) const;
  std::optional<storage::PatientKey> only(fhir::TypeId type) const override;
  std::optional<storage::Condition> condition(fhir::TypeId type) const override;

  /// What is found out about relations is forgotten: something was written.
  void forget() const { related_.clear(); }

  /// While it lives, all is seen: what must happen with a write does so as ourselves.
  class Lifted {
   public:
    explicit Lifted(const Sight& sight) : sight_(sight) { ++sight_.lifted_; }
    ~Lifted() { --sight_.lifted_; }
    Lifted(const Lifted&) = delete;

   private:
    const Sight& sight_;
  };

 private:
  bool may_begin(const access::Whose& whose, fhir::TypeId type, storage::PatientKey patient,
                 access::Rights any_of) const;
  bool is_of(const access::Whose& whose, storage::PatientKey patient) const;
  storage::Condition condition_of(const access::Whose& whose, fhir::TypeId type) const;
  const std::vector<storage::PatientKey>& named(const access::Whose& whose) const;

  const storage::Snapshot& snapshot_;
  const access::Principal& principal_;
  const storage::Instant now_;
  const bool restricted_;
  mutable int lifted_ = 0;
  mutable std::vector<std::pair<const access::Whose*, std::vector<storage::PatientKey>>> named_;
  /// By part of the grant and patient.
  mutable std::unordered_map<const access::Whose*, std::unordered_map<storage::PatientKey, bool>> related_;
};

}  // namespace varde::interaction
