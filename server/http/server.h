#pragma once
/// @file server/http/server.h
/// The HTTP rim: listens, turns bytes into interaction::Request and interaction::Response into bytes, keeps the limits.
/// What the routes are stands in interaction/route.h (FHIR) and in the table given here (everything else).
/// Source: https://hl7.org/fhir/R4/http.html, RFC 9110
/// Threads: one per connection that has something to say, out of a pool; start and stop from one thread.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/access/authenticator.h"
#include "server/access/page_login.h"
#include "server/http/listener.h"
#include "server/http/proxies.h"
#include "server/http/slots.h"
#include "server/http/tls.h"
#include "server/http/wire.h"
#include "server/interaction/context.h"
#include "server/interaction/route.h"

namespace varde::http {

struct Settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;              ///< 0: any free one, see Server::port()
  std::string public_base;                ///< "https://fhir.example.no/fhir"; empty: http://HOST:PORT/fhir
  std::vector<std::string> origins = {};  ///< of pages of other sites that may call us from a browser; see Cors
  std::vector<std::string> hosts = {};  ///< names we answer under, besides loopback, addresses and the base's; see Site
  Proxies proxies = {};                 ///< in front of us, whose word for who asks is taken
  WireLimits wire = {};
  OpenLimits open = {};                    ///< connections at the same time
  SlotLimits slots = {};                   ///< of them, served at the same time
  std::size_t memory_bytes = 256u << 20;   ///< that bodies and answers under way may take together
  std::chrono::milliseconds grace{10000};  ///< that requests under way get when stopping
  /// Addresses that stand for one below the base, as they are written below it or below the root:
  /// {"followup/journal", "Composition/$journal"}.
  std::vector<std::pair<std::string, std::string>> also_at = {};
  access::Authenticator* logins =
      nullptr;                         ///< who they are who ask; nullptr: nobody has to log in. Outlives the server
  access::PageLogin* pages = nullptr;  ///< how a browser logs in; nullptr: it cannot. Outlives the server
  TlsSettings tls = {};
  std::chrono::milliseconds slow_search{5000};     ///< a search that takes as long is logged
  std::function<std::string()> more_metrics = {};  ///< what others count, in the Prometheus text format
};

/// A route outside FHIR: exact path and method.
struct PlainRoute {
  std::string method, path;  ///< "POST", "/message"
  std::function<Result<interaction::Response>(const interaction::Request&)> handler;
  bool fhir_errors = true;  ///< failures as OperationOutcome (else as one line of text)
  /// In place of handler, for what reads headers that no Request holds.
  std::function<Result<interaction::Response>(const interaction::Request&, const Received&)> with_headers = {};
};

class Server {
 public:
  /// `operations`: FHIR routes beside the interactions and metadata. `log` gets one line per event that an operator
  /// should see; never patient data.
  Server(Settings settings, interaction::Context& context, interaction::Repository repository,
         storage::Database& database, std::vector<interaction::Route> operations, std::vector<PlainRoute> plain,
         std::function<void(std::string_view)> log);
  ~Server();
  void start();                ///< throws std::runtime_error when the address cannot be had
  void stop();                 ///< takes no more requests, finishes those under way
  void reload_certificates();  ///< throws std::runtime_error, and goes on with those that it has
  std::uint16_t port() const;
  std::string base() const;  ///< of FHIR, without trailing slash

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace varde::http
