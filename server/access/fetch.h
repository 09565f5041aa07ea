#pragma once
/// @file server/access/fetch.h
/// What is asked of an issuer: by HTTPS (http only of this machine), no redirects, at most 256 KB, five seconds.
#include <optional>
#include <string>

namespace varde::access {

/// nullopt: it cannot be had, or not with status 200.
std::optional<std::string> fetch(const std::string& address);
/// Posts a form that is encoded already.
std::optional<std::string> post_form(const std::string& address, const std::string& form);

}  // namespace varde::access
