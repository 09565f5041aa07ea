#include "server/command/issuers.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "fhir-model/text/trim.h"
#include "server/access/key.h"
#include "server/access/role.h"
#include "server/access/scope.h"
#include "server/command/files.h"
#include "server/command/tls_settings.h"

namespace varde::command {
namespace {

using fhir::text::trimmed;

using access::Issuer;

/// A failure says which file it is about.
Result<std::string> read_named(const std::string& file) {
  auto text = read_file(file);
  if (!text) text.error().diagnostics = file + ": " + text.error().diagnostics;
  return text;
}

tl::unexpected<Failure> malformed(std::string what) { return fail(Fault::parameter_malformed, std::move(what)); }

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

template <auto Member>
Result<void> set_text(Issuer& issuer, std::string_view value) {
  issuer.*Member = value;
  return {};
}

Result<void> set_algorithms(Issuer& issuer, std::string_view value) {
  issuer.algorithms.clear();
  while (!value.empty()) {
    const std::string_view one = value.substr(0, value.find(' '));
    value = trimmed(value.substr(one.size()));
    if (!access::find_algorithm(one)) return malformed("must be some of " + access::algorithm_names());
    issuer.algorithms.emplace_back(one);
  }
  return {};
}

bool is_http_of_this_machine(std::string_view address) {
  return address.starts_with("http://127.0.0.1:") || address.starts_with("http://[::1]:") ||
         address.starts_with("http://localhost:");
}

/// By https, or http of this machine; "https://good.example@evil.example/" hides its host.
bool is_safe_address(std::string_view value) {
  const std::size_t host = std::min(value.find("://") + 3, value.size());
  const std::string_view authority = value.substr(host, value.find('/', host) - host);
  return (value.starts_with("https://") || is_http_of_this_machine(value)) &&
         authority.find_first_of("@\\ ") == authority.npos;
}

Result<void> set_keys(Issuer& issuer, std::string_view value) {
  if (value.find("://") != value.npos && !is_safe_address(value))
    return malformed("must be an https address, or the name of a file");
  issuer.keys = value;
  return {};
}

/// An endpoint that we ask ourselves, or send a browser to.
template <auto Member>
Result<void> set_endpoint(Issuer& issuer, std::string_view value) {
  if (!is_safe_address(value)) return malformed("must be an https address");
  issuer.*Member = value;
  return {};
}

Result<void> set_profile(Issuer& issuer, std::string_view value) {
  if (value != "plain" && value != "fapi2") return malformed("must be plain or fapi2");
  issuer.fapi = value == "fapi2";
  return {};
}

Result<void> set_bearer(Issuer& issuer, std::string_view value) {
  if (value != "yes" && value != "no") return malformed("must be yes or no");
  issuer.bearer = value == "yes";
  return {};
}

template <auto Member, int Most>
Result<void> set_seconds(Issuer& issuer, std::string_view value) {
  int seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc{} || end != value.data() + value.size() || seconds < 0 || seconds > Most)
    return malformed(fmt::format("must be a whole number of seconds up to {}", Most));
  issuer.*Member = std::chrono::seconds{seconds};
  return {};
}

Result<void> set_default_role(Issuer& issuer, std::string_view value) {
  if (!access::find_role(value)) return malformed("must be a role that there is (varde roles)");
  issuer.default_role = value;
  return {};
}

/// `role VALUE = ROLE` and `scope TEXT = SMART-SCOPE`.
Result<void> set_mapping(Issuer& issuer, std::string_view key, std::string_view value) {
  const bool role = key.starts_with("role ");
  const std::string from(trimmed(key.substr(role ? 5 : 6)));
  if (role && !access::find_role(value)) return malformed("must be a role that there is (varde roles)");
  if (!role && !access::read_scope(value)) return malformed("must be a scope such as user/*.rs");
  (role ? issuer.roles : issuer.scopes).emplace_back(from, value);
  return {};
}

struct IssuerRow {
  std::string_view key;
  Result<void> (*set)(Issuer&, std::string_view value);
};
constexpr std::array kRows{
    IssuerRow{"issuer", set_text<&Issuer::issuer>},
    IssuerRow{"audience", set_text<&Issuer::audience>},
    IssuerRow{"algorithms", set_algorithms},
    IssuerRow{"keys", set_keys},
    IssuerRow{"bearer", set_bearer},
    IssuerRow{"leeway", set_seconds<&Issuer::leeway, 300>},
    IssuerRow{"longest", set_seconds<&Issuer::longest, 31'536'000>},
    IssuerRow{"authorization-endpoint", set_endpoint<&Issuer::authorization_endpoint>},
    IssuerRow{"pushed-authorization-endpoint", set_endpoint<&Issuer::pushed_endpoint>},
    IssuerRow{"token-endpoint", set_endpoint<&Issuer::token_endpoint>},
    IssuerRow{"logout-endpoint", set_endpoint<&Issuer::logout_endpoint>},
    IssuerRow{"login-profile", set_profile},
    IssuerRow{"client-id", set_text<&Issuer::client_id>},
    IssuerRow{"client-key", set_text<&Issuer::client_key>},
    IssuerRow{"client-assertion-audience", set_text<&Issuer::assertion_audience>},
    IssuerRow{"login-scope", set_text<&Issuer::login_scope>},
    IssuerRow{"claim-subject", set_text<&Issuer::subject_claim>},
    IssuerRow{"claim-name", set_text<&Issuer::name_claim>},
    IssuerRow{"claim-person", set_text<&Issuer::person_claim>},
    IssuerRow{"claim-hpr", set_text<&Issuer::hpr_claim>},
    IssuerRow{"claim-organisation", set_text<&Issuer::organisation_claim>},
    IssuerRow{"claim-role", set_text<&Issuer::role_claim>},
    IssuerRow{"claim-patient", set_text<&Issuer::patient_claim>},
    IssuerRow{"claim-level", set_text<&Issuer::level_claim>},
    IssuerRow{"least-level", set_text<&Issuer::least_level>},
    IssuerRow{"default-role", set_default_role},
};

std::string missing_in(const Issuer& issuer) {
  if (issuer.issuer.empty()) return "issuer";
  if (issuer.audience.empty()) return "audience";
  if (issuer.keys.empty()) return "keys";
  if (issuer.algorithms.empty()) return "algorithms";
  if (!issuer.least_level.empty() && issuer.level_claim.empty()) return "claim-level";
  if (!issuer.client_id.empty() && issuer.authorization_endpoint.empty()) return "authorization-endpoint";
  if (!issuer.client_id.empty() && issuer.token_endpoint.empty()) return "token-endpoint";
  if (issuer.fapi && issuer.client_id.empty()) return "client-id (login-profile = fapi2)";
  if (issuer.fapi && issuer.pushed_endpoint.empty()) return "pushed-authorization-endpoint (login-profile = fapi2)";
  if (issuer.fapi && issuer.client_key.empty()) return "client-key (login-profile = fapi2)";
  return {};
}

Result<void> take_line(std::string_view line, std::vector<Issuer>& issuers) {
  if (line.starts_with('[') && line.ends_with(']')) {
    issuers.emplace_back().name = trimmed(line.substr(1, line.size() - 2));
    return {};
  }
  // The key of a mapping may hold an equals sign in a URL: the one with blanks around it parts.
  const auto blank = line.find(" = ");
  const auto equals = blank == line.npos ? line.find('=') : blank + 1;
  if (equals == line.npos) return malformed("expected `[name]` or `key = value`");
  if (issuers.empty()) return malformed("a line before the first [name]");
  const std::string_view key = trimmed(line.substr(0, equals)), value = trimmed(line.substr(equals + 1));
  if (value.empty()) return malformed(fmt::format("{} has no value", key));
  const auto said = [&](Result<void> set) -> Result<void> {
    if (!set) return fail(set.error().fault, fmt::format("{} {}", key, set.error().diagnostics));
    return {};
  };
  if (key.starts_with("role ") || key.starts_with("scope ")) return said(set_mapping(issuers.back(), key, value));
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const IssuerRow& one) { return one.key == key; });
  if (row == kRows.end()) return fail(Fault::parameter_unknown, fmt::format("an issuer has no setting '{}'", key));
  return said(row->set(issuers.back(), value));
}

