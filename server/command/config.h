#pragma once
/// @file server/command/config.h
/// Settings: lines `key = value`, `#` begins a comment. One table gives name, default, meaning and check of each.
/// Faults: parameter_unknown, parameter_malformed; every one says its line.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir-model/budget/budget.h"
#include "fhir-model/fault/fault.h"
#include "fhir-model/time/zone.h"
#include "server/access/demo_login/demo_login.h"
#include "server/command/command.h"
#include "server/command/retention_settings.h"
#include "server/followup/service.h"
#include "server/http/tls.h"
#include "server/messaging/letter/switch.h"

namespace varde::command {

/// Whom messages reach by a transport of their own.
struct RouteSetting {
  std::string name, transport;
  std::vector<std::string> receivers;  ///< HER-ids
};

struct Config {
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 8080;
  std::string data = "./data";
  std::string sqlite;      ///< directory of varde.db; empty: data
  std::string postgresql;  ///< postgresql://…; empty: SQLite
  enum class Access : std::uint8_t { open, open_to_everybody, oauth, demo_login } access = Access::open;
  /// Programs that may use the built-in authorization server, where access = demo-login.
  std::vector<access::DemoClient> demo_clients{{"demo-app", {"http://127.0.0.1:8000/callback"}}};
  std::string issuers;                    ///< file: whose logins are taken
  std::chrono::minutes session_idle{15};  ///< of a login in a browser
  std::chrono::hours session_longest{8};
  std::string own_organisation;           ///< number of the organisation whose follow-up centre this is
  std::size_t requests_per_second = 500;  ///< of one client that logs in
  bool accept_loss = false;               ///< of the command line only: start although the log is damaged
  std::string public_base;                ///< empty: http://<listen>/fhir, https where TLS is on
  http::TlsSettings tls;                  ///< of our own; off: something before us has it, or nobody
  /// Fictitious, as are the names: a real service sets its own. The first is who we send as.
  std::vector<std::string> her_ids{"8142952"};
  bool her_id_is_set = false;  ///< until it is, messages to anybody are taken
  std::string organisation = "Varde kommune", organisation_her_id = "8142900";
  std::string department = "Oppfølgingssenter, digital hjemmeoppfølging";
  std::string telephone = "55 50 00 00";  ///< of the unit; fictitious too, and only sent as long as the HER-id is
  bool telephone_is_set = false;
  std::string responsible, responsible_hpr;  ///< who stands behind the letters to the GPs
  std::vector<std::string> origins;          ///< of pages that may call us from a browser
  std::vector<std::string> trusted_proxies;  ///< whose Forwarded and X-Forwarded-... are believed; see http/proxies.h
  std::vector<std::string> hosts;            ///< names we answer under, besides loopback, addresses and the base's
  std::size_t connections = 8192, connections_per_address = 0, requests_at_once = 256;
  std::size_t memory_bytes = 256u << 20;
  std::size_t body_bytes = 32u << 20, message_bytes = 35u << 20;
  std::chrono::milliseconds request_time = Allowance{}.time, write_time = kWriteAllowance.time;
  std::size_t request_steps = Allowance{}.steps, write_steps = kWriteAllowance.steps;
  std::size_t answer_bytes = Allowance{}.bytes, page_bytes = 8u << 20, chain_depth = Allowance{}.depth;
  std::size_t most_deleted = 1;  ///< by one conditional delete
  time::Zone zone = time::Zone::norway();
  std::string profiles;  ///< folder of StructureDefinitions, ValueSets, CodeSystems; may be empty
  std::vector<std::pair<std::string, std::string>> required_profiles;  ///< resource type, canonical
  std::vector<std::pair<std::string, std::string>> references;  ///< pattern, what is done where one leads nowhere
  std::chrono::milliseconds slow_search{5'000};  ///< a search that takes as long is logged, without values
  std::chrono::hours apprec_deadline{96};
  std::chrono::minutes summary_interval{60};
  std::vector<messaging::LetterSwitch> letters = messaging::letter::usual_letters();  ///< that leave by themselves
  std::string epj_her_id, epj_name;  ///< the municipal journal system; empty: none
  std::string epj_url;               ///< where it takes journal entries; empty: they go as its messages do
  bool refuse_unknown_service = false;
  bool refuse_synthetic = false;
  bool process_test_messages = false;
  std::string signature_anchors;  ///< file: whose signatures are checked; empty: none are
  std::chrono::milliseconds folder_settle{1'000};
  std::chrono::seconds folder_patience{300};
  std::chrono::seconds first_retry{30}, longest_retry{3600}, receiver_pace{0};
  std::vector<RouteSetting> routes;  ///< beside the folder of everybody
  followup::Service service;         ///< when the follow-up centre is open, and how soon it sees to what

  std::vector<RetentionRule> retention;  ///< by the command varde retention; none: everything is kept

  const std::string& store_directory() const { return sqlite.empty() ? data : sqlite; }  ///< of varde.db
};

struct SettingRow {
  std::string_view key, help;
  Result<void> (*set)(Config&, std::string_view value);
  std::string (*show)(const Config&);
};
const std::vector<SettingRow>& settings();

/// Applies a file's text over `config`; every problem is found, not only the first (see Failure::also).
Result<void> apply_settings(std::string_view text, Config& config);
Result<void> set_access(Config& config, std::string_view value);
Result<void> set_listen(Config& config, std::string_view value);  ///< HOST:PORT, [::1]:PORT

/// Defaults, then --config FILE or DIR/varde.conf, then --data and --listen.
Result<Config> config_of(const Arguments& arguments);
/// Says on standard error what is wrong with them; the exit status.
int wrong_settings(const Failure& failure);

}  // namespace varde::command
