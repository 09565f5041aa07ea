#include "server/command/config.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fhir-model/definitions/definitions.h"
#include "fhir-model/text/trim.h"
#include "server/command/demo_login.h"
#include "server/command/letter_settings.h"
#include "server/command/message_settings.h"
#include "server/command/service_settings.h"
#include "server/command/tell.h"
#include "server/command/tls_settings.h"
#include "server/http/proxies.h"

namespace varde::command {
namespace {

using fhir::text::trimmed;

template <class Number>
Result<Number> whole(std::string_view text, Number least, Number most) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most)
    return fail(Fault::parameter_malformed, fmt::format("must be a whole number from {} to {}", least, most));
  return number;
}

/// Bytes with an optional KB or MB.
Result<std::size_t> bytes(std::string_view text) {
  std::size_t unit = 1;
  if (text.ends_with("KB"))
    unit = 1024, text.remove_suffix(2);
  else if (text.ends_with("MB"))
    unit = 1024 * 1024, text.remove_suffix(2);
  const auto number = whole<std::size_t>(trimmed(text), 1, 1024 * 1024 * 1024);
  if (!number || *number > (std::size_t{1} << 30) / unit)
    return fail(Fault::parameter_malformed, "must be a size up to 1024MB, such as 35MB, 512KB or 1048576");
  return *number * unit;
}

template <auto Member>
Result<void> set_text(Config& config, std::string_view value) {
  if (value.empty()) return fail(Fault::parameter_malformed, "must not be empty");
  config.*Member = value;
  return {};
}
template <auto Member>
std::string show_text(const Config& config) {
  return config.*Member;
}

template <auto Member>
Result<void> set_bytes(Config& config, std::string_view value) {
  return bytes(value).map([&](std::size_t size) { config.*Member = size; });
}
template <auto Member>
std::string show_bytes(const Config& config) {
  return fmt::format("{}", config.*Member);
}

template <auto Member, int Most, int Least = 1>
Result<void> set_duration(Config& config, std::string_view value) {
  return whole<int>(value, Least, Most).map([&](int count) {
    config.*Member = std::remove_reference_t<decltype(config.*Member)>(count);
  });
}
template <auto Member>
std::string show_duration(const Config& config) {
  return fmt::format("{}", (config.*Member).count());
}

Result<void> set_storage(Config& config, std::string_view value) {
  constexpr std::string_view kSqlite = "sqlite:";
  config.sqlite.clear(), config.postgresql.clear();
  if (value.empty()) return {};
  if (value.starts_with("postgresql://") || value.starts_with("postgres://"))
    config.postgresql = value;
  else if (value.starts_with(kSqlite) && value.size() > kSqlite.size())
    config.sqlite = value.substr(kSqlite.size());
  else
    return fail(Fault::parameter_malformed, "must be sqlite:DIR or postgresql://USER@HOST/DATABASE");
  return {};
}
/// Never with a password that the URL may hold.
std::string show_storage(const Config& config) {
  if (config.postgresql.empty()) return config.sqlite.empty() ? "" : "sqlite:" + config.sqlite;
  const auto user = config.postgresql.find("//") + 2, at = config.postgresql.find('@', user);
  const auto colon = config.postgresql.find(':', user);
  if (at == std::string::npos || colon > at) return config.postgresql;
  return config.postgresql.substr(0, colon) + ":…" + config.postgresql.substr(at);
}

Result<void> set_profiles(Config& config, std::string_view folder) {
  config.profiles = folder;
  return {};
}
Result<void> set_required_profiles(Config& config, std::string_view value) {
  config.required_profiles.clear();
  while (!value.empty()) {
    const std::string_view pair = value.substr(0, value.find(' '));
    value = trimmed(value.substr(pair.size()));
    const auto equals = pair.find('=');
    const std::string_view type = pair.substr(0, equals);
    if (equals == pair.npos || equals + 1 == pair.size() || fhir::find_resource_type(type) == fhir::TypeId::none)
      return fail(Fault::parameter_malformed,
                  "must be TYPE=URL, such as Observation=https://…, with spaces between several");
    config.required_profiles.emplace_back(type, pair.substr(equals + 1));
  }
  return {};
}
std::string show_required_profiles(const Config& config) {
  std::string out;
  for (const auto& [type, url] : config.required_profiles) out += (out.empty() ? "" : " ") + type + "=" + url;
  return out;
}

