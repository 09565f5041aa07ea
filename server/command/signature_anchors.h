#pragma once
/// @file server/command/signature_anchors.h
/// The file that the setting signature-anchors names.
#include <memory>

#include "fhir-model/fault/fault.h"
#include "mappings/signature/anchors.h"
#include "server/command/config.h"

namespace varde::command {

/// Null where the setting is empty. Faults: parameter_malformed, saying which file.
Result<std::shared_ptr<const mappings::signature::Anchors>> signature_anchors_of(const Config& config);

}  // namespace varde::command
