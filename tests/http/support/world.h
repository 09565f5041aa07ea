#pragma once
/// The real HTTP server on a free port, over a real database in a directory of its own.
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/http/server.h"
#include "server/interaction/context.h"
#include "server/search/cursor.h"
#include "server/storage/storage.h"
#include "tests/http/support/client.h"

namespace varde::test {

class World {
 public:
  struct Options {
    http::WireLimits wire = {};
    http::OpenLimits open = {};
    http::SlotLimits slots = {.all = 64};
    std::size_t memory_bytes = 64u << 20;
    std::vector<interaction::Route> operations = {};
    std::vector<http::PlainRoute> plain = {};
    interaction::Limits limits = {};
    std::size_t write_queue = 4096;
    std::vector<std::string> origins = {};
    std::vector<std::string> hosts = {"x"};
    std::optional<std::chrono::milliseconds> slow_search = {};
    http::Proxies proxies = {};
    access::Authenticator* logins = nullptr;
    /// Of the store that is opened, and its key; owned by the test.
    std::function<access::PageLogin*(const interaction::Repository&, const search::CursorKey&)> pages = {};
    std::optional<http::TlsSettings> tls = std::nullopt;
    std::string public_base = "http://varde.test/fhir";
  };
  World() : World(Options{}) {}
  explicit World(Options options);
  ~World();

  std::uint16_t port() const { return server->port(); }
  std::string base() const { return server->base(); }
  /// One request on a connection of its own.
  Answer ask(const std::string& method, const std::string& target, const Headers& headers = {},
             const std::string& body = {}) const;
  Answer post(const std::string& target, const std::string& json) const;
  Answer put(const std::string& target, const std::string& json) const;
  Answer get(const std::string& target) const;
  void restart();  ///< stops and starts everything on the same data
  std::string log() const;

  std::filesystem::path directory;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<interaction::Store> store;
  std::unique_ptr<interaction::Repository> repository;
  std::unique_ptr<search::CursorKey> key;
  fhir::Profiles profiles;
  std::unique_ptr<interaction::Context> context;
  std::unique_ptr<http::Server> server;

 private:
  void open();
  void close();
  Options options_;
  mutable std::mutex mutex_;
  std::string log_;
};

}  // namespace varde::test