bool is_reference_pattern(std::string_view pattern) {
  if (pattern == "*") return true;
  const auto dot = pattern.find('.');
  return dot != pattern.npos && dot + 1 < pattern.size() &&
         fhir::find_resource_type(pattern.substr(0, dot)) != fhir::TypeId::none;
}
Result<void> set_references(Config& config, std::string_view value) {
  config.references.clear();
  while (!value.empty()) {
    const std::string_view pair = value.substr(0, value.find(' '));
    value = trimmed(value.substr(pair.size()));
    const auto equals = pair.find('=');
    const std::string_view pattern = pair.substr(0, equals), mode = equals == pair.npos ? "" : pair.substr(equals + 1);
    if (!is_reference_pattern(pattern) || (mode != "off" && mode != "warn" && mode != "refuse"))
      return fail(Fault::parameter_malformed,
                  "must be WHICH=off, warn or refuse, where WHICH is Observation.subject, Observation.* or *, with "
                  "spaces between several");
    config.references.emplace_back(pattern, mode);
  }
  return {};
}
std::string show_references(const Config& config) {
  std::string out;
  for (const auto& [pattern, mode] : config.references) out += (out.empty() ? "" : " ") + pattern + "=" + mode;
  return out;
}

Result<void> set_public_base(Config& config, std::string_view value) {
  if (value.empty()) return config.public_base.clear(), Result<void>{};  // as listened on
  if (!(value.starts_with("http://") || value.starts_with("https://")) || value.ends_with("/") ||
      value.find_first_of("?# ") != value.npos)
    return fail(Fault::parameter_malformed,
                "must be the FHIR base as clients see it, such as https://fhir.example.no/fhir");
  config.public_base = value;
  return {};
}

template <auto Member, std::size_t Most, std::size_t Least = 1>
Result<void> set_count(Config& config, std::string_view value) {
  return whole<std::size_t>(value, Least, Most).map([&](std::size_t count) { config.*Member = count; });
}

Result<void> set_zone(Config& config, std::string_view value) {
  return time::Zone::named(value).map([&](const time::Zone& zone) { config.zone = zone; });
}
Result<void> set_most_deleted(Config& config, std::string_view value) {
  if (value == "single") return config.most_deleted = 1, Result<void>{};
  return set_count<&Config::most_deleted, 10'000>(config, value);
}
std::string show_most_deleted(const Config& config) {
  return config.most_deleted == 1 ? "single" : std::to_string(config.most_deleted);
}
std::string show_zone(const Config& config) { return std::string(config.zone.name()); }

Result<void> set_hosts(Config& config, std::string_view value) {
  config.hosts.clear();
  while (!value.empty()) {
    const std::string_view name = value.substr(0, value.find(' '));
    value = trimmed(value.substr(name.size()));
    if (name.find_first_of(":/") != name.npos)
      return fail(Fault::parameter_malformed, "must be host names without port, with spaces between several");
    config.hosts.emplace_back(name);
  }
  return {};
}
Result<void> set_origins(Config& config, std::string_view value) {
  config.origins.clear();
  while (!value.empty()) {
    const std::string_view origin = value.substr(0, value.find(' '));
    value = trimmed(value.substr(origin.size()));
    const std::size_t scheme = origin.find("://");
    const bool is_web = origin.starts_with("https://") || origin.starts_with("http://");
    if (!is_web || scheme + 3 == origin.size() || origin.find_first_of("/*?#@", scheme + 3) != origin.npos)
      return fail(Fault::parameter_malformed,
                  "must be origins such as https://app.example.no, with spaces between several; there is no \"any\"");
    config.origins.emplace_back(origin);
  }
  return {};
}
Result<void> set_trusted_proxies(Config& config, std::string_view value) {
  std::vector<std::string> all;
  while (!value.empty()) {
    const std::string_view one = value.substr(0, value.find(' '));
    value = trimmed(value.substr(one.size()));
    all.emplace_back(one);
  }
  FHIR_TRY(http::Proxies::of(all));
  config.trusted_proxies = std::move(all);
  return {};
}
std::string show_trusted_proxies(const Config& config) {
  return fmt::format("{}", fmt::join(config.trusted_proxies, " "));
}
std::string show_origins(const Config& config) { return fmt::format("{}", fmt::join(config.origins, " ")); }
std::string show_hosts(const Config& config) { return fmt::format("{}", fmt::join(config.hosts, " ")); }

std::string show_listen(const Config& config) {
  const bool v6 = config.listen_host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", config.listen_host, v6 ? "]" : "", config.listen_port);
}

