#pragma once
/// @file server/http/coding.h
/// Content codings of bodies, both ways: gzip and deflate.
/// Source: RFC 9110 8.4 and 12.5.3, RFC 1952 (gzip), RFC 1950 (what HTTP calls deflate)
/// Faults: content_type_unsupported (another coding, or several), not_well_formed (not what it says it is, or cut off),
///         too_large (unpacked, the body is longer than bodies may be), busy (no memory left for it).
#include <cstddef>
#include <string>
#include <string_view>

#include "fhir-model/fault/fault.h"
#include "server/http/wire.h"
#include "server/interaction/request.h"

namespace varde::http {

/// What we take and give; of Accept-Encoding where a coding is refused.
inline constexpr std::string_view kCodings = "gzip, deflate";

/// The body as it was before it was packed, at most `most` bytes of it. What stands there grows piece by piece, and the
/// request's share of the memory with it: a small body that would become a huge one is stopped on the way.
Result<void> unpack(Received& received, std::size_t most);

/// Packs the answer where the client takes that, and it is worth it.
void pack(std::string_view accept_encoding, interaction::Response& response);

}  // namespace varde::http
