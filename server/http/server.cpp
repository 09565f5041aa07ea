#include "server/http/server.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <atomic>

#include "server/http/dispatch.h"
#include "server/http/home.h"
#include "server/http/listener.h"
#include "server/http/metrics.h"
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

/// The whole answer in one piece.
void write(const Response& response, bool head, bool keep, std::string& out) {
  const bool bodiless = response.status == 204 || response.status == 304;
  out.reserve(out.size() + 512 + (head ? 0 : response.body.size()));
  out += "HTTP/1.1 ", out += std::to_string(response.status);
  out += ' ', out += reason(response.status), out += "\r\n";
  append_header(
      out, "Date",
      interaction::http_date(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())));
  append_header(out, "Server", "Varde");
  if (!response.body.empty()) append_header(out, "Content-Type", response.content_type);
  if (!bodiless) append_header(out, "Content-Length", std::to_string(response.body.size()));
  append_header(out, "ETag", response.etag);
  append_header(out, "Last-Modified", response.last_modified);
  append_header(out, "Location", response.location);
  append_header(out, "Cache-Control", "private, no-cache");
  append_header(out, "X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (!keep) append_header(out, "Connection", "close");
  out += "\r\n";
  if (!head && !bodiless) out += response.body;
}

Response text_response(std::string text, std::string_view type = "text/plain; charset=utf-8") {
  Response out;
  out.body = std::move(text);
  out.content_type = type;
  return out;
}

std::string busy_answer() {
  std::string out;
  Response response = interaction::outcome({Fault::busy, "All connections are in use; come back in a moment."});
  response.headers.emplace_back("Retry-After", "1");
  write(response, false, false, out);
  return out;
}

}  // namespace

struct Server::Impl {
  Settings settings;
  interaction::Context& context;
  std::function<void(std::string_view)> log;
  Metrics metrics;
  std::atomic<bool> ready = false;
  std::string base;
  Dispatch dispatch;
  Listener listener;

  Impl(Settings given, interaction::Context& shared, std::vector<operation::Operation> operations,
       std::vector<PlainRoute> plain, std::function<void(std::string_view)> logger)
      : settings(std::move(given)),
        context(shared),
        log(std::move(logger)),
        dispatch(context, std::move(operations), with_own(std::move(plain))),
        listener(
            {settings.host, settings.port, settings.connections, settings.grace, settings.wire},
            [this](Received& received, std::string& out) { return answer(received, out); },
            [this](const Refused& refused, std::string& out) { refuse(refused, out); }, busy_answer()) {}

  std::vector<PlainRoute> with_own(std::vector<PlainRoute> plain) {
    const auto add = [&](std::string path, auto handler) { plain.push_back({"GET", std::move(path), handler, false}); };
    add("/",
        [this](const auto&) -> Result<Response> { return text_response(home_page(base), "text/html; charset=utf-8"); });
    add("/health", [](const auto&) -> Result<Response> { return text_response("ok\n"); });
    add("/ready", [this](const auto&) -> Result<Response> {
      if (!ready) return fail(Fault::busy, "not ready");
      context.database.read([](const storage::Snapshot& snapshot) { return snapshot.patient_key(""); });
      return text_response("ready\n");
    });
    add("/metrics", [this](const auto&) -> Result<Response> {
      return text_response(metrics.text(listener.open_connections(), context.database.bytes_on_disk()),
                           "text/plain; version=0.0.4; charset=utf-8");
    });
    return plain;
  }

  bool answer(Received& received, std::string& out) {
    const auto begin = Clock::now();
    Response response;
    try {
      response = dispatch.answer(received, base);
    } catch (const std::exception& error) {
      // Engine and invariant messages name tables and rules, never what a request held.
      const std::string reference = reference_id();
      log(fmt::format("error {} while answering {}: {}", reference, received.method, error.what()));
      response = interaction::outcome(
          {Fault::internal,
           "Something went wrong here, not with your request. Tell the operator this reference: " + reference});
    }
    write(response, received.method == "HEAD", received.keep_alive, out);
    const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
    metrics.answered(response.status, static_cast<std::uint64_t>(spent), out.size());
    return received.keep_alive;
  }

  void refuse(const Refused& refused, std::string& out) {
    Response response = interaction::outcome(refused.failure);
    response.status = refused.status;
    write(response, false, false, out);
    metrics.answered(refused.status, 0, out.size());
  }
};

Server::Server(Settings settings, interaction::Context& context, std::vector<operation::Operation> operations,
               std::vector<PlainRoute> plain, std::function<void(std::string_view)> log)
    : impl_(std::make_unique<Impl>(std::move(settings), context, std::move(operations), std::move(plain),
                                   std::move(log))) {}

Server::~Server() { stop(); }

void Server::start() {
  impl_->listener.bind();
  impl_->base = impl_->settings.public_base;
  if (impl_->base.empty()) impl_->base = fmt::format("http://{}:{}/fhir", impl_->settings.host, port());
  while (impl_->base.ends_with('/')) impl_->base.pop_back();
  impl_->listener.start();
  impl_->ready = true;
}

void Server::stop() {
  impl_->ready = false;
  impl_->listener.stop();
}

std::uint16_t Server::port() const { return impl_->listener.port(); }

std::string Server::base() const { return impl_->base; }

}  // namespace varde::http
