#pragma once
/// @file fhir-model/validation/findings.h
/// Collects what validation finds, up to a limit, so that hostile input cannot make the answer large.
#include <algorithm>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::fhir {

class Findings {
 public:
  explicit Findings(Element resource) : resource_(resource) {}

  bool full() const { return failures_.size() >= kMost; }

  /// `below`: a name under `at` that is missing, or empty.
  void add(Fault fault, Element at, std::string diagnostics, std::string_view below = {}) {
    if (full()) return;
    std::string expression = at.path();
    if (!below.empty()) expression.append(".").append(below);
    failures_.push_back({fault, std::move(diagnostics), std::move(expression), {}});
  }

  std::vector<Failure> take() { return std::move(failures_); }
  Element resource() const { return resource_; }

 private:
  static constexpr std::size_t kMost = 100;
  Element resource_;
  std::vector<Failure> failures_;
};

}  // namespace varde::fhir
