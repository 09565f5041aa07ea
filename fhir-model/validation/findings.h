#pragma once
/// @file fhir-model/validation/findings.h
/// Collects what validation finds, up to a limit, so that hostile input cannot make the answer large.
/// Errors have the first right to that room: warnings and information fill at most half of it.
/// Of a request whose budget is spent there is nothing more to find; whoever brought the budget asks it.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir-model/budget/budget.h"
#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::fhir {

/// What a report holds: a write asks for errors only, $validate and `varde validate` for everything.
enum class Report : std::uint8_t { errors, everything };

/// The rule that a finding is about, and where it stands.
struct About {
  std::string_view below = {};   ///< a name under the element that is missing, or empty
  std::string_view source = {};  ///< the rule: "http://hl7.org/fhir/StructureDefinition/Observation#obs-6"
  Severity severity = Severity::error;
};

class Findings {
 public:
  explicit Findings(Element resource, Report report = Report::errors, Budget* budget = nullptr)
      : resource_(resource), report_(report), budget_(budget) {}

  bool full() const { return found_.size() >= kMost || (budget_ != nullptr && budget_->is_spent()); }
  /// One element, or one rule, is looked at.
  void spend() const {
    if (budget_ != nullptr) budget_->spend();
  }
  Budget* budget() const { return budget_; }
  /// Whether a finding of that severity would be kept.
  bool wants(Severity severity) const {
    if (severity == Severity::error) return !full();
    return report_ == Report::everything && advice_ < kMost / 2 && !full();
  }

  /// Whether that error was found at that place already.
  bool has(Fault fault, Element at, std::string_view below = {}) const;

  void add(Fault fault, Element at, std::string diagnostics, const About& about = {});

  /// Errors, then warnings, then information; each in document order: what is wrong with an element stands before what
  /// is wrong inside it.
  std::vector<Failure> take();
  Element resource() const { return resource_; }

 private:
  static constexpr std::size_t kMost = 100;
  struct Found {
    Element at;
    Failure failure;
  };
  Element resource_;
  Report report_;
  Budget* budget_;
  std::vector<Found> found_;
  std::size_t advice_ = 0;  ///< how many are no errors
};

}  // namespace varde::fhir
