#pragma once
/// @file server/http/range.h
/// A part of a Binary's bytes, as a client asks for it that goes on with what it has.
/// Source: RFC 9110 14 (Range, If-Range, 206, 416)
/// One range is answered; of several, and of what cannot be read, the whole is, as the RFC allows.
#include <string_view>

#include "server/interaction/request.h"

namespace varde::http {

/// Of a 200 alone; any other answer stays as it is. `range` and `if_range`: the request's headers, or empty.
void answer_range(std::string_view range, std::string_view if_range, interaction::Response& response);

}  // namespace varde::http
