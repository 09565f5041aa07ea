#include "server/command/instance.h"

#include <Poco/Net/ServerSocket.h>

#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "adapters/folder/folder.h"
#include "fhir-model/time/system_clock.h"
#include "server/access/digest.h"
#include "server/access/discovery.h"
#include "server/audit/journal.h"
#include "server/audit/routes.h"
#include "server/care/emergency.h"
#include "server/care/relations.h"
#include "server/clock/clock.h"
#include "server/command/access_log_page.h"
#include "server/command/demo_login.h"
#include "server/command/files.h"
#include "server/command/gateway_routes.h"
#include "server/command/issuers.h"
#include "server/command/page_login.h"
#include "server/command/page_sessions.h"
#include "server/command/profile_folder.h"
#include "server/command/room_settings.h"
#include "server/command/tls_settings.h"
#include "server/command/transports.h"
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

/// The ways out, each with the transport that it goes by; of everybody whom no setting names, the folder.
struct OutgoingRoutes {
  explicit OutgoingRoutes(const Config& config) {
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

void OutgoingRoutes::add(const Config& config, const std::string& name, std::string_view transport,
                         const std::filesystem::path& root, std::vector<std::string> receivers) {
  const Transport* const row = find_transport(transport);
  if (row == nullptr) throw std::logic_error("a route by a transport that is not there");
  senders.push_back(row->make(config, root));
  routes.push_back({name, senders.back().get(), std::move(receivers), config.first_retry, config.longest_retry,
                    config.receiver_pace});
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

/// Digests that tell whether a value is another, and nothing of what it is: some hold a secret.
storage::seen_settings::Digests in_force(const Config& config) {
  const auto key = search::CursorKey::in_directory(config.data);
  const std::string secret(key.text());
  storage::seen_settings::Digests out;
  const auto add = [&](const std::string& name, const std::string& value) {
    const std::string digest = access::sha256(secret + "\n" + name + "\n" + value);
    std::int64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) number = (number << 8) | static_cast<unsigned char>(digest[i]);
    out.emplace_back(name, number);
  };
  for (const SettingRow& row : settings()) add(std::string(row.key), row.show(config));
  if (const auto text = config.issuers.empty() ? Result<std::string>("") : read_file(config.issuers))
    add("issuers-file", *text);
  return out;
}

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
        outgoing(config),
        receiver(reporting(folder_options(config))),
        clock(repository.as(access::ourselves("clock")), log),
        messaging(repository.as(access::ourselves("messages")), clock, followup,
                  messaging_settings(config, outgoing.routes, log)),
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
        logins(authenticator_settings(config, issuers, keys_of(demo_login.get())), seen_proofs, time::system_seconds),
        context{store,
                cursor_key,
                profiles,
                interaction_limits(config),
                own_definitions.profiles(),
                access::smart_configuration(issuers),
                access::capability_security(issuers),
                issuers.empty() ? nullptr : &journal},
        sessions(repository.as(access::ourselves("pages")), cursor_key.text()),
        pages(page_login_of(config, logins, sessions, seen_proofs, demo_login.get())),
        server(http_settings(config, issuers.empty() ? nullptr : &logins, pages.get(), messaging), context, repository,
               database, operations(messaging, !issuers.empty()),
               plain_routes(messaging, repository, demo_login.get(), !issuers.empty()), log) {
    if (demo_login)
      demo_login->tell_taken_back(
          [this](const std::string& token, access::Seconds until) { logins.end(token, until); });
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
    PageSessions::swept_by(clock);
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
  OutgoingRoutes outgoing;
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
  PageSessions sessions;
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
    impl_->journal.listen_at(impl_->config.data);
    impl_->journal.start();
    impl_->journal.tell_settings(in_force(impl_->config));
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

bool Instance::is_gone() const { return impl_->database.is_gone(); }

std::string Instance::base() const { return impl_->server.base(); }
std::uint16_t Instance::port() const { return impl_->server.port(); }
std::string Instance::messages_folder() const {
  return (std::filesystem::path(impl_->config.data) / "messages").string();
}

}  // namespace varde::command
