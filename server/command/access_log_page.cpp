#include "server/command/access_log_page.h"

#include <charconv>

#include <fmt/format.h>

#include "fhir-model/xml/escape.h"
#include "server/audit/event.h"
#include "server/drawing/drawing.h"
#include "server/interaction/text.h"
#include "server/operation/paper.h"
#include "server/storage/audit_log.h"

namespace varde::command {
namespace {

using fhir::xml::escaped;

using interaction::Request;
using interaction::Response;
using interaction::View;

constexpr std::size_t kRows = 100, kRowsOnPaper = 2000;
const fhir::TypeId kPatient = fhir::find_type("Patient");

constexpr std::string_view kHead = R"(<!doctype html><html lang="nb"><meta charset="utf-8"><title>Innsynslogg</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:2em auto;padding:0 1em;color:#1b2a33;background:#fbfaf7}
li{padding:.3em 0;border-bottom:1px solid #ddd}ol{list-style:none;padding:0}form{float:right}</style>
<form method="post" action="/logout"><button>Logg ut</button></form><h1>Innsynslogg</h1>
<p>Hvem som har sett, skrevet eller blitt nektet opplysninger om deg, det nyeste først. Er det noe du ikke kjenner igjen, så spør oppfølgingssenteret.</p>)";

std::string parameter(const Request& request, std::string_view name) {
  for (const auto& [key, value] : request.query)
    if (key == name) return value;
  return {};
}

/// The patient that is asked about, else the one that the login is about.
Result<storage::Version> patient_of(const Request& request, const View& view) {
  std::string id = parameter(request, "patient");
  if (id.empty()) id = view.principal().patient;
  if (id.empty())
    if (const auto only = view.sight().only(kPatient)) id = view.patient_id(*only);
  auto found = id.empty() ? std::nullopt : view.current(kPatient, id);
  if (!found)
    return fail(
        Fault::not_found,
        "Innloggingen gjelder ingen pasient her; er det flere, så velg med ?patient=. There is no such patient.");
  return std::move(*found);
}

std::string name_in(const storage::Version& patient) {
  const auto tree = View::tree(patient);
  const auto name = tree.root()["name"];
  std::string out(name["text"].value());
  if (!out.empty()) return out;
  for (const auto given : name.each("given")) out.append(given.value()).append(" ");
  return out + std::string(name["family"].value());
}

/// All of it on A4, as far as so many entries reach; that there are older ones is said.
Result<Response> on_paper(const View& view, const storage::Version& patient, const storage::audit_log::Wanted& wanted) {
  auto rows = storage::audit_log::find(view, wanted, kRowsOnPaper + 1);
  const bool more = rows.size() > kRowsOnPaper;
  if (more) rows.pop_back();
  operation::Paper paper("Innsynslogg", name_in(patient));
  paper.paragraph(
      "Hvem som har sett, skrevet eller blitt nektet opplysninger om deg, det nyeste først. Er det noe du ikke kjenner "
      "igjen, så spør oppfølgingssenteret.");
  if (rows.empty()) paper.paragraph("Ingen har sett noe.");
  for (const auto& row : rows) paper.bullet(audit::sentence_of(row, view.zone()));
  if (more) paper.paragraph(fmt::format("Eldre oppføringer enn de {} siste står på siden /log.", kRowsOnPaper));
  Response out;
  out.content_type = "application/pdf";
  out.headers.emplace_back("Content-Disposition", "inline; filename=\"innsynslogg.pdf\"");
  out.body = drawing::to_pdf(std::move(paper).finish("Innsynslogg"), {"Innsynslogg", "Hvem som har sett hva"});
  return out;
}

Result<Response> show(const Request& request, const View& view) {
  const auto& who = view.principal();
  if (!who.is_unrestricted() && who.kind != access::Principal::Kind::citizen)
    return fail(Fault::forbidden,
                "Innsynsloggen er for pasienten selv. The access log is for the patient; auditors search AuditEvent.");
  const auto patient = patient_of(request, view);
  FHIR_TRY(patient);
  storage::audit_log::Wanted wanted;
  wanted.patient = patient->patient;
  if (const std::string before = parameter(request, "before"); !before.empty()) {
    const auto [end, error] = std::from_chars(before.data(), before.data() + before.size(), wanted.before);
    if (error != std::errc{} || end != before.data() + before.size())
      return fail(Fault::parameter_malformed, "before is the number of an entry.");
  }
  const std::string form = parameter(request, "form");
  if (!form.empty() && form != "pdf") return fail(Fault::parameter_malformed, "form is pdf, or left out for the page.");
  if (form == "pdf") return on_paper(view, *patient, wanted);
  auto rows = storage::audit_log::find(view, wanted, kRows + 1);
  const bool more = rows.size() > kRows;
  if (more) rows.pop_back();
  Response out;
  out.content_type = "text/html; charset=utf-8";
  out.body = std::string(kHead) + (rows.empty() ? "<p>Ingen har sett noe.</p>" : "<ol>");
  for (const auto& row : rows) out.body += "<li>" + escaped(audit::sentence_of(row, view.zone()));
  if (!rows.empty()) out.body += "</ol>";
  out.body += "<p><a href=\"/log" + escaped(interaction::with_query({{"patient", patient->id}, {"form", "pdf"}})) +
              "\">Som PDF</a></p>";
  if (more) {
    const auto query =
        interaction::with_query({{"patient", patient->id}, {"before", std::to_string(rows.back().number)}});
    out.body += "<p><a href=\"/log" + escaped(query) + "\">Eldre</a></p>";
  }
  out.body += "</html>";
  return out;
}

}  // namespace

http::PlainRoute access_log_page(const interaction::Repository& repository) {
  return {"GET", "/log",
          [&repository](const Request& request) -> Result<Response> {
            return repository.as(request.principal).read([&](const View& view) { return show(request, view); });
          },
          false};
}

}  // namespace varde::command
