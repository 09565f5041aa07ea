#pragma once
/// @file server/command/demo_login.h
/// The built-in authorization server (server/access/demo_login) as addresses below /demo-login, its page, its settings.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/access/demo_login/demo_login.h"
#include "server/access/key_source.h"
#include "server/command/config.h"
#include "server/http/server.h"

namespace varde::command {

/// nullptr: it is not asked for.
std::unique_ptr<access::DemoLogin> demo_login_of(const Config& config);
/// As trusted here, with our own pages as one of its programs: they log in as they do with HelseID (login-profile
/// fapi2), so that what is tried at a desk is what a service uses.
access::Issuer issuer_of(const access::DemoLogin& demo_login);
access::FetchKeys keys_of(const access::DemoLogin* demo_login);
/// Of the programs that may use it: their pages call us from a browser.
std::vector<std::string> demo_origins(const Config& config);
std::vector<http::PlainRoute> demo_login_routes(access::DemoLogin& demo_login);

Result<void> set_demo_clients(Config& config, std::string_view value);  ///< ID=ADDRESS ID=ADDRESS
std::string show_demo_clients(const Config& config);
/// ID=FILE ID=FILE, each a JWK set; after demo-clients.
Result<void> set_demo_client_keys(Config& config, std::string_view value);
std::string show_demo_client_keys(const Config& config);

}  // namespace varde::command
