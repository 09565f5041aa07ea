#include "server/command/room_settings.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "server/command/demo_login.h"
#include "server/command/process.h"
#include "server/command/signature_anchors.h"

namespace varde::command {
namespace {

Allowance request_allowance(const Config& config) {
  Allowance allowance;
  allowance.time = config.request_time, allowance.steps = config.request_steps;
  allowance.bytes = config.answer_bytes, allowance.depth = config.chain_depth;
  return allowance;
}

Allowance write_allowance(const Config& config) {
  Allowance allowance = kWriteAllowance;
  allowance.time = config.write_time, allowance.steps = config.write_steps;
  allowance.bytes = config.answer_bytes, allowance.depth = config.chain_depth;
  return allowance;
}

}  // namespace

storage::Options storage_options(const Config& config, const std::function<void(std::string_view)>& log) {
  storage::Options options;
  options.directory = config.store_directory();
  options.server = config.postgresql;
  options.zone = config.zone;
  options.read_allowance = request_allowance(config);
  options.write_allowance = write_allowance(config);
  options.accept_loss = config.accept_loss;
  options.log = log;
  return options;
}

interaction::Limits interaction_limits(const Config& config) {
  interaction::Limits limits;
  limits.page_bytes = config.page_bytes;
  limits.most_deleted = config.most_deleted;
  limits.request = request_allowance(config);
  return limits;
}

adapters::FolderOptions folder_options(const Config& config) {
  adapters::FolderOptions options;
  options.root = std::filesystem::path(config.data) / "messages";
  options.largest = config.message_bytes;
  options.settle = config.folder_settle;
  options.patience = config.folder_patience;
  return options;
}

messaging::Settings messaging_settings(const Config& config, std::vector<messaging::Route> routes,
                                       const std::function<void(std::string_view)>& log) {
  messaging::Settings settings;
  settings.routes = std::move(routes);
  settings.our_her_ids = config.her_ids;
  settings.unknown_service =
      config.refuse_unknown_service ? messaging::UnknownService::refuse : messaging::UnknownService::ignore;
  settings.synthetic_numbers =
      config.refuse_synthetic ? messaging::SyntheticNumbers::refuse : messaging::SyntheticNumbers::take;
  settings.test_messages =
      config.process_test_messages ? messaging::TestMessages::process : messaging::TestMessages::keep;
  settings.addressing = config.her_id_is_set ? messaging::Addressing::ours : messaging::Addressing::anybody;
  settings.our_organisation = config.organisation;
  settings.our_organisation_her_id = config.organisation_her_id;
  settings.our_department = config.department;
  if (config.telephone_is_set || !config.her_id_is_set) settings.our_telephone = config.telephone;
  settings.responsible = config.responsible;
  settings.responsible_hpr = config.responsible_hpr;
  settings.apprec_deadline = config.apprec_deadline;
  settings.summary_interval = config.summary_interval;
  settings.letters = config.letters;
  settings.epj_her_id = config.epj_her_id;
  settings.epj_name = config.epj_name;
  settings.largest_message = config.message_bytes;
  auto anchors = signature_anchors_of(config);
  if (!anchors) throw std::runtime_error(anchors.error().diagnostics);
  settings.signature_anchors = std::move(*anchors);
  settings.log = log;
  return settings;
}

http::Settings http_settings(const Config& config, access::Authenticator* logins, access::PageLogin* pages,
                             const messaging::Messaging& messaging) {
  http::Settings settings;
  settings.host = config.listen_host;
  settings.port = config.listen_port;
  settings.public_base = config.public_base;
  settings.hosts = config.hosts;
  settings.origins = config.origins;
  settings.proxies = http::Proxies::of(config.trusted_proxies).value();  // as the setting was checked
  for (const std::string& origin : demo_origins(config)) settings.origins.push_back(origin);
  settings.logins = logins;
  settings.also_at = {{"followup/worklist", "Task/$worklist"},
                      {"followup/journal", "Composition/$journal"},
                      {"followup/journal/acknowledge", "Composition/$acknowledge"}};
  settings.pages = pages;
  settings.tls = config.tls;
  settings.more_metrics = [&messaging]() -> std::string {
    try {
      return messaging.figures();
    } catch (const storage::EngineError&) {
      return {};  // the rest is worth the more where the store does not answer
    }
  };
  settings.open = {std::min(config.connections, descriptors_for_connections()), config.connections_per_address};
  settings.slots.all = config.requests_at_once;
  settings.slow_search = config.slow_search;
  // POST /message shares the rim: what the gateway takes must come through it.
  settings.wire.body_bytes = std::max(config.body_bytes, config.message_bytes);
  settings.memory_bytes = std::max(config.memory_bytes, 2 * settings.wire.body_bytes);
  return settings;
}

interaction::RequiredProfiles::OfType required_by(const Config& config) {
  interaction::RequiredProfiles::OfType out;
  for (const auto& [type, url] : config.required_profiles) out[fhir::find_type(type)].profiles.push_back(url);
  return out;
}

std::vector<interaction::Integrity::Rule> reference_rules(const Config& config) {
  using Mode = interaction::Integrity::Mode;
  std::vector<interaction::Integrity::Rule> rules;
  for (const auto& [pattern, mode] : config.references)
    rules.push_back({pattern, mode == "refuse" ? Mode::refuse : mode == "warn" ? Mode::warn : Mode::off});
  return rules;
}

}  // namespace varde::command
