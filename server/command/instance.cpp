#include "server/command/instance.h"

#include <Poco/Net/ServerSocket.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "adapters/epj/vkp.h"
#include "adapters/folder/folder.h"
#include "server/access/digest.h"
#include "server/access/discovery.h"
#include "server/audit/event.h"
#include "server/audit/journal.h"
#include "server/audit/routes.h"
#include "server/care/emergency.h"
#include "server/care/relations.h"
#include "server/clock/clock.h"
#include "server/command/access_log_page.h"
#include "server/command/demo_login.h"
#include "server/command/doors.h"
#include "server/command/issuers.h"
#include "server/command/page_login.h"
#include "server/command/process.h"
#include "server/command/profile_folder.h"
#include "server/command/signature_anchors.h"
#include "server/command/tls_settings.h"
#include "server/demo/patients.h"
#include "server/followup/followup.h"
#include "server/http/server.h"
#include "server/interaction/context.h"
#include "server/interaction/defined_parameters.h"
#include "server/interaction/dispatcher.h"
#include "server/interaction/integrity.h"
#include "server/interaction/interactions.h"
#include "server/interaction/reindex.h"
#include "server/interaction/required_profiles.h"
#include "server/interaction/store.h"
#include "server/interaction/unfulfilled.h"
#include "server/messaging/delivery.h"
#include "server/messaging/messaging.h"
#include "server/operation/operations.h"
#include "server/operation/own_definitions.h"
#include "server/search/cursor.h"
#include "server/storage/storage.h"

namespace varde::command {
namespace {

/// References to our own base are local, so the base must be known before the first write: port 0 is settled here.
Config with_port(Config config) {
  if (config.listen_port == 0) {
    Poco::Net::ServerSocket probe;
    probe.bind(Poco::Net::SocketAddress(config.listen_host, 0));
    config.listen_port = probe.address().port();
  }
  if (config.public_base.empty()) {
    const bool v6 = config.listen_host.find(':') != std::string::npos;
    const std::string host = config.listen_host == "0.0.0.0" || config.listen_host == "::" ? "localhost"
                             : v6 ? "[" + config.listen_host + "]"
                                  : config.listen_host;
    config.public_base =
        fmt::format("{}://{}:{}/fhir", config.tls.is_on() ? "https" : "http", host, config.listen_port);
  }
  return config;
}

/// Of what is not in the store: keys, messages in folders. The store itself says what hinders.
Config with_directory(Config config) {
  std::error_code problem;
  if (std::filesystem::create_directories(config.data, problem))
    std::filesystem::permissions(config.data, std::filesystem::perms::owner_all, problem);
  return config;
}

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

/// The ways out, each with the transport that it goes by; of everybody whom no setting names, the folder.
struct Exits {
  explicit Exits(const Config& config) {
    const auto root = folder_options(config).root;
    add(config, "folder", "folder", root, {});
    for (const auto& route : config.routes)
      add(config, route.name, route.transport, root / "routes" / route.name, route.receivers);
    if (!config.epj_url.empty()) add(config, std::string(messaging::kJournalRoute), "vkp", root, {"journal"});
  }
  void add(const Config& config, const std::string& name, std::string_view transport, const std::filesystem::path& root,
           std::vector<std::string> receivers);

