#include "tests/http/support/world.h"

#include <cstdlib>
#include <stdexcept>

#include "tests/support/engine.h"

namespace varde::test {

World::World(Options options) : options_(std::move(options)) {
  std::string name = (std::filesystem::temp_directory_path() / "varde-http-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
  directory = name;
  open();
}

World::~World() {
  close();
  std::filesystem::remove_all(directory);
}

void World::open() {
  database = std::make_unique<storage::Database>(
      on_engine({.directory = (directory / "data").string(), .readers = 4, .queue_limit = options_.write_queue}));
  store = std::make_unique<interaction::Store>(interaction::uuid_v7(), options_.public_base);
  repository = std::make_unique<interaction::Repository>(*database, *store, access::anybody());
  key = std::make_unique<search::CursorKey>(search::CursorKey::in_directory((directory / "data").string()));
  context = std::make_unique<interaction::Context>(interaction::Context{*store, *key, profiles, options_.limits});
  http::Settings settings;
  settings.port = 0;
  settings.wire = options_.wire;
  settings.open = options_.open, settings.slots = options_.slots;
  settings.memory_bytes = options_.memory_bytes;
  settings.logins = options_.logins;
  if (options_.pages) settings.pages = options_.pages(*repository, *key);
  settings.origins = options_.origins;
  settings.hosts = options_.hosts;
  settings.proxies = options_.proxies;
  if (options_.slow_search) settings.slow_search = *options_.slow_search;
  settings.public_base = options_.public_base;
  if (options_.tls) settings.tls = *options_.tls;
  server = std::make_unique<http::Server>(settings, *context, *repository, *database, options_.operations,
                                          options_.plain, [this](std::string_view line) {
                                            const std::lock_guard lock(mutex_);
                                            log_ += line, log_ += '\n';
                                          });
  server->start();
}

void World::close() {
  server.reset();
  context.reset(), repository.reset(), store.reset(), key.reset(), database.reset();
}

void World::restart() { close(), open(); }

std::string World::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

Answer World::ask(const std::string& method, const std::string& target, const Headers& headers,
                  const std::string& body) const {
  Client client(port());
  return client.ask(method, target, headers, body);
}

Answer World::post(const std::string& target, const std::string& json) const {
  return ask("POST", target, {{"Content-Type", "application/fhir+json"}}, json);
}
Answer World::put(const std::string& target, const std::string& json) const {
  return ask("PUT", target, {{"Content-Type", "application/fhir+json"}}, json);
}
Answer World::get(const std::string& target) const { return ask("GET", target); }

}  // namespace varde::test
