#include "server/audit/routes.h"

#include <charconv>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "fhir-model/time/span.h"
#include "fhir-model/xml/escape.h"
#include "server/audit/event.h"
#include "server/interaction/answer.h"
#include "server/interaction/bundle.h"
#include "server/interaction/text.h"

namespace varde::audit {
namespace {

using interaction::Context;
using interaction::Request;
using interaction::Response;
using interaction::View;
using storage::audit_log::Row;
using storage::audit_log::Wanted;

const fhir::TypeId kPatient = fhir::find_type("Patient"), kAuditEvent = fhir::find_type("AuditEvent");

struct Asked {
  Wanted wanted;
  std::size_t count;
  interaction::Parameters again;  ///< what the link to the next page repeats
};

Result<std::int64_t> number_of(std::string_view text, const std::string& name) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 1)
    return fail(Fault::parameter_malformed, name + " is a whole number, 1 or more.", name);
  return number;
}

/// "ge2026-11-01", "2026-11": a day, or from or until one.
Result<void> take_date(std::string_view text, const View& view, Wanted& wanted) {
  const std::string_view prefix = text.substr(0, 2);
  const bool has_prefix = !text.empty() && text[0] >= 'a' && text[0] <= 'z';
  const auto span = time::read_span(has_prefix ? text.substr(2) : text, view.zone());
  if (!span)
    return fail(Fault::parameter_malformed, "date is a date or a time, with eq, ge, gt, le or lt before it.", "date");
  if (!has_prefix || prefix == "eq")
    wanted.from = std::max(wanted.from, span->begin), wanted.to = std::min(wanted.to, span->end);
  else if (prefix == "ge")
    wanted.from = std::max(wanted.from, span->begin);
  else if (prefix == "gt")
    wanted.from = std::max(wanted.from, span->end);
  else if (prefix == "le")
    wanted.to = std::min(wanted.to, span->end);
  else if (prefix == "lt")
    wanted.to = std::min(wanted.to, span->begin);
  else
    return fail(Fault::not_supported, "date takes the prefixes eq, ge, gt, le and lt.", "date");
  return {};
}

Result<void> take(const std::string& name, const std::string& value, bool own, const View& view, Asked& asked,
                  std::size_t longest) {
  if (name == "_format" || name == "_pretty") return {};
  if (name == "_before") return number_of(value, name).map([&](std::int64_t number) { asked.wanted.before = number; });
  asked.again.emplace_back(name, value);
  if (name == "_count")
    return number_of(value, name).map([&](std::int64_t count) {
      asked.count = std::min(static_cast<std::size_t>(count), longest);
    });
  if (name == "date") return take_date(value, view, asked.wanted);
  if (!own && name == "agent") return asked.wanted.agent = value, Result<void>();
  if (!own && name == "patient") {
    const std::string id = value.starts_with("Patient/") ? value.substr(8) : value;
    // Whom the log is about is asked of all patients: an auditor sees the log, not the patient.
    asked.wanted.patient = static_cast<const storage::Snapshot&>(view).patient_key(id);
    if (*asked.wanted.patient == storage::PatientKey::none) asked.wanted.to = storage::Instant::min();
    return {};
  }
  return fail(Fault::parameter_unknown,
              own ? "The log takes date, _count, _format and _pretty."
                  : "The audit log is searched by patient, agent (\"hpr 9144897\") and date, with _count.");
}

Result<Asked> ask(const Request& request, bool own, const View& view, const Context& context) {
  Asked asked{{}, context.limits.default_count, {}};
  for (const auto& [name, value] : request.query)
    FHIR_TRY(take(name, value, own, view, asked, context.limits.longest_page));
  return asked;
}

std::string patient_of(const Row& row, const View& view) {
  return row.patient == storage::PatientKey::none ? std::string() : view.patient_id(row.patient);
}

void set_text(fhir::Editor event, const std::string& sentence) {
  auto text = event.ensure("text");
  text.set("status", "generated");
  text.set("div",
           "<div xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"nb\"><p>" + fhir::xml::escaped(sentence) + "</p></div>");
}

Result<Response> page_of(const Request& request, const std::string& address, const Asked& asked, const View& view) {
  auto rows = storage::audit_log::find(view, asked.wanted, asked.count + 1);
  const bool more = rows.size() > asked.count;
  if (more) rows.pop_back();
  interaction::BundleText bundle("searchset");
  const std::string link = request.base + "/" + address;
  if (more) {
    auto again = asked.again;
    again.emplace_back("_before", std::to_string(rows.back().number));
    bundle.link("next", link + interaction::with_query(again));
  }
  for (const Row& row : rows) {
    auto event = audit_event_of(row, patient_of(row, view));
    set_text(event.edit(), sentence_of(row, view.zone()));
    const std::string json = fhir::to_json(event.root());
    const std::string url = request.base + "/AuditEvent/" + std::to_string(row.number);
    bundle.entry({.full_url = url, .resource = json, .search_mode = "match"});
  }
  Response out;
  out.body = std::move(bundle).finish();
  return out;
}

Result<Response> search(const Request& request, const View& view, const Context& context) {
  const auto asked = ask(request, false, view, context);
  FHIR_TRY(asked);
  return page_of(request, "AuditEvent", *asked, view);
}

Result<Response> read(const Request& request, const View& view, const Context&) {
  const auto number = number_of(request.id, "id");
  const auto row = number ? storage::audit_log::row(view, *number) : std::nullopt;
  if (!row) return tl::unexpected<Failure>(interaction::not_found(kAuditEvent));
  auto event = audit_event_of(*row, patient_of(*row, view));
  return interaction::answer_with(event.root());
}

/// Only to the patient, and to those who act for the patient: it tells who looked.
Result<Response> access_log(const Request& request, const View& view, const Context& context) {
  using Kind = access::Principal::Kind;
  const auto patient = view.current(kPatient, request.id);
  if (!patient) return tl::unexpected<Failure>(interaction::not_found(kPatient));
  if (!view.principal().is_unrestricted() && view.principal().kind != Kind::citizen)
    return fail(Fault::forbidden,
                "Innsynsloggen er for pasienten selv. The access log is for the patient; auditors search AuditEvent.");
  auto asked = ask(request, true, view, context);
  FHIR_TRY(asked);
  asked->wanted.patient = patient->patient;
  return page_of(request, "Patient/" + request.id + "/$access-log", *asked, view);
}

}  // namespace

std::vector<interaction::Route> routes() {
  using interaction::Route;
  return {
      Route{"GET", "AuditEvent", search, interaction::Doing::read},
      Route{"POST", "AuditEvent/_search", search, interaction::Doing::read},
      Route{"GET", "AuditEvent/{id}", varde::audit::read, interaction::Doing::read},
      Route{.methods = "GET",
            .pattern = "Patient/{id}/$access-log",
            .handler = access_log,
            .doing = interaction::Doing::read,
            .definition = "https://varde.example/fhir/OperationDefinition/Patient-access-log"},
  };
}

}  // namespace varde::audit
