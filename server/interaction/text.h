#pragma once
/// @file server/interaction/text.h
/// Texts that answers are put together from: instants, HTTP dates, JSON strings, URL parts. Append-only and plain,
/// since they run for every answer. Sources: https://hl7.org/fhir/R4/datatypes.html#instant, RFC 9110 5.6.7, RFC 8259
/// 7, RFC 3986 2.1
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/storage/storage.h"

namespace varde::interaction {

using storage::Instant;

std::string fhir_instant(Instant at);                           ///< 2026-03-01T08:15:30.123Z
std::string http_date(Instant at);                              ///< Sun, 01 Mar 2026 08:15:30 GMT
std::optional<Instant> parse_http_date(std::string_view text);  ///< that form only

/// `"name":"text"`, after a comma when `out` does not end in an opening bracket.
void append_json_member(std::string& out, std::string_view name, std::string_view text);

/// "?a=1&b=2", encoded; empty where there are none.
std::string with_query(const std::vector<std::pair<std::string, std::string>>& parameters);
/// "a=1&b=2" decoded; nullopt as percent_decoded (fhir-model/text/percent.h), or where it is not UTF-8.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view text);

}  // namespace varde::interaction
