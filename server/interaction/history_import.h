#pragma once
/// @file server/interaction/history_import.h
/// A history of another server, gone through again here: what its entries tell is done in the order in which it
/// happened, all of it or nothing. Ids stay; versions and times are this server's own, as of every write. Source:
/// https://hl7.org/fhir/R4/bundle.html#history, https://hl7.org/fhir/R4/http.html#history Faults: what is wrong with
/// the Bundle or an entry, and what a write refuses; the entry is named.
#include "server/interaction/dispatcher.h"

namespace varde::interaction {

/// The answer is a transaction-response, its entries as they came.
Result<Response> import_history(const Request& request, const Dispatcher& dispatcher, fhir::Tree bundle);

}  // namespace varde::interaction
