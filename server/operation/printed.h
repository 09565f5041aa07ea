#pragma once
/// @file server/operation/printed.h
/// A PDF as an answer: its bytes where the client asks for application/pdf, else a Binary that holds them.
#include <string>

#include "server/interaction/request.h"

namespace varde::operation {

interaction::Response printed(const interaction::Request& request, std::string pdf);

}  // namespace varde::operation
