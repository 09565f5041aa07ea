#pragma once
/// @file server/followup/resent.h
/// A reading that was sent again (a gateway that did not hear our answer): the same device, or the same identifier, the
/// same time, measures and values in another Observation. It is stored like any other; the first one has the rows and
/// the Task, and when the first is withdrawn, the copy that still stands takes over.
#include <optional>

#include "fhir-model/element/element.h"
#include "server/interaction/act.h"
#include "server/storage/storage.h"

namespace varde::followup {

/// The standing Observation, stored before `below`, that says the same as this one; of several the first.
std::optional<storage::Version> copy_of(const interaction::View&, storage::PatientKey patient,
                                        fhir::Element observation, storage::ResourceKey below);

}  // namespace varde::followup
