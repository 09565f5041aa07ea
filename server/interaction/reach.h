#pragma once
/// @file server/interaction/reach.h
/// What a request reaches, told before it is begun: whose rows a write touches (storage::Reach), and of which moment a
/// read must be (storage::Moment). Pure; safe from any thread.
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/interaction/request.h"
#include "server/storage/storage.h"

namespace varde::interaction {

/// Of a write of these: the patients whose they are, where each says so by a literal reference and is of a type with
/// which nothing happens beyond its patient; otherwise everything. `base`: our own public base.
storage::Reach reach_of(const std::vector<fhir::Element>& resources, std::string_view base);

/// Settled, where the client may go on later from the newest time that it is told of (histories of more than one
/// resource, and whatever names a time of change): what it has not been told of must come with a later one.
storage::Moment moment_of(const Request& request);

}  // namespace varde::interaction
