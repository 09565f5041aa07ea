#pragma once
/// @file server/command/page_login.h
/// The login of our own pages (server/access/page_login.h), as the settings say: with the first issuer that has a
/// client-id.
#include <memory>

#include "server/access/demo_login/demo_login.h"
#include "server/access/page_login.h"
#include "server/command/config.h"

namespace varde::command {

/// nullptr: no issuer has one, and our pages have no login. All outlive it; `demo_login` may be nullptr.
/// Throws with the reason where the client's key cannot be read.
std::unique_ptr<access::PageLogin> page_login_of(const Config& config, access::Authenticator& logins,
                                                 access::Sessions& sessions, access::SeenProofs& seen,
                                                 access::DemoLogin* demo_login);

}  // namespace varde::command
