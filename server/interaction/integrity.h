#pragma once
/// @file server/interaction/integrity.h
/// Whether literal references to resources of our own must lead somewhere, as the settings say for each of them: nobody
/// asks (off, the default), it is logged (warn), or the write is refused (refuse). A delete that would leave references
/// behind is held to the same rules, and names who refers; it finds them by search parameters, which R4 has for nearly
/// all. A transaction is looked at as a whole: what comes with it is there, what goes with it does not refer any more.
/// Source: https://hl7.org/fhir/R4/http.html#transaction (referential integrity), #delete
/// Faults: reference_unresolved, resource_conflict.
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/interaction/store.h"

namespace varde::interaction {

/// What an Act does besides, told before its first write: "Patient/1" of what it writes, and of what it deletes.
struct Together {
  std::set<std::string, std::less<>> written, deleted;
};

class Integrity final : public Effect {
 public:
  enum class Mode : std::uint8_t { off, warn, refuse };
  /// "Observation.subject", "Observation.*" or "*"; the most exact one holds.
  struct Rule {
    std::string pattern;
    Mode mode = Mode::off;
  };
  using Log = std::function<void(std::string_view)>;

  /// `log` is told places, never what a reference says.
  Integrity(std::vector<Rule> rules, Log log) : rules_(std::move(rules)), log_(std::move(log)) {}
  Result<void> before(Act&, fhir::Editor resource, const Pending&) override;
  Result<void> after(Act&, const Stored&) override;

 private:
  Mode mode_of(std::string_view path) const;
  Result<void> check(Act& act, fhir::Element element, std::string_view self) const;
  Result<void> check_left(Act& act, fhir::TypeId type, const std::string& id) const;

  const std::vector<Rule> rules_;
  const Log log_;
};

}  // namespace varde::interaction
