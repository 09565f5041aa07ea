#pragma once
/// @file server/command/access_log_page.h
/// GET /log: who saw what about me, for the patient and those who act for the patient, newest first, as a page.
/// `patient`: whom, where somebody acts for several; `before`: older entries.
/// Faults: forbidden, not_found, parameter_malformed.
#include <vector>

#include "server/http/server.h"
#include "server/interaction/repository.h"

namespace varde::command {

/// `repository` outlives it.
http::PlainRoute access_log_page(const interaction::Repository& repository);

}  // namespace varde::command
