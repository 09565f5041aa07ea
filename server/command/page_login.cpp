#include "server/command/page_login.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "server/access/fetch.h"
#include "server/command/issuers.h"
#include "server/interaction/text.h"

namespace varde::command {
namespace {

/// With the built-in one there is no way by the network: it is this process.
access::PageLogin::Exchange exchange_with(const access::Issuer& issuer, access::DemoLogin* demo_login) {
  if (demo_login)
    return [demo_login](const access::Form& form) -> std::optional<std::string> {
      auto answer = demo_login->token(form);
      if (answer.status != 200) return std::nullopt;
      return std::move(answer.json);
    };
  return [address = issuer.token_endpoint](const access::Form& form) {
    const std::string encoded = interaction::with_query(form);
    return access::post_form(address, encoded.substr(encoded.empty() ? 0 : 1));
  };
}

}  // namespace

std::unique_ptr<access::PageLogin> page_login_of(const Config& config, access::Authenticator& logins,
                                                 access::DemoLogin* demo_login) {
  const auto& trusted = logins.settings().issuers;
  const auto found =
      std::find_if(trusted.begin(), trusted.end(), [](const auto& one) { return !one.issuer.client_id.empty(); });
  if (found == trusted.end()) return nullptr;
  auto key = client_key_of(found->issuer);
  if (!key) throw std::runtime_error(key.error().diagnostics);
  access::PageLogin::Settings settings{found->issuer,   found->keys,         origin_of(config) + "/login/callback",
                                       std::move(*key), config.session_idle, config.session_longest};
  return std::make_unique<access::PageLogin>(std::move(settings), logins, exchange_with(found->issuer, demo_login), [] {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  });
}

}  // namespace varde::command