/// Whether somebody else than its owner may change the file, or its name: then its owner does not decide what it says.
bool others_may_write(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && (found.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

}  // namespace

Result<std::vector<Issuer>> read_issuers(std::string_view text) {
  std::vector<Issuer> issuers;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (const auto taken = take_line(line, issuers); !taken)
      return fail(taken.error().fault, fmt::format("line {}: {}", number, taken.error().diagnostics));
  }
  if (issuers.empty()) return malformed("names no issuer");
  for (const Issuer& one : issuers)
    if (const std::string missing = missing_in(one); !missing.empty())
      return fail(Fault::required_missing, fmt::format("[{}] lacks {}", one.name, missing));
  return issuers;
}

Result<std::shared_ptr<const access::OwnSigningKey>> client_key_of(const Issuer& issuer) {
  std::shared_ptr<const access::OwnSigningKey> out;
  if (issuer.client_key.empty()) return out;
  struct stat found {};
  if (::stat(issuer.client_key.c_str(), &found) == 0 && (found.st_mode & (S_IRWXO | S_IWGRP)) != 0)
    return fail(Fault::forbidden,
                issuer.client_key + ": a private key that others than its owner may read or write; chmod 0600");
  const auto text = read_named(issuer.client_key);
  FHIR_TRY(text);
  auto key = access::OwnSigningKey::read(*text);
  if (!key) return malformed(issuer.client_key + ": no private key as a JWK (EC or RSA)");
  return std::make_shared<const access::OwnSigningKey>(std::move(*key));
}

