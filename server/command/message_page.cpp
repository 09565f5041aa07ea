#include "server/command/message_page.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "fhir-model/xml/escape.h"
#include "norway/moment.h"
#include "server/storage/messages/tests.h"

namespace varde::command {
namespace {

using fhir::xml::escaped;

// clang-format off
constexpr std::array<std::string_view, 6> kReceivedStates{
    "mottatt, venter", "behandlet", "avvist", "mottatt før", "kan ikke leses", "testmelding, uten virkning"};
constexpr std::array<std::string_view, 6> kSentStates{
    "i kø", "sendt, venter på kvittering", "levert", "avvist av mottakeren", "kvittering uteblitt", "ikke sendt"};
// clang-format on

struct FaultWords {
  Fault fault;
  std::string_view words;
};
constexpr std::array kFaultWords{
    FaultWords{Fault::not_well_formed, "Meldingen er ikke gyldig XML."},
    FaultWords{Fault::encoding_invalid, "Meldingen kan ikke leses med den tegnkodingen den oppgir."},
    FaultWords{Fault::too_deep, "Elementene ligger for dypt i hverandre."},
    FaultWords{Fault::too_large, "Meldingen er større enn det som tas imot her."},
    FaultWords{Fault::schema_invalid, "Meldingen er ikke bygd opp slik standarden krever."},
    FaultWords{Fault::message_unsupported, "Meldingstypen, versjonen eller innholdet tas ikke imot her."},
    FaultWords{Fault::message_id_malformed, "MsgId er ikke en gyldig UUID."},
    FaultWords{Fault::misaddressed, "Avsender eller mottaker mangler, eller meldingen er ikke til oss."},
    FaultWords{
        Fault::patient_unidentified,
        "Pasienten er ikke godt nok identifisert: navn må være med, og fødselsnummer, D-nummer, felles hjelpenummer "
        "eller fødselsdato med kjønn."},
    FaultWords{Fault::patient_identifier_invalid, "Pasientens nummer er ikke gyldig."},
    FaultWords{Fault::attachment_unsupported, "Vedlegget er av en type som ikke kan vises her."},
    FaultWords{Fault::signature_invalid, "Signaturen kan ikke være en signatur."},
};

std::string_view words_of(Fault fault) {
  const auto row = std::ranges::find(kFaultWords, fault, &FaultWords::fault);
  return row == kFaultWords.end() ? std::string_view("Meldingen har en feil.") : row->words;
}

std::string place_words(const Failure& failure) {
  if (!failure.place) return {};
  return fmt::format(" Linje {}, kolonne {}.", failure.place.line, failure.place.column);
}

constexpr std::string_view kStyle = R"(<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2em;color:#1b2a33;background:#fbfaf7}
table{border-collapse:collapse;margin:0 0 1em}td,th{padding:.3em .8em;border-bottom:1px solid #ccc;text-align:left;vertical-align:top}
fieldset{border:1px solid #ccc;margin:0 0 2em;display:flex;flex-wrap:wrap;gap:.5em 1.5em}label{display:block}form.row{display:inline}
pre{overflow:auto;background:#fff;border:1px solid #ccc;padding:.5em 1em;font-size:14px}
.told{padding:.5em 1em;background:#e8f1e4}</style>)";

std::string field(std::string_view label, std::string_view name, std::string_view value,
                  std::string_view kind = "text") {
  return fmt::format(R"(<label>{}<br><input type="{}" name="{}" value="{}"></label>)", label, kind, name,
                     escaped(value));
}

std::string choice(std::string_view label, std::string_view name, std::string_view chosen, auto words) {
  std::string out = fmt::format(R"(<label>{}<br><select name="{}"><option value="">alle)", label, name);
  for (std::size_t i = 0; i < words.size(); ++i)
    out += fmt::format(R"(<option value="{0}"{2}>{1})", i, words[i], chosen == std::to_string(i) ? " selected" : "");
  return out + "</select></label>";
}

std::string hidden(std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  return fmt::format(R"(<input type="hidden" name="{}" value="{}">)", name, escaped(value));
}

/// The search goes by POST: whom it is about never stands in an address.
std::string search_form(const LogQuery& query) {
  return R"(<form method="post" action="/messages"><fieldset><legend>Søk</legend>)" +
         field("MsgId", "msgid", query.msg_id) + field("Pasient (id eller fødselsnummer)", "patient", query.patient) +
         field("Part (HER-id)", "party", query.party) + field("Meldingstype", "type", query.type) +
         field("Ord i det som gikk galt", "text", query.text) +
         choice("Mottatte med tilstand", "received-state", query.received_state, kReceivedStates) +
         choice("Sendte med tilstand", "sent-state", query.sent_state, kSentStates) +
         field("Fra dato", "from", query.from, "date") + field("Til og med", "to", query.to, "date") +
         R"(<label><br><button>Søk</button> <a href="/messages">Vis alle</a></label></fieldset></form>)";
}

std::string next_page(const LogQuery& query, std::string_view name, std::int64_t before) {
  return R"(<form method="post" action="/messages">)" + hidden("msgid", query.msg_id) +
         hidden("patient", query.patient) + hidden("party", query.party) + hidden("type", query.type) +
         hidden("received-state", query.received_state) + hidden("sent-state", query.sent_state) +
         hidden("text", query.text) + hidden("from", query.from) + hidden("to", query.to) +
         hidden(name, std::to_string(before)) + "<button>Eldre</button></form>";
}

std::string action(std::string_view name, std::int64_t number, std::string_view words) {
  return fmt::format(
      R"(<form class="row" method="post" action="/messages"><input type="hidden" name="{}" value="{}"><button>{}</button></form>)",
      name, number, words);
}

std::string story(std::string_view communication) {
  if (communication.empty()) return {};
  return fmt::format(R"(<a href="/messages?story={}">historien</a>)", escaped(communication));
}

std::string link_form(std::int64_t number) {
  return fmt::format(R"( <form class="row" method="post" action="/messages" autocomplete="off">)"
                     R"(<input type="hidden" name="link" value="{}"><input type="text" name="patient" required )"
                     R"(aria-label="Pasient: id eller fødselsnummer" placeholder="id eller fødselsnummer">)"
                     R"(<button>koble til pasient</button></form>)",
                     number);
}

std::string received_row(const storage::InboxRow& row, bool waits) {
  using storage::InboxState;
  const bool failed = row.state == InboxState::unreadable || row.state == InboxState::refused;
  std::string doing = fmt::format(R"(<a href="?received={}">rå</a> )", row.id);
  if (failed) doing += fmt::format(R"(<a href="?failures={}">hva er galt</a> )", row.id);
  const bool may_come_again = !storage::inbox::follows_another(row) && !storage::inbox::is_first_of_none(row);
  if (failed && row.apprec_status.empty() && may_come_again) doing += action("replay", row.id, "behandle på nytt");
  if (waits) doing += link_form(row.id);
  return fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}", row.id,
                     norway::oslo_words(row.received), escaped(row.type), escaped(row.sender_her), escaped(row.msg_id),
                     escaped(row.source), received_state_words(row.state), escaped(row.apprec_status),
                     escaped(row.detail), story(row.communication_id), doing);
}

/// By which route, and what the transport said last.
std::string receipt(const storage::OutboxRow& row) {
  if (!row.receipt_at) return escaped(row.route);
  return fmt::format(R"({}: <span title="{}">{}</span>)", escaped(row.route), norway::oslo_words(*row.receipt_at),
                     escaped(row.receipt));
}

std::string sent_row(const storage::OutboxRow& row) {
  using storage::OutboxState;
  std::string doing = fmt::format(R"(<a href="?sent={}">rå</a> )", row.id);
  if (row.state != OutboxState::queued && row.apprec_status.empty()) doing += action("resend", row.id, "send på nytt");
  return fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}", row.id,
                     norway::oslo_words(row.created), escaped(row.type), escaped(row.receiver_her), escaped(row.msg_id),
                     sent_state_words(row.state), row.attempts, escaped(row.apprec_status),
                     escaped(row.apprec_errors.empty() ? row.detail : row.apprec_errors), receipt(row),
                     story(row.communication_id), doing);
}

}  // namespace

std::string page_head(std::string_view title) {
  return fmt::format(R"(<!doctype html><html lang="nb"><meta charset="utf-8"><title>{}</title>
)",
                     escaped(title)) +
         std::string(kStyle);
}

