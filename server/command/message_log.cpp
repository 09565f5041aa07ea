// GET /messages: what came in and went out, newest first; ?received=N and ?sent=N give the bytes as they were.
#include <fmt/format.h>

#include "server/command/doors.h"
#include "server/messaging/moment.h"
#include "server/storage/messages.h"

namespace varde::command {
namespace {

using interaction::Request;
using interaction::Response;

constexpr std::size_t kRows = 200;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string story(const Request& request, std::string_view communication) {
  if (communication.empty()) return "";
  return fmt::format(R"(<a href="{}/Communication/{}">historien</a>)", escaped(request.base), escaped(communication));
}

std::string page(const Request& request, const storage::Snapshot& db) {
  std::string html =
      "<!doctype html><html lang=\"no\"><meta charset=\"utf-8\"><title>Meldingslogg</title>"
      "<style>body{font:16px sans-serif;margin:2em}table{border-collapse:collapse;margin-bottom:2em}"
      "td,th{padding:.3em .8em;border-bottom:1px solid #ccc;text-align:left}</style>"
      "<h1>Meldingslogg</h1><h2>Mottatt</h2><table><tr><th>Nr<th>Tid<th>Type<th>Fra "
      "HER-id<th>Tilstand<th>AppRec<th>Merknad<th><th>";
  for (const auto& row : storage::inbox::log(db, kRows))
    html += fmt::format(
        "<tr><td>{0}<td>{1}<td>{2}<td>{3}<td>{4}<td>{5}<td>{6}<td>{7}<td><a href=\"?received={0}\">rå</a>", row.id,
        messaging::oslo_words(row.received), escaped(row.type), escaped(row.sender_her), name_of(row.state),
        escaped(row.apprec_status), escaped(row.detail), story(request, row.communication_id));
  html +=
      "</table><h2>Sendt</h2><table><tr><th>Nr<th>Tid<th>Type<th>Til "
      "HER-id<th>Tilstand<th>Forsøk<th>AppRec<th>Merknad<th><th>";
  for (const auto& row : storage::outbox::log(db, kRows))
    html += fmt::format(
        "<tr><td>{0}<td>{1}<td>{2}<td>{3}<td>{4}<td>{5}<td>{6}<td>{7}<td>{8}<td><a href=\"?sent={0}\">rå</a>", row.id,
        messaging::oslo_words(row.created), escaped(row.type), escaped(row.receiver_her), name_of(row.state),
        row.attempts, escaped(row.apprec_status), escaped(row.apprec_errors.empty() ? row.detail : row.apprec_errors),
        story(request, row.communication_id));
  return html + "</table></html>\n";
}

Result<Response> raw(std::optional<std::string> bytes) {
  if (!bytes) return fail(Fault::not_found, "there is no such message in the log");
  Response response;
  // Whatever somebody sent us: shown as text, never run by a browser.
  response.content_type = "text/plain; charset=utf-8";
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.body = std::move(*bytes);
  return response;
}

Result<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > 1'000'000'000'000)
      return fail(Fault::parameter_malformed, "must be a number of the log");
    value = value * 10 + (c - '0');
  }
  return value;
}

Result<Response> show(storage::Database& database, const Request& request) {
  return database.read([&](const storage::Snapshot& db) -> Result<Response> {
    for (const auto& [name, value] : request.query) {
      const auto id = number(value);
      if (!id) return tl::unexpected<Failure>(id.error());
      if (name == "received") {
        auto row = storage::inbox::get(db, *id);
        return raw(row ? std::optional(std::move(row->bytes)) : std::nullopt);
      }
      if (name == "sent") {
        auto row = storage::outbox::get(db, *id);
        return raw(row ? std::optional(std::move(row->bytes)) : std::nullopt);
      }
      return fail(Fault::parameter_unknown, "the message log knows `received` and `sent`");
    }
    Response response;
    response.content_type = "text/html; charset=utf-8";
    response.body = page(request, db);
    return response;
  });
}

}  // namespace

http::PlainRoute message_log_route(storage::Database& database) {
  return {"GET", "/messages", [&database](const Request& request) { return show(database, request); }, false};
}

}  // namespace varde::command
