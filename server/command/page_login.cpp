#include "server/command/page_login.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "fhir-model/time/system_clock.h"
#include "server/access/fetch.h"
#include "server/command/issuers.h"
#include "server/interaction/text.h"

namespace varde::command {
namespace {

std::string encoded(const access::Form& form) {
  const std::string query = interaction::with_query(form);
  return query.substr(query.empty() ? 0 : 1);
}

std::optional<access::Posted> post(const std::string& address, const access::Form& form, const std::string& proof) {
  return access::post_form(address, encoded(form), proof);
}

/// With the built-in one there is no way by the network: it is this process.
access::OwnClient::Post post_to(access::DemoLogin& demo_login) {
  return [&demo_login](const std::string& address, const access::Form& form,
                       const std::string& proof) -> std::optional<access::Posted> {
    auto answer = address.ends_with("/par") ? demo_login.push(form) : demo_login.token(form, proof);
    return access::Posted{answer.status, std::move(answer.json), std::move(answer.nonce)};
  };
}

}  // namespace

std::unique_ptr<access::PageLogin> page_login_of(const Config& config, access::Authenticator& logins,
                                                 access::Sessions& sessions, access::SeenProofs& seen,
                                                 access::DemoLogin* demo_login) {
  const auto& trusted = logins.settings().issuers;
  const auto found =
      std::find_if(trusted.begin(), trusted.end(), [](const auto& one) { return !one.issuer.client_id.empty(); });
  if (found == trusted.end()) return nullptr;
  auto key = client_key_of(found->issuer);
  if (!key) throw std::runtime_error(key.error().diagnostics);
  const std::string redirect = origin_of(config) + "/login/callback";
  if (demo_login) {
    const auto own = std::make_shared<const access::OwnSigningKey>();
    demo_login->add({found->issuer.client_id, {redirect}, own->public_set()});
    key = own;
  }
  access::PageLogin::Settings settings{found->issuer,   found->keys,         redirect,
                                       std::move(*key), config.session_idle, config.session_longest};
  return std::make_unique<access::PageLogin>(std::move(settings), logins, sessions, seen,
                                             demo_login ? post_to(*demo_login) : access::OwnClient::Post(post),
                                             time::system_seconds);
}

}  // namespace varde::command
