#pragma once
/// @file server/interaction/sight.h
/// What of the store somebody may see and write. A resource that may not be seen is as if it were not there.
/// Whose a resource is, is stored with its version; a resource of no patient may be seen by all who may see its type,
/// where its type says nothing of patients. One of a type that may tell of several patients is seen by who may see
/// every patient whom it names (named.h). Of a scope with search parameters, what fits them is seen (narrowing.h).
/// Threads: of one View, hence of one thread.
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "server/access/grant.h"
#include "server/access/principal.h"
#include "server/search/restriction.h"
#include "server/storage/storage.h"

namespace varde::interaction {

class Narrowing;
class Store;

class Sight final : public search::Restriction {
 public:
  /// All three outlive it.
  Sight(const storage::Snapshot& snapshot, const Store& store, const access::Principal& principal,
        storage::Instant now);
  ~Sight() override;

  bool is_restricted() const { return restricted_ && lifted_ == 0; }
  bool is_lifted() const { return lifted_ != 0; }
  /// Whether all that the patient has of that type may be seen, whatever it says.
  bool admits(fhir::TypeId type, storage::PatientKey patient) const { return admits(type, patient, access::kReading); }
  bool admits(fhir::TypeId type, storage::PatientKey patient, access::Rights any_of) const;
  /// Whether that version may, by its content where that counts. Of a deletion nothing is known but whose it was.
  bool admits(const storage::Version& version) const override { return admits(version, access::kReading); }
  bool admits(const storage::Version& version, access::Rights any_of) const;
  bool admits(fhir::Element resource, storage::PatientKey patient, access::Rights any_of) const;
  bool may_admit(fhir::TypeId type, storage::PatientKey patient) const override;
  std::optional<storage::PatientKey> only(fhir::TypeId type) const override;
  std::optional<storage::Condition> condition(fhir::TypeId type) const override;

  /// What is found out is forgotten: something was written.
  void forget() const;

  /// The patient of that identity number; none: nobody, or it cannot be told. It is no answer to whoever asks.
  storage::PatientKey who_has(std::string_view number) const noexcept;

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
  class Content;
  bool reaches(const access::Grant::Part& part, fhir::TypeId type, storage::PatientKey patient,
               access::Rights any_of) const;
  bool reaches_all(const access::Grant::Part& part, const std::vector<storage::PatientKey>& patients,
                   fhir::TypeId type) const;
  bool is_of(const access::Grant::Part& part, storage::PatientKey patient) const {
    return patient != storage::PatientKey::none && is_of(part.whose, patient) &&
           (!part.within || is_of(*part.within, patient));
  }
  bool needs_content(fhir::TypeId type, access::Rights any_of) const;
  storage::Condition whose_condition(const access::Grant::Part& part, fhir::TypeId type) const;
  const Narrowing& narrowing(const access::Grant::Part& part, fhir::TypeId type) const;
  bool may_begin(const access::Whose& whose, fhir::TypeId type, storage::PatientKey patient,
                 access::Rights any_of) const;
  bool is_of(const access::Whose& whose, storage::PatientKey patient) const;
  storage::Condition condition_of(const access::Whose& whose, fhir::TypeId type) const;
  const std::vector<storage::PatientKey>& named(const access::Whose& whose) const;

  const storage::Snapshot& snapshot_;
  const Store& store_;
  const access::Principal& principal_;
  const storage::Instant now_;
  const bool restricted_;
  mutable int lifted_ = 0;
  mutable std::vector<std::pair<const access::Whose*, std::vector<storage::PatientKey>>> named_;
  mutable std::vector<std::pair<const access::Grant::Part*, std::unique_ptr<Narrowing>>> narrowings_;
  /// By part of the grant and patient.
  mutable std::unordered_map<const access::Whose*, std::unordered_map<storage::PatientKey, bool>> related_;
};

}  // namespace varde::interaction