  std::vector<std::unique_ptr<adapters::Sender>> senders;
  std::vector<messaging::Route> routes;
};

struct TransportRow {
  std::string_view name;
  std::unique_ptr<adapters::Sender> (*make)(const Config&, const std::filesystem::path& root);
};
constexpr std::array kTransports{
    TransportRow{"folder",
                 [](const Config& config, const std::filesystem::path& root) -> std::unique_ptr<adapters::Sender> {
                   auto options = folder_options(config);
                   options.root = root;
                   return std::make_unique<adapters::FolderSender>(options);
                 }},
    TransportRow{"vkp",
                 [](const Config& config, const std::filesystem::path&) -> std::unique_ptr<adapters::Sender> {
                   return std::make_unique<adapters::VkpSender>(config.epj_url);
                 }},
};

void Exits::add(const Config& config, const std::string& name, std::string_view transport,
                const std::filesystem::path& root, std::vector<std::string> receivers) {
  const auto row = std::find_if(kTransports.begin(), kTransports.end(),
                                [&](const TransportRow& each) { return each.name == transport; });
  if (row == kTransports.end()) throw std::logic_error("a route by a transport that is not there");
  senders.push_back(row->make(config, root));
  routes.push_back({name, senders.back().get(), std::move(receivers), config.first_retry, config.longest_retry,
                    config.receiver_pace});
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

/// `audited`: an audit log is kept, and asked for.
std::vector<interaction::Route> operations(messaging::Messaging& messaging, bool audited) {
  std::vector<interaction::Route> all;
  for (const auto some :
       {operation::followup_operations(), operation::terminology_operations(), operation::resource_operations()})
    all.insert(all.end(), some.begin(), some.end());
  all.push_back(plan_operation(messaging));
  all.push_back(link_operation(messaging));
  for (auto rows : {message_log_operations(messaging), message_operations(messaging), letter_operations(messaging)})
    for (auto& row : rows) all.push_back(std::move(row));
  all.push_back(care::emergency_access());
  if (audited)
    for (auto& route : audit::routes()) all.push_back(std::move(route));
  return all;
}

std::vector<http::PlainRoute> plain_routes(messaging::Messaging& messaging, const interaction::Repository& repository,
                                           access::DemoLogin* demo_login, bool audited) {
  std::vector<http::PlainRoute> all = message_log_routes(
      repository, [&messaging](interaction::Act& act, const std::string& communication, const std::string& patient) {
        return messaging.link(act, communication, patient);
      });
  all.push_back(message_route(messaging));
  if (audited) all.push_back(access_log_page(repository));
  if (demo_login)
    for (auto& route : demo_login_routes(*demo_login)) all.push_back(std::move(route));
  return all;
}

/// Throws with the reason where the file of issuers cannot be used.
std::vector<access::Issuer> trusted_issuers(const Config& config, const access::DemoLogin* demo_login) {
  if (const auto listens = check_access(config); !listens) throw std::runtime_error(listens.error().diagnostics);
  if (const auto tls = check_tls(config); !tls) throw std::runtime_error(tls.error().diagnostics);
  auto issuers = issuers_of(config);
  if (!issuers) throw std::runtime_error(issuers.error().diagnostics);
  if (demo_login) issuers->push_back(issuer_of(*demo_login));
  return std::move(*issuers);
}

access::Seconds now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

}  // namespace

struct Instance::Impl {
  Impl(Config given, std::function<void(std::string_view)> given_log)
      : config(with_port(with_directory(std::move(given)))),
        log(std::move(given_log)),
        database(storage_options(config, log)),
        cursor_key(search::CursorKey::of(
            database.common_secret("cursor", search::CursorKey::in_directory(config.data).text()))),
        store(interaction::uuid_v7(), config.public_base),
        repository(database, store, access::anybody()),
        keeper(repository.as(access::ourselves("audit"))),
        followup(config.service),
        exits(config),
        receiver(reporting(folder_options(config))),
        clock(repository.as(access::ourselves("clock")), log),
        messaging(repository.as(access::ourselves("messages")), clock, followup,
                  messaging_settings(config, exits.routes, log)),
        required(profiles, required_by(config)),
        integrity(reference_rules(config), log),
        indexer(database, store, log),
        defined_parameters([this] { indexer.look_soon(); }),
        demo_login(demo_login_of(config)),
        issuers(trusted_issuers(config, demo_login.get())),
        journal(keeper, log),
        seen_proofs([this](const std::string& proof, access::Seconds until) {
          const bool is_first = database.is_first_use(proof, until.time_since_epoch().count());
          if (is_first) journal.remember(proof, until);
          return is_first;
        }),
        logins(authenticator_settings(config, issuers, keys_of(demo_login.get())), seen_proofs, now),
        context{store,
                cursor_key,
                profiles,
                interaction_limits(config),
                own_definitions.profiles(),
                access::smart_configuration(issuers),
                access::capability_security(issuers),
                issuers.empty() ? nullptr : &journal},
        pages(page_login_of(config, logins, demo_login.get())),
        server(http_settings(config, issuers.empty() ? nullptr : &logins, pages.get(), messaging), context, repository,
               database, operations(messaging, !issuers.empty()),
               plain_routes(messaging, repository, demo_login.get(), !issuers.empty()), log) {
    if (auto known = own_definitions.add_to(profiles); !known) throw std::logic_error(known.error().diagnostics);
    if (auto loaded = load_profiles(config, profiles); !loaded) throw std::runtime_error(loaded.error().diagnostics);
    if (const auto count = interaction::reindex_where_rules_changed(database, store))
      log(fmt::format("indexed {} resources anew", count));
    interaction::note_changed_parameters(database, store);
    store.add_effect(defined_parameters);
    store.add_effect(own_definitions);
    store.add_effect(unfulfilled);
    store.add_effect(required);
    store.add_effect(integrity);
    store.add_effect(followup);
    followup::FollowUp::keep_time(clock, config.service);
    followup.confirm_by(clock);
    store.add_effect(resume);
    store.add_effect(messaging.letters());
    store.add_effect(relations);
    care::build_relations(repository.as(access::ourselves("care")));
    messaging.receive_from(receiver, std::chrono::milliseconds{100});
  }

