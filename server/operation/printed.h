#pragma once
/// @file server/operation/printed.h
/// What is no resource as an answer, such as a PDF: its bytes where the client asks for them, else a Binary that holds
/// them.
#include <string>
#include <string_view>

#include "server/interaction/request.h"

namespace varde::operation {

interaction::Response printed(const interaction::Request& request, std::string bytes,
                              std::string_view content_type = "application/pdf");

}  // namespace varde::operation