Result<std::vector<Issuer>> issuers_of(const Config& config) {
  if (config.access != Config::Access::oauth) return std::vector<Issuer>();
  if (config.issuers.empty())
    return fail(Fault::required_missing,
                "access = oauth needs the setting issuers, a file of those whose logins are taken");
  if (others_may_write(config.issuers))
    return fail(Fault::forbidden, config.issuers + ": others than its owner may write it; chmod go-w");
  const auto text = read_named(config.issuers);
  FHIR_TRY(text);
  auto issuers = read_issuers(*text);
  if (!issuers) return fail(issuers.error().fault, config.issuers + ": " + issuers.error().diagnostics);
  for (const Issuer& one : *issuers) {
    FHIR_TRY(client_key_of(one));
    if (one.keys.find("://") != std::string::npos) continue;
    if (others_may_write(one.keys))
      return fail(Fault::forbidden, one.keys + ": others than its owner may write it; chmod go-w");
    const auto keys = read_named(one.keys);
    FHIR_TRY(keys);
    const auto set = access::read_key_set(*keys);
    if (!set || set->empty())
      return malformed(one.keys + ": no JWK set with a public key for signatures (EC, or RSA of 2048 bits or more)");
  }
  return issuers;
}

std::string origin_of(const Config& config) {
  const std::size_t host = config.public_base.find("://");
  return config.public_base.substr(0, config.public_base.find('/', host == std::string::npos ? 0 : host + 3));
}

Result<void> check_access(const Config& config) {
  if (config.access == Config::Access::demo_login) {
    const std::string base = config.public_base.empty() ? "http://localhost" : config.public_base;
    if (is_this_machine(config.listen_host) && is_this_machine(host_of(base))) return {};
    return fail(Fault::forbidden,
                "access = demo-login lets anybody in as any of its fictitious users: it listens on this machine alone "
                "(listen, public-base)");
  }
  if (config.access != Config::Access::open || is_this_machine(config.listen_host)) return {};
  return fail(
      Fault::forbidden,
      fmt::format(
          "access = open serves this machine alone, and {} is reached from others: whoever reaches it could read "
          "and delete everything. Set access = oauth, or, for a demonstration without real patients, access = "
          "open-to-everybody",
          config.listen_host));
}

std::vector<std::string> weak_settings(const Config& config, const std::vector<Issuer>& issuers) {
  std::vector<std::string> out;
  if (config.access == Config::Access::open)
    out.emplace_back("access = open: every program on this machine may read and change everything");
  if (config.access == Config::Access::demo_login)
    out.emplace_back("access = demo-login: every program on this machine may log in as any of the fictitious users");
  if (config.access == Config::Access::open_to_everybody)
    out.emplace_back("access = open-to-everybody: whoever reaches the port may read and change everything");
  if (!is_this_machine(config.listen_host) && !config.public_base.starts_with("https://") && !config.tls.is_on())
    out.emplace_back(
        "public-base is not https: what is sent can be read on the way, unless something before us encrypts it");
  if (std::find(config.hosts.begin(), config.hosts.end(), "*") != config.hosts.end())
    out.emplace_back("hosts = *: a page in somebody's browser may reach this server under a name of its own");
  for (std::string& weak : weak_tls(config)) out.push_back(std::move(weak));
  for (const Issuer& one : issuers) {
    const auto weak = [&](std::string_view what) { out.push_back(fmt::format("issuer [{}]: {}", one.name, what)); };
    if (one.bearer) weak("bearer = yes: a token that is stolen can be used by the thief");
    for (const std::string& name : one.algorithms)
      if (access::find_algorithm(name)->weak) weak("algorithms has " + name + ": ES256 or PS256 are safer");
    if (one.keys.starts_with("http://")) weak("keys come by http");
    if (!one.client_id.empty() && !config.public_base.starts_with("https://") && !config.tls.is_on())
      weak("client-id: our pages' cookies go by http");
    if (!one.client_id.empty() && !one.fapi)
      weak("client-id: our pages' logins are not by login-profile = fapi2, which HelseID demands of new clients");
    if (one.least_level.empty()) weak("no least-level: a login by password alone is taken");
    if (one.longest > std::chrono::hours{25}) weak("longest is more than a day");
    if (one.leeway > std::chrono::seconds{120}) weak("leeway is more than two minutes");
  }
  return out;
}

access::Authenticator::Settings authenticator_settings(const Config& config, std::vector<Issuer> issuers,
                                                       const access::FetchKeys& own_keys) {
  access::Authenticator::Settings settings;
  settings.origin = origin_of(config);
  settings.own_organisation = config.own_organisation;
  settings.requests_per_second = config.requests_per_second;
  settings.sees_certificates = config.tls.is_on() && config.tls.clients != http::TlsSettings::Clients::unasked;
  for (Issuer& one : issuers) {
    auto fetch = own_keys                                    ? own_keys
                 : one.keys.find("://") == std::string::npos ? access::keys_in_file(one.keys)
                                                             : access::keys_at(one.keys);
    settings.issuers.push_back(
        {std::move(one), std::make_shared<access::KeySource>(std::move(fetch), access::KeySource::Times{})});
  }
  return settings;
}

}  // namespace varde::command
