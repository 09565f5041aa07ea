#pragma once
/// @file server/interaction/write.h
/// create, update and delete inside a storage transaction, as the single interactions and a Bundle's entries do them.
#include <optional>
#include <string>

#include "server/interaction/condition.h"
#include "server/interaction/request.h"
#include "server/interaction/store.h"

namespace varde::interaction {

struct Written {
  storage::Version version;
  int status = 200;  ///< 201 created, 200 updated or found, 204 deleted
};

/// As answer_with, Location too, and the body as preferred.
Response answer_written(const Request& request, Written&& written);

/// Whether a Bundle holds what the follow-up judges when it comes by itself, and is made to be taken apart: stored as
/// one resource it would be silent.
bool hides_readings(fhir::Element resource, const Store& store);
/// What would be lost by writing it: such a Bundle's readings, or the rest of a resource that was sent in part.
Result<void> refuse_loss(fhir::Element resource, const Store& store);

/// `existing`: what a condition, or an earlier time of the same request, has found to be there: it stays, 200.
/// `id`: of one that is not; none: a new one.
Result<Written> create_in(Act&, fhir::Editor resource, const std::optional<std::string>& existing,
                          std::optional<std::string> id = {});
/// Tags, security labels and profiles of the version before are kept as resource.html#2.26.3.9 says: tags and labels
/// join those that are sent; profiles stay where none is sent.
Result<Written> update_in(Act&, fhir::Editor resource, const std::string& id, const Preconditions& preconditions);

}  // namespace varde::interaction
