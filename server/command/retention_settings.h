#pragma once
/// @file server/command/retention_settings.h
/// How long what is stored is kept: the setting `retention`, TYPE=AGE with a blank between, AGE in years (10y) or days
/// (400d). What no rule names is kept for ever.
/// Source: pasientjournalforskriften, arkivlova: a record is kept as long as it may be needed, and what follows is for
///         the archive's owner to say. We hold whoever sets it to ten years after the record's last entry.
/// Faults: parameter_malformed, with what to write instead.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/definitions/definitions.h"
#include "fhir-model/fault/fault.h"

namespace varde::command {

struct Config;

struct RetentionRule {
  fhir::TypeId type = fhir::TypeId::none;
  std::string age;  ///< as it was set: "10y"
  std::chrono::days days{};
  /// It is of a patient's record: the age counts from the record's last entry, and nothing goes while the patient is
  /// followed up. Else from when the resource itself was last written.
  bool of_record = true;
};

Result<void> set_retention(Config& config, std::string_view value);
std::string show_retention(const Config& config);

}  // namespace varde::command
