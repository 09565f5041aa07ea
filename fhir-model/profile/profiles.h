#pragma once
/// @file fhir-model/profile/profiles.h
/// The profiles, extension definitions and value sets that resources are held to: R4's own, and those that are added.
/// Source: https://hl7.org/fhir/R4/structuredefinition.html, https://hl7.org/fhir/R4/references.html#canonical
/// Threads: add() first; then any thread may ask.
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "fhir-model/profile/rule.h"
#include "fhir-model/profile/value_sets.h"

namespace varde::fhir {

class Profiles {
 public:
  /// Where to look for a definition that has not been added: a resource by its url, nothing when there is none.
  using Elsewhere = std::function<std::optional<Tree>(std::string_view url)>;

  Profiles() = default;
  /// What is known `beneath`, and what `elsewhere` gives; both outlive this.
  Profiles(const Profiles& beneath, Elsewhere elsewhere) : beneath_(&beneath), elsewhere_(std::move(elsewhere)) {}
  Profiles(const Profiles&) = delete;
  Profiles& operator=(const Profiles&) = delete;

  /// A StructureDefinition, ValueSet or CodeSystem, or a Bundle that holds some; other resources are passed over. A
  /// later definition with the same url and version takes the earlier one's place. Faults: required_missing (no url or
  /// type), type_unknown.
  Result<void> add(Tree definition);

  /// By canonical, with or without |version; nullptr when it is not known here. Prepared when first asked for.
  /// Faults: what makes the definition unusable, such as a base that is not known or a constraint that is no FHIRPath.
  Result<const profile::Profile*> find(std::string_view canonical) const;

  /// Whether a resource that is a profile could be used as one; always true of other resources. Nothing is added.
  Result<void> check(Element resource) const;

  /// The url of an extension that is known here, from which `url` differs by a slip of the pen; empty when there is
  /// none.
  std::string_view meant_by(std::string_view url) const;

  const profile::ValueSets& value_sets() const { return beneath_ ? beneath_->value_sets() : value_sets_; }

  /// The type a canonical speaks of: of R4's own ("http://hl7.org/fhir/StructureDefinition/Patient") or of a known
  /// profile; TypeId::none when neither.
  TypeId type_of(std::string_view canonical) const;

 private:
  struct Known {
    std::string version;
    std::shared_ptr<const Tree> definition;
    std::unique_ptr<const Result<profile::Profile>> ready = nullptr;
    bool preparing = false;
  };
  Result<void> add_one(Element definition);
  Result<void> check_types(const profile::Rule& rule) const;
  Known* known(std::string_view canonical) const;
  const Result<profile::Profile>& prepared(Known& known) const;
  Result<profile::Profile> prepare(std::shared_ptr<const Tree> definition) const;

  const Profiles* beneath_ = nullptr;
  Elsewhere elsewhere_;
  profile::ValueSets value_sets_;
  mutable std::recursive_mutex mutex_;  ///< a profile's base is prepared while it is
  mutable std::map<std::string, std::vector<std::unique_ptr<Known>>, std::less<>> by_url_;
};

/// The R4 type whose base definition that canonical is; TypeId::none for any other.
TypeId base_type(std::string_view canonical);

}  // namespace varde::fhir
