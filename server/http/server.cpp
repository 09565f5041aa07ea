#include "server/http/server.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <optional>

#include "fhir-model/time/system_clock.h"
#include "server/http/coding.h"
#include "server/http/cors.h"
#include "server/http/dispatch.h"
#include "server/http/home.h"
#include "server/http/listener.h"
#include "server/http/memory.h"
#include "server/http/metrics.h"
#include "server/http/site.h"
#include "server/interaction/text.h"

namespace varde::http {
namespace {

using interaction::Response;

/// Found again in the log by whoever gets it in an answer.
std::string reference_id() {
  unsigned char bytes[8];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return "unknown";
  std::string out;
  for (const unsigned char byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += name, out += ": ", out += value, out += "\r\n";
}

/// Pages show health data and run nothing; only what FHIR answers may be kept, and be asked about again.
constexpr std::string_view kPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

void append_caching(const Response& response, std::string& out) {
  const bool fhir = response.body.empty() || response.content_type.starts_with("application/fhir");
  // A redirect may hold a code.
  append_header(out, "Cache-Control", fhir && response.status != 303 ? "private, no-cache" : "no-store");
  if (!response.content_type.starts_with("text/html")) return;
  const auto is_policy = [](const auto& header) { return header.first == "Content-Security-Policy"; };
  if (std::none_of(response.headers.begin(), response.headers.end(), is_policy))
    append_header(out, "Content-Security-Policy", kPagePolicy);
  append_header(out, "X-Frame-Options", "DENY");         // for browsers that do not know frame-ancestors
  append_header(out, "Referrer-Policy", "same-origin");  // with none, our own forms would come from the origin null
}

void write(Response response, bool head, bool keep, Outgoing& into) {
  const bool bodiless = response.status == 204 || response.status == 304;
  std::string& out = into.head;
  out.reserve(1024 + (head ? 0 : std::min(response.body.size(), std::size_t{64} << 10)));
  out += "HTTP/1.1 ", out += std::to_string(response.status);
  out += ' ', out += reason(response.status), out += "\r\n";
  append_header(out, "Date", interaction::http_date(time::system_now()));
  append_header(out, "Server", "Varde");
  if (!response.body.empty()) append_header(out, "Content-Type", response.content_type);
  if (!bodiless) append_header(out, "Content-Length", std::to_string(response.body.size()));
  append_header(out, "ETag", response.etag);
  append_header(out, "Last-Modified", response.last_modified);
  append_header(out, "Location", response.location);
  append_caching(response, out);
  append_header(out, "X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (!keep) append_header(out, "Connection", "close");
  out += "\r\n";
  into.keep = keep;
  if (!head && !bodiless) into.body = std::move(response.body);
}

/// A failure of ours that may be over soon: by its fault and how long to wait.
Response come_back(Failure failure, int seconds) {
  Response out = interaction::outcome(failure);
  out.headers.emplace_back("Retry-After", std::to_string(seconds));
  return out;
}

/// What a client may know of our storage, and when to try again.
Response unavailable(const storage::EngineError& error) {
  using storage::Trouble;
  switch (error.trouble()) {
    case Trouble::full: return come_back({Fault::storage_full, "There is no room left to store anything here."}, 60);
    case Trouble::locked:
      return come_back({Fault::storage_unavailable, "Another program holds the database; nothing was changed."}, 5);
    case Trouble::damaged:
      return come_back({Fault::storage_unavailable, "The database is damaged; the operator must restore it."}, 300);
    case Trouble::away: return come_back({Fault::storage_unavailable, "The database does not answer just now."}, 2);
    case Trouble::gone:
      return come_back({Fault::storage_unavailable, "The data directory is gone; nothing was changed."}, 300);
    case Trouble::contended:
      return come_back({Fault::storage_unavailable, "Another write was in the way; nothing was changed."}, 1);
    case Trouble::memory: return come_back({Fault::storage_unavailable, "There is no memory left just now."}, 5);
    case Trouble::none:
    case Trouble::other: break;
  }
  return come_back({Fault::storage_unavailable, "The storage does not work just now; nothing was changed."}, 30);
}

Response text_response(std::string text, std::string_view type = "text/plain; charset=utf-8") {
  Response out;
  out.body = std::move(text);
  out.content_type = type;
  return out;
}

std::string busy_answer() {
  Outgoing out;
  write(come_back({Fault::busy, "All connections are in use; come back in a moment."}, 1), false, false, out);
  return out.head + out.body;
}

Response not_unpacked(const Failure& failure) {
  if (failure.fault == Fault::busy) return come_back(failure, 1);
  Response out = interaction::outcome(failure);
  if (failure.fault == Fault::content_type_unsupported)
    out.headers.emplace_back("Accept-Encoding", kCodings);  // RFC 9110 15.5.16
  return out;
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// What an operator's probes ask for: answered by the spare slots, under any host name.
bool is_health(std::string_view target) {
  const std::string_view path = path_of(target);
  return path == "/health" || path == "/ready" || path == "/metrics";
}

bool may_be_refused_late(std::string_view method) { return method == "GET" || method == "HEAD"; }

}  // namespace

struct Server::Impl {
  Settings settings;
  interaction::Context& context;
  storage::Database& database;
  std::function<void(std::string_view)> log;
  Metrics metrics;
  const Cors cors;
  std::atomic<bool> ready = false;
  std::string base;
  Dispatch dispatch;
  Memory memory;
  std::optional<Site> site;  ///< from start() on
  std::optional<Tls> tls;
  Listener listener;

  Impl(Settings given, interaction::Context& shared, interaction::Repository repository, storage::Database& stored,
       std::vector<interaction::Route> operations, std::vector<PlainRoute> plain,
       std::function<void(std::string_view)> logger)
      : settings(with_proxies(std::move(given))),
        context(shared),
        database(stored),
        log(std::move(logger)),
        cors(settings.origins),
        dispatch(context, std::move(repository), std::move(operations), with_own(std::move(plain)), settings.logins,
                 settings.also_at),
        memory(settings.memory_bytes),
        tls(settings.tls.is_on() ? std::optional<Tls>(std::in_place, settings.tls) : std::nullopt),
        listener(
            {settings.host, settings.port, settings.open, settings.slots, settings.grace, settings.wire,
             tls ? &*tls : nullptr},
            memory, [this](Received& received, Outgoing& out) { answer(received, out); },
            [this](const Refused& refused, Outgoing& out) { refuse(refused, out); }, is_health, busy_answer()) {}

  /// Behind a proxy are many: it is not held to what one address may have.
  static Settings with_proxies(Settings settings) {
    settings.open.is_of_many = [proxies = settings.proxies](std::string_view one) { return proxies.trusts(one); };
    settings.slots.is_of_many = settings.open.is_of_many;
    return settings;
  }

  /// What a proxy that is trusted says of the request; the base that links are made with.
  std::string heard_of(Received& received) const {
    if (!settings.proxies.trusts(received.address)) return base;
    const Proxies::Said said = settings.proxies.said_of(received);
    if (!said.address.empty()) received.address = said.address;
    if (said.origin.empty()) return base;
    // Whatever else is asked of the name is asked of the one that the client used.
    std::erase_if(received.headers, [](const auto& header) { return header.first == "host"; });
    received.headers.emplace_back("host", said.origin.substr(said.origin.find("://") + 3));
    return settings.public_base.empty() ? said.origin + "/fhir" : base;
  }

  std::vector<PlainRoute> with_own(std::vector<PlainRoute> plain) {
    const auto add = [&](std::string path, auto handler) { plain.push_back({"GET", std::move(path), handler, false}); };
    add("/",
        [this](const auto&) -> Result<Response> { return text_response(home_page(base), "text/html; charset=utf-8"); });
    add("/health", [](const auto&) -> Result<Response> { return text_response("ok\n"); });
    add("/ready", [this](const auto&) -> Result<Response> {
      if (!ready) return fail(Fault::busy, "not ready");
      database.check_writable();
      database.read([](const storage::Snapshot& snapshot) { return snapshot.patient_key(""); });
      return text_response("ready\n");
    });
    add("/metrics", [this](const auto&) -> Result<Response> {
      return text_response(metrics.text(listener.open_connections(), database.bytes_on_disk()) +
                               (settings.more_metrics ? settings.more_metrics() : std::string()),
                           "text/plain; version=0.0.4; charset=utf-8");
    });
    return plain;
  }

  void answer(Received& received, Outgoing& out) {
    const auto begin = Clock::now();
    Response response = made(received);
    out.share = Share(memory);
    if (!out.share.grow_to(response.body.size()) && may_be_refused_late(received.method))
      response = come_back({Fault::busy,
                            "The answers under way take all the memory there is for them (setting memory-limit); ask "
                            "for a smaller page, or later."},
                           1);
    cors.open(received, response);
    if (site->is_https_elsewhere()) response.headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
    const int status = response.status;
    const std::size_t size = response.body.size();
    write(std::move(response), received.method == "HEAD", received.keep_alive, out);
    const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
    metrics.answered(status, static_cast<std::uint64_t>(spent), out.head.size() + size);
  }

  Response made(Received& received) {
    try {
      const std::string its_base = heard_of(received);
      if (!is_health(received.target))
        if (auto admitted = site->admits(received, cors.allows(received.header("origin"))); !admitted)
          return interaction::outcome(admitted.error());
      if (received.method == "OPTIONS") return options(received);
      if (const auto unpacked = unpack(received, settings.wire.body_bytes); !unpacked)
        return not_unpacked(unpacked.error());
      Response response = dispatch.answer(received, its_base);
      pack(received.header("accept-encoding"), response);
      return response;
    } catch (const storage::EngineError& error) {
      logged(received, error.what());
      Response out = unavailable(error);
      if (is_health(received.target)) out.status = row_of(Fault::busy).http_status;  // ready or not, says one status
      return out;
    } catch (const std::bad_alloc&) {
      return come_back({Fault::busy, "There is no memory left for this request just now."}, 5);
    } catch (const std::exception& error) {
      return broken(received, error.what());
    } catch (...) {  // Xerces throws classes of its own
      return broken(received, "unknown exception");
    }
  }

  /// RFC 9110 9.3.7: what may be done here; what is there is another question.
  Response options(const Received& received) const {
    const std::string allowed = dispatch.allowed(received);
    if (allowed.empty()) return interaction::outcome({Fault::not_found, "There is nothing at this address."});
    Response out = Cors::is_preflight(received) ? cors.preflight(received, allowed) : Response{};
    out.status = 204;
    out.headers.emplace_back("Allow", allowed);
    return out;
  }

  /// Engine and invariant messages name tables and rules, never what a request held.
  std::string logged(const Received& received, std::string_view what) {
    std::string reference = reference_id();
    log(fmt::format("error {} while answering {}: {}", reference, received.method, what));
    return reference;
  }

  Response broken(const Received& received, std::string_view what) {
    return interaction::outcome(
        {Fault::internal, "Something went wrong here, not with your request. Tell the operator this reference: " +
                              logged(received, what)});
  }

  void refuse(const Refused& refused, Outgoing& out) {
    Response response = interaction::outcome(refused.failure);
    response.status = refused.status;
    if (refused.failure.fault == Fault::busy) response.headers.emplace_back("Retry-After", "1");
    write(std::move(response), false, false, out);
    metrics.answered(refused.status, 0, out.head.size() + out.body.size());
  }
};

Server::Server(Settings settings, interaction::Context& context, interaction::Repository repository,
               storage::Database& database, std::vector<interaction::Route> operations, std::vector<PlainRoute> plain,
               std::function<void(std::string_view)> log)
    : impl_(std::make_unique<Impl>(std::move(settings), context, std::move(repository), database, std::move(operations),
                                   std::move(plain), std::move(log))) {}

Server::~Server() { stop(); }

void Server::start() {
  impl_->listener.bind();
  impl_->base = impl_->settings.public_base;
  if (impl_->base.empty())
    impl_->base = fmt::format("{}://{}:{}/fhir", impl_->tls ? "https" : "http", impl_->settings.host, port());
  while (impl_->base.ends_with('/')) impl_->base.pop_back();
  impl_->site.emplace(impl_->settings.hosts, impl_->base);
  impl_->dispatch.tell_slow(impl_->settings.slow_search, impl_->log);
  if (impl_->settings.pages) impl_->dispatch.log_in_by(*impl_->settings.pages, impl_->base);
  impl_->listener.start();
  impl_->ready = true;
}

void Server::stop() {
  impl_->ready = false;
  impl_->listener.stop();
}

void Server::reload_certificates() {
  if (impl_->tls) impl_->tls->reload();
}

std::uint16_t Server::port() const { return impl_->listener.port(); }

std::string Server::base() const { return impl_->base; }

}  // namespace varde::http