constexpr std::array<std::string_view, 4> kAccess{"open", "open-to-everybody", "oauth", "demo-login"};
std::string show_access(const Config& config) {
  return std::string(kAccess.at(static_cast<std::size_t>(config.access)));
}

Result<void> set_issuers(Config& config, std::string_view file) {
  config.issuers = file;
  return {};
}
Result<void> set_own_organisation(Config& config, std::string_view value) {
  return set_digits(config.own_organisation, value);
}

}  // namespace

Result<void> set_access(Config& config, std::string_view value) {
  const auto found = std::find(kAccess.begin(), kAccess.end(), value);
  if (found == kAccess.end())
    return fail(Fault::parameter_malformed, "must be open, open-to-everybody, oauth or demo-login");
  config.access = static_cast<Config::Access>(found - kAccess.begin());
  return {};
}

Result<void> set_listen(Config& config, std::string_view value) {
  const auto malformed = [] {
    return fail(Fault::parameter_malformed, "must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080");
  };
  const auto colon = value.rfind(':');
  if (colon == value.npos || colon == 0) return malformed();
  std::string_view host = value.substr(0, colon);
  if (host.starts_with("[") && host.ends_with("]"))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != host.npos)
    return malformed();
  const auto port = whole<std::uint16_t>(value.substr(colon + 1), 0, 65535);
  if (!port || host.empty()) return malformed();
  config.listen_host = host, config.listen_port = *port;
  return {};
}

