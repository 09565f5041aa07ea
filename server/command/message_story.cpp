#include "server/command/message_story.h"

#include <algorithm>

#include <fmt/format.h>

#include "fhir-model/xml/escape.h"
#include "mappings/message.h"
#include "norway/moment.h"
#include "server/command/message_page.h"

namespace varde::command {
namespace {

using fhir::xml::escaped;

constexpr std::size_t kLongestText = 2'000;      ///< of one element; a note of a nurse fits, a document does not
constexpr std::size_t kLongestPage = 2'000'000;  ///< bytes of one message
constexpr std::size_t kMostRows = 200;

/// The log's page is read by people who know the states by these words.
std::string row(std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  return fmt::format("<tr><th>{}<td>{}", escaped(name), escaped(value));
}

std::string cut(std::string_view text) {
  if (text.size() <= kLongestText) return escaped(text);
  std::size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // between two letters
  return escaped(text.substr(0, end)) + fmt::format("<i>… {} byte til</i>", text.size() - end);
}

void write(const mappings::XmlNode& node, std::size_t depth, std::string& out) {
  if (out.size() > kLongestPage) return;
  const std::string indent(2 * depth, ' ');
  out += indent + "&lt;<b>" + escaped(node.name) + "</b>";
  for (const auto& [name, value] : node.attributes) out += fmt::format(" {}=\"{}\"", escaped(name), cut(value));
  const auto blank = node.base64().find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (blank && node.children.empty() && node.markup.empty()) {
    out += "/&gt;\n";
    return;
  }
  out += "&gt;";
  if (!node.markup.empty()) out += cut(node.markup);
  if (!blank) out += cut(node.base64());
  if (!node.children.empty()) {
    out += "\n";
    for (const auto& child : node.children) write(child, depth + 1, out);
    out += indent;
  }
  out += "&lt;/<b>" + escaped(node.name) + "</b>&gt;\n";
}

std::string xml(std::string_view heading, std::string_view bytes) {
  if (bytes.empty()) return {};
  return fmt::format("<details><summary>{}</summary><pre>{}</pre></details>", escaped(heading), readable(bytes));
}

std::string link(std::string_view base, std::string_view reference) {
  return fmt::format(R"(<a href="{0}/{1}">{1}</a>)", escaped(base), escaped(reference));
}

std::string story_link(std::string_view communication_id, std::string_view words) {
  return fmt::format(R"(<a href="/messages?story={}">{}</a>)", escaped(communication_id), escaped(words));
}

std::string received(const StoryPage& page) {
  if (!page.rows.received) return {};
  const auto& r = *page.rows.received;
  std::string html = "<h2>Mottatt</h2><table>";
  html += row("Nr. i loggen", std::to_string(r.id)) + row("Type", r.type) + row("MsgId", r.msg_id) +
          row("Fra HER-id", r.sender_her) + row("Kom", norway::oslo_words(r.received)) + row("Kilde", r.source) +
          row("Tilstand", received_state_words(r.state)) + row("AppRec", r.apprec_status) + row("Merknad", r.detail);
  for (const auto& again : page.duplicates)
    html += row("Kom på nytt", fmt::format("{}, nr. {}", norway::oslo_words(again.received), again.id));
  html += "</table>" + xml("Meldingen som XML", r.bytes);
  for (const auto& answer : page.answers)
    html += fmt::format("<h3>Svar: {} til HER-id {}, {}</h3>", escaped(answer.type), escaped(answer.receiver_her),
                        sent_state_words(answer.state)) +
            xml("Svaret som XML", answer.bytes);
  return html;
}

std::string sent(const StoryPage& page) {
  if (!page.rows.sent) return {};
  const auto& s = *page.rows.sent;
  std::string html = "<h2>Sendt</h2><table>";
  html += row("Nr. i loggen", std::to_string(s.id)) + row("Type", s.type) + row("MsgId", s.msg_id) +
          row("Til HER-id", s.receiver_her) + row("Skrevet", norway::oslo_words(s.created)) +
          row("Sendt", s.sent ? norway::oslo_words(*s.sent) : std::string()) +
          row("Tilstand", sent_state_words(s.state)) + row("Rute", s.route) +
          row("Forsøk", std::to_string(s.attempts)) +
          row("Transporten svarte", s.receipt_at ? norway::oslo_words(*s.receipt_at) + ": " + s.receipt : s.receipt) +
          row("AppRec", s.apprec_status) + row("Feil i AppRec", s.apprec_errors) + row("Merknad", s.detail);
  for (const auto& copy : page.copies)
    html += row("Kopi til HER-id " + copy.receiver_her,
                fmt::format("nr. {}: {} {}", copy.id, sent_state_words(copy.state), copy.apprec_errors));
  return html + "</table>" + xml("Meldingen som XML", s.bytes);
}

}  // namespace

std::string readable(std::string_view bytes) {
  const auto message = mappings::read_message(bytes, {bytes.size() + 1});
  if (!message.well_formed) return cut(bytes.substr(0, kLongestPage));
  std::string out;
  write(message.document, 0, out);
  return out;
}

std::string story_page(const StoryPage& page, std::string_view fhir_base) {
  std::string html = page_head("Meldingens historie") + "<h1>Meldingens historie</h1><p>" +
                     link(fhir_base, "Communication/" + page.communication_id) +
                     R"( · <a href="/messages">Meldingsloggen</a></p>)";
  html += received(page) + sent(page);
  if (!page.made.empty()) {
    html += "<h2>Den laget eller endret</h2><ul>";
    for (const auto& reference : page.made) html += "<li>" + link(fhir_base, reference);
    html += "</ul>";
  }
  if (page.conversation.size() > 1) {
    html += "<h2>Samtalen</h2><table><tr><th>Sendt<th>Type<th>Tilstand<th>";
    for (std::size_t i = 0; i < std::min(page.conversation.size(), kMostRows); ++i) {
      const auto& other = page.conversation[i];
      html += fmt::format(
          "<tr><td>{}<td>{}<td>{}<td>{}", escaped(other.sent), escaped(other.type), escaped(other.state),
          other.communication_id == page.communication_id ? std::string("denne")
                                                          : story_link(other.communication_id, "historien"));
    }
    html += "</table>";
  }
  return html + "</html>\n";
}

}  // namespace varde::command
