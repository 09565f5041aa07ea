#pragma once
/// @file server/interaction/bundle_answer.h
/// What was done with a Bundle's entries, as batch-response or transaction-response.
/// Source: https://hl7.org/fhir/R4/http.html#transaction-response
#include <string_view>
#include <vector>

#include "server/interaction/entry.h"

namespace varde::interaction {

Response respond(const std::vector<Entry>& entries, const std::vector<EntryAnswer>& answers, std::string_view type,
                 const Request& request);

/// A first attempt names whom it reaches, where that can be told beforehand; another reaches everything.
enum class Attempt : bool { first, another };
Result<Response> transaction(const Request& request, const Dispatcher& dispatcher, std::vector<Entry> entries,
                             Attempt attempt);
Result<Response> batch(const Request& request, const Dispatcher& dispatcher, std::vector<Entry> entries);

}  // namespace varde::interaction
