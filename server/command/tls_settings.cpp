#include "server/command/tls_settings.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "fhir-model/time/system_clock.h"

namespace varde::command {
namespace {

constexpr std::array<std::string_view, 2> kTlsLeast{"1.2", "1.3"};
constexpr std::array<std::string_view, 3> kTlsClients{"unasked", "asked", "required"};

}  // namespace

std::string host_of(const std::string& base) {
  const std::size_t begin = base.find("://") + 3;
  if (base[begin] == '[') return base.substr(begin + 1, base.find(']') - begin - 1);
  return base.substr(begin, base.find_first_of(":/", begin) - begin);
}

Result<void> set_tls_certificate(Config& config, std::string_view file) {
  config.tls.certificate = file;
  return {};
}
std::string show_tls_certificate(const Config& config) { return config.tls.certificate; }

Result<void> set_tls_key(Config& config, std::string_view file) {
  config.tls.key = file;
  return {};
}
std::string show_tls_key(const Config& config) { return config.tls.key; }

Result<void> set_tls_authorities(Config& config, std::string_view file) {
  config.tls.authorities = file;
  return {};
}
std::string show_tls_authorities(const Config& config) { return config.tls.authorities; }

Result<void> set_tls_least(Config& config, std::string_view value) {
  const auto found = std::find(kTlsLeast.begin(), kTlsLeast.end(), value);
  if (found == kTlsLeast.end()) return fail(Fault::parameter_malformed, "must be 1.2 or 1.3");
  config.tls.least = static_cast<http::TlsSettings::Least>(found - kTlsLeast.begin());
  return {};
}
std::string show_tls_least(const Config& config) {
  return std::string(kTlsLeast.at(static_cast<std::size_t>(config.tls.least)));
}
Result<void> set_tls_clients(Config& config, std::string_view value) {
  const auto found = std::find(kTlsClients.begin(), kTlsClients.end(), value);
  if (found == kTlsClients.end()) return fail(Fault::parameter_malformed, "must be unasked, asked or required");
  config.tls.clients = static_cast<http::TlsSettings::Clients>(found - kTlsClients.begin());
  return {};
}
std::string show_tls_clients(const Config& config) {
  return std::string(kTlsClients.at(static_cast<std::size_t>(config.tls.clients)));
}

Result<void> check_tls(const Config& config) {
  const auto& tls = config.tls;
  if (tls.certificate.empty() != tls.key.empty())
    return fail(Fault::required_missing, "tls-certificate and tls-key go together: one of them is not set");
  if (!tls.is_on() && (tls.clients != http::TlsSettings::Clients::unasked || !tls.authorities.empty()))
    return fail(Fault::required_missing, "tls-clients and tls-client-authorities need tls-certificate and tls-key");
  if (!tls.authorities.empty() && tls.clients == http::TlsSettings::Clients::unasked)
    return fail(Fault::required_missing, "tls-client-authorities needs tls-clients = asked or required");
  if (tls.is_on() && config.public_base.starts_with("http://"))
    return fail(Fault::parameter_malformed, "public-base must be an https address where tls-certificate is set");
  return {};
}

std::vector<std::string> weak_tls(const Config& config) {
  if (!config.tls.is_on()) return {};
  const std::string host = config.public_base.empty() ? config.listen_host : host_of(config.public_base);
  return http::weaknesses(config.tls, host, time::system_now());
}

}  // namespace varde::command