const std::vector<SettingRow>& settings() {
  // clang-format off
  static const std::vector<SettingRow> rows{
      {"listen",           "address to listen on, HOST:PORT",                            set_listen, show_listen},
      {"access",           "who is let in: open (everybody on this machine, no other address), oauth (who logs in with an issuer), demo-login (fictitious users, this machine alone), open-to-everybody", set_access, show_access},
      {"issuers",          "file: whose logins are taken where access = oauth",          set_issuers, show_text<&Config::issuers>},
      {"demo-clients",     "programs that may log in where access = demo-login: ID=REDIRECT-ADDRESS …, an ID again for a further address", set_demo_clients, show_demo_clients},
      {"retention",        "how long what is stored is kept, by type: TYPE=AGE …, such as Patient=15y Appointment=400d; taken out by varde retention", set_retention, show_retention},
      {"demo-client-keys", "those of them that must prove themselves by a key, as HelseID demands: ID=FILE …, each a JWK set (after demo-clients)", set_demo_client_keys, show_demo_client_keys},
      {"rate-limit",       "requests a second that one client may make where it logs in (twice as many at once); 0: any number", set_count<&Config::requests_per_second, 1'000'000, 0>, show_bytes<&Config::requests_per_second>},
      {"session-idle",     "minutes without a request that end a login in a browser",    set_duration<&Config::session_idle, 1440>, show_duration<&Config::session_idle>},
      {"session-longest",  "hours that end it anyway",                                   set_duration<&Config::session_longest, 72>, show_duration<&Config::session_longest>},
      {"own-organisation", "number of the organisation whose follow-up centre this is; empty: of all who log in with a role there", set_own_organisation, show_text<&Config::own_organisation>},
      {"data",             "directory that holds everything",                            set_text<&Config::data>, show_text<&Config::data>},
      {"storage",          "where the store lies: sqlite:DIR or postgresql://USER@HOST/DATABASE; empty: SQLite in the data directory", set_storage, show_storage},
      {"tls-certificate",  "PEM file of our certificate and those above it; empty: no TLS of our own", set_tls_certificate, show_tls_certificate},
      {"tls-key",          "PEM file of its private key, which nobody but its owner (and group) may read", set_tls_key, show_tls_key},
      {"tls-least",        "oldest TLS that is spoken: 1.2 or 1.3",                      set_tls_least, show_tls_least},
      {"tls-clients",      "whether clients are asked for a certificate: unasked, asked (for tokens bound to one), required", set_tls_clients, show_tls_clients},
      {"tls-client-authorities", "PEM file of those who may vouch for clients; empty: a certificate proves that its key is held, and no more", set_tls_authorities, show_tls_authorities},
      {"public-base",      "FHIR base as clients see it; empty: http://<listen>/fhir",   set_public_base, show_text<&Config::public_base>},
      {"time-zone",        "whose clock dates without zone are read by (tz database)",   set_zone, show_zone},
      {"hosts",            "names we answer under, besides loopback, addresses and the public base's; * is any", set_hosts, show_hosts},
      {"trusted-proxies",  "addresses and networks of proxies in front of us (10.0.0.0/8): their Forwarded and X-Forwarded-For, -Proto, -Host tell who asks and by which address; anybody else's are passed over", set_trusted_proxies, show_trusted_proxies},
      {"cors",             "origins whose pages may call us from a browser, such as https://app.example.no", set_origins, show_origins},
      {"connections",      "HTTP connections that are open at the same time, most of them silent", set_count<&Config::connections, 65536>, show_bytes<&Config::connections>},
      {"connections-per-address", "of them, from one address; 0: three quarters",        set_count<&Config::connections_per_address, 65536, 0>, show_bytes<&Config::connections_per_address>},
      {"requests-at-once", "requests that are served at the same time, each by a thread of its own", set_count<&Config::requests_at_once, 4096>, show_bytes<&Config::requests_at_once>},
      {"memory-limit",     "that bodies and answers under way may take together: bytes, KB or MB", set_bytes<&Config::memory_bytes>, show_bytes<&Config::memory_bytes>},
      {"body-limit",       "largest request body: bytes, KB or MB",                      set_bytes<&Config::body_bytes>, show_bytes<&Config::body_bytes>},
      {"message-limit",    "largest national message: bytes, KB or MB",                  set_bytes<&Config::message_bytes>, show_bytes<&Config::message_bytes>},
      {"request-time",     "milliseconds that the searching of one request may take",    set_duration<&Config::request_time, 600'000>, show_duration<&Config::request_time>},
      {"request-steps",    "steps of work of one request: entries looked at, rules asked", set_count<&Config::request_steps, 1'000'000'000>, show_bytes<&Config::request_steps>},
      {"slow-search",      "milliseconds from which on a search is logged: its parameters by name, never their values", set_duration<&Config::slow_search, 3'600'000>, show_duration<&Config::slow_search>},
      {"write-time",       "milliseconds that the searching of one write may take",      set_duration<&Config::write_time, 600'000>, show_duration<&Config::write_time>},
      {"write-steps",      "index entries that one write may look at",                   set_count<&Config::write_steps, 1'000'000'000>, show_bytes<&Config::write_steps>},
      {"answer-limit",     "most that one answer gathers: bytes, KB or MB",              set_bytes<&Config::answer_bytes>, show_bytes<&Config::answer_bytes>},
      {"page-limit",       "resources on a page of a search: bytes, KB or MB",           set_bytes<&Config::page_bytes>, show_bytes<&Config::page_bytes>},
      {"chain-depth",      "references that one search parameter may follow",            set_count<&Config::chain_depth, 16>, show_bytes<&Config::chain_depth>},
      {"conditional-delete", "resources that one conditional delete may take away: single, or a number", set_most_deleted, show_most_deleted},
      {"profiles",         "folder of profiles and value sets, JSON or XML",             set_profiles, show_text<&Config::profiles>},
      {"required-profiles", "what resources must meet to be stored: TYPE=URL TYPE=URL …", set_required_profiles, show_required_profiles},
      {"references",       "where a reference leads nowhere: Observation.subject=refuse Task.*=warn *=off …", set_references, show_references},
      {"her-id",           "our communication parties, the one we send as first; until it is set, messages to anybody are taken", set_her_ids, show_her_ids},
      {"organisation",     "our organisation's name, as messages carry it",              set_text<&Config::organisation>, show_text<&Config::organisation>},
      {"organisation-her-id", "HER-id of the organisation above the department",         set_organisation_her_id, show_text<&Config::organisation_her_id>},
      {"department",       "our department's name, as messages carry it",                set_text<&Config::department>, show_text<&Config::department>},
      {"synthetic-numbers", "synthetic people (month + 40, 65 or 80) in messages and over FHIR: take, or refuse (E31, 422)", set_synthetic_numbers, show_synthetic_numbers},
      {"signature-anchors", "PEM file: root and intermediate certificates, and revocation lists, that signatures of messages are checked by; empty: none are checked", set_text<&Config::signature_anchors>, show_text<&Config::signature_anchors>},
      {"test-messages",    "a message whose sender says it is a test (ProcessingStatus D or T): keep (answered, without any effect) or process (installations for tests)", set_test_messages, show_test_messages},
      {"unknown-service",  "a message to our organisation, but to no service of ours: ignore or refuse (E21)", set_unknown_service, show_unknown_service},
      {"folder-settle",    "milliseconds that a file stands still before it is taken",   set_duration<&Config::folder_settle, 3'600'000>, show_duration<&Config::folder_settle>},
      {"folder-patience",  "seconds that a file without its end tag is waited for",      set_duration<&Config::folder_patience, 86400>, show_duration<&Config::folder_patience>},
      {"telephone",        "the unit's telephone number, as letters carry it (HIS 1145)", set_telephone, show_text<&Config::telephone>},
      {"responsible",      "name of who is responsible for the letters to the GPs",      set_text<&Config::responsible>, show_text<&Config::responsible>},
      {"responsible-hpr",  "that person's number in the register of health personnel (HPR)", set_responsible_hpr, show_text<&Config::responsible_hpr>},
      {"apprec-deadline",  "hours to wait for an AppRec before an alert (HITS 1168: 96)", set_duration<&Config::apprec_deadline, 8760>, show_duration<&Config::apprec_deadline>},
      {"summary-interval", "minutes between two summaries to the same GP that alerts start", set_duration<&Config::summary_interval, 10080>, show_duration<&Config::summary_interval>},
      {"letters",          "letters that leave by themselves: LETTER, LETTER=WAIT or LETTER=WAIT:chosen (only patients whose enrolment says so), with spaces between; service-notice, gp-history, gp-end, hospital-report, green-results, journal-entry; or none", set_letters, show_letters},
      {"epj",              "HER-id and name of the municipal journal system, which green-results go to: 8100002 Varde kommune, EPJ", set_epj, show_epj},
      {"epj-url",          "where the journal system takes journal entries by the national hub's interface (VKP): https://…/epj/r4/ORGANISATION/bundle; empty: as its messages", set_epj_url, show_text<&Config::epj_url>},
      {"opening-hours",    "when the follow-up centre is open: DAYS HH:MM-HH:MM, … with days mon to sun, mon-fri, and holidays", set_opening_hours, show_opening_hours},
      {"response-times",   "by when each colour is seen to: COLOUR=30min, 2h (of opening hours but for red), shift, 2shifts or 14d, with spaces between several", set_response_times, show_response_times},
      {"journal",          "kinds of entries that go to the journal by themselves: measurement, message, plan, course, 135, 136, 170; empty: what people copy", set_journal, show_journal},
      {"routes",           "receivers whose messages go by a transport of their own: NAME=folder:HER-ID,HER-ID …; the folder is messages/routes/NAME", set_routes, show_routes},
      {"first-retry",      "seconds until a failed sending is tried again",              set_duration<&Config::first_retry, 86400>, show_duration<&Config::first_retry>},
      {"longest-retry",    "seconds that the pause between tries grows to",              set_duration<&Config::longest_retry, 86400>, show_duration<&Config::longest_retry>},
      {"receiver-pace",    "seconds at least between two messages to the same receiver; 0: as fast as they go", set_duration<&Config::receiver_pace, 3600, 0>, show_duration<&Config::receiver_pace>},
  };
  // clang-format on
  return rows;
}

Result<void> apply_settings(std::string_view text, Config& config) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // editors put a byte order mark there
  std::vector<Failure> problems;
  std::vector<std::string_view> seen;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const auto problem = [&](Fault fault, std::string what) {
      problems.push_back({fault, fmt::format("line {}: {}", number, what)});
    };
    const auto equals = line.find('=');
    if (equals == line.npos) {
      problem(Fault::parameter_malformed, "expected `key = value`");
      continue;
    }
    const std::string_view key = trimmed(line.substr(0, equals)), value = trimmed(line.substr(equals + 1));
    const auto row =
        std::find_if(settings().begin(), settings().end(), [&](const auto& each) { return each.key == key; });
    if (row == settings().end()) {
      problem(Fault::parameter_unknown, fmt::format("there is no setting '{}'", key));
      continue;
    }
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      problem(Fault::parameter_malformed, fmt::format("{} is set twice", key));
    seen.push_back(row->key);
    if (const auto set = row->set(config, value); !set)
      problem(set.error().fault, fmt::format("{} {}", key, set.error().diagnostics));
  }
  if (problems.empty()) return {};
  Failure first = std::move(problems.front());
  first.also.assign(std::make_move_iterator(problems.begin() + 1), std::make_move_iterator(problems.end()));
  return tl::unexpected<Failure>(std::move(first));
}

int wrong_settings(const Failure& failure) {
  tell("varde: {}\n", failure.diagnostics);
  return kWrongUse;
}

}  // namespace varde::command
