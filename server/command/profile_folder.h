#pragma once
/// @file server/command/profile_folder.h
/// Profiles, extension definitions, value sets and code systems from a folder of JSON and XML files.
/// Faults: not_found, and what makes a file unreadable or a profile unusable; the sentence names the file.
#include <string>

#include "fhir-model/fault/fault.h"
#include "fhir-model/profile/profiles.h"
#include "server/command/config.h"

namespace varde::command {

/// Every *.json and *.xml below the folder; what is no definition is passed over.
Result<void> load_profiles(const std::string& folder, fhir::Profiles& into);
/// As the settings say: the folder, then that each required profile is known, usable and for its type.
Result<void> load_profiles(const Config& config, fhir::Profiles& into);

}  // namespace varde::command