  adapters::FolderOptions reporting(adapters::FolderOptions options) {
    options.on_refused = [this](const adapters::Refusal& refusal) {
      log("inbound folder: a file was refused; see the technical task");
      if (!messaging.report(refusal.source, refusal.reason)) log("inbound folder: the refusal could not be reported");
    };
    return options;
  }

  Config config;
  std::function<void(std::string_view)> log;
  storage::Database database;
  search::CursorKey cursor_key;
  interaction::Store store;
  interaction::Repository repository, keeper;
  followup::FollowUp followup;
  messaging::ResumeOnTask resume;
  care::Relations relations;
  Exits exits;
  adapters::FolderReceiver receiver;
  clock::Clock clock;
  messaging::Messaging messaging;
  fhir::Profiles profiles;
  operation::OwnDefinitions own_definitions;
  interaction::Unfulfilled unfulfilled;
  interaction::RequiredProfiles required;
  interaction::Integrity integrity;
  interaction::Indexer indexer;
  interaction::DefinedParameters defined_parameters;
  std::unique_ptr<access::DemoLogin> demo_login;
  std::vector<access::Issuer> issuers;
  audit::Journal journal;
  access::SeenProofs seen_proofs;
  access::Authenticator logins;
  interaction::Context context;
  std::unique_ptr<access::PageLogin> pages;
  http::Server server;
};

Instance::Instance(Config config, std::function<void(std::string_view)> log)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(log))) {}
Instance::~Instance() { stop(); }

bool Instance::load_demo() {
  const auto loaded = demo::load_patients(impl_->repository.as(access::ourselves("demonstration")));
  if (!loaded) throw std::runtime_error("the demonstration patients cannot be stored: " + loaded.error().diagnostics);
  return *loaded;
}

bulk::ImportCount Instance::import_file(const std::string& file, const bulk::ImportOptions& options) {
  const interaction::Routes routes({interaction::interactions().begin(), interaction::interactions().end()});
  const auto repository = impl_->repository.as(access::ourselves("import"));
  const interaction::Dispatcher dispatcher(repository, impl_->context, routes);
  return bulk::import_file(file, repository, dispatcher, impl_->config.public_base, options);
}