std::string_view received_state_words(storage::InboxState state) {
  return kReceivedStates.at(static_cast<std::size_t>(state));
}
std::string_view sent_state_words(storage::OutboxState state) {
  return kSentStates.at(static_cast<std::size_t>(state));
}

std::string log_page(const LogPage& page) {
  std::string html = page_head("Meldingslogg") + "<h1>Meldingslogg</h1>";
  if (!page.told.empty()) html += "<p class=\"told\">" + escaped(page.told) + "</p>";
  html += search_form(page.query);
  html +=
      "<h2>Mottatt</h2><table><tr><th>Nr<th>Tid<th>Type<th>Fra HER-id<th>MsgId<th>Kilde<th>Tilstand<th>AppRec"
      "<th>Merknad<th><th>";
  for (const auto& row : page.received) html += received_row(row, page.waiting.contains(row.id));
  html += "</table>";
  if (page.more_received) html += next_page(page.query, "received-before", page.received.back().id);
  html +=
      "<h2>Sendt</h2><table><tr><th>Nr<th>Tid<th>Type<th>Til HER-id<th>MsgId<th>Tilstand<th>Forsøk<th>AppRec"
      "<th>Merknad<th>Rute og svar<th><th>";
  for (const auto& row : page.sent) html += sent_row(row);
  html += "</table>";
  if (page.more_sent) html += next_page(page.query, "sent-before", page.sent.back().id);
  return html + "</html>\n";
}

std::string failures_page(std::int64_t number, const std::vector<Failure>& failures) {
  std::string html = page_head("Meldingslogg") + fmt::format("<h1>Melding nr. {}</h1>", number);
  if (failures.empty()) html += "<p>Selve meldingen er i orden; merknaden i loggen sier hvorfor den er avvist.</p>";
  html += "<ul>";
  for (const Failure& failure : failures)
    html += fmt::format(R"(<li>{}{} <small lang="en">{} ({}{}{})</small>)", words_of(failure.fault),
                        place_words(failure), escaped(failure.diagnostics), row_of(failure.fault).name,
                        failure.expression.empty() ? "" : ", ", escaped(failure.expression));
  return html + "</ul><p><a href=\"/messages\">Meldingsloggen</a></p></html>\n";
}

}  // namespace varde::command
