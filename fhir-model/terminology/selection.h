#pragma once
/// @file fhir-model/terminology/selection.h
/// Takes the concepts of an expansion one by one and keeps those that are wanted: by text, by state, by page.
#include "fhir-model/terminology/terminology.h"

namespace varde::terminology {

class Selection {
 public:
  explicit Selection(const Wanted& wanted);
  void add(const Concept& candidate);
  Expansion take() { return std::move(result_); }

 private:
  bool has_every_word(const Concept& candidate) const;
  const Wanted& wanted_;
  std::vector<std::string> words_;  ///< in lower case
  Expansion result_;
};

}  // namespace varde::terminology