Result<followup::CareCount> Instance::import_care(std::string_view text) {
  const auto lines = followup::read_care_file(text);
  FHIR_TRY(lines);
  return impl_->repository.as(access::ourselves("import")).write([&](interaction::Act& act) {
    return followup::store_care(act, *lines);
  });
}

void Instance::start() {
  // Here, not when the directory is opened: what we publish ourselves does not make it one in use (load_demo).
  if (auto published = impl_->own_definitions.publish(impl_->repository); !published)
    throw std::runtime_error("the definitions of our own cannot be stored: " + published.error().diagnostics);
  if (!impl_->issuers.empty()) {
    impl_->journal.restore(impl_->seen_proofs);
    impl_->journal.start();
  }
  // The clock looks by itself so often that nobody need wake it.
  impl_->database.on_news([this](std::string_view) { impl_->messaging.wake(); });
  impl_->clock.start();
  impl_->indexer.start();
  impl_->messaging.start();
  impl_->server.start();
}

void Instance::stop() {
  impl_->server.stop();
  impl_->messaging.stop();
  impl_->indexer.stop();
  impl_->clock.stop();
  impl_->journal.stop();
  impl_->database.on_news({});
}

bool Instance::has_certificates() const { return impl_->config.tls.is_on(); }
void Instance::reload_certificates() { impl_->server.reload_certificates(); }

audit::Verified verify_audit(const Config& config) {
  auto options = storage_options(config, [](std::string_view) {});
  // A path that was mistyped must not be told of as a log in order.
  if (options.server.empty() && !std::filesystem::exists(std::filesystem::path(options.directory) / "varde.db"))
    throw std::runtime_error("there is no store in " + options.directory);
  options.read_allowance.time = std::chrono::hours{24}, options.read_allowance.steps = SIZE_MAX;
  options.read_allowance.bytes = SIZE_MAX;
  storage::Database database(std::move(options));
  interaction::Store store(interaction::uuid_v7());
  return interaction::Repository(database, store, access::ourselves("audit")).read(audit::verify);
}

Result<ErasedPatient> erase_patient(const Config& config, const std::string& id, const std::string& reason,
                                    bool dry_run) {
  auto options = storage_options(config, [](std::string_view) {});
  for (Allowance* const allowance : {&options.read_allowance, &options.write_allowance})
    allowance->time = std::chrono::hours{24}, allowance->steps = SIZE_MAX, allowance->bytes = SIZE_MAX;
  storage::Database database(std::move(options));
  interaction::Store store(interaction::uuid_v7());
  const interaction::Repository repository(database, store, access::ourselves("erasure"));
  const auto found = [&](const interaction::View& view) -> Result<std::pair<storage::PatientKey, ErasedPatient>> {
    const auto patient = view.patient_key(id);
    ErasedPatient out{storage::erasure::belongings(view, patient), view.now()};
    if (patient == storage::PatientKey::none || out.what.resources.empty())
      return fail(Fault::not_found, "Nothing is stored of a patient with that id.");
    return std::pair(patient, std::move(out));
  };
  if (dry_run) return repository.read(found).map([](auto&& one) { return std::move(one.second); });
  return repository.write([&](interaction::Act& act) -> Result<ErasedPatient> {
    auto one = found(act);
    FHIR_TRY(one);
    interaction::Deed deed{"erased for good by the command varde erase", "reason=" + reason, false};
    auto rows =
        audit::rows_of(act.principal(), deed, {{'D', fhir::find_type("Patient"), id, 0, one->first}}, 200, act.now());
    storage::audit_log::append(act, rows, access::sha256);
    storage::erasure::erase(act, one->first);
    return std::move(one->second);
  });
}

bool Instance::is_gone() const { return impl_->database.is_gone(); }

std::string Instance::base() const { return impl_->server.base(); }
std::uint16_t Instance::port() const { return impl_->server.port(); }
std::string Instance::messages_folder() const {
  return (std::filesystem::path(impl_->config.data) / "messages").string();
}

}  // namespace varde::command
