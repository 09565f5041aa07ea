#include "server/access/rules.h"

#include <algorithm>
#include <array>
#include <string>

namespace varde::access {
namespace {

using Need = NeedRow::Need;
constexpr Rights kCreate = bit(Right::create), kRead = bit(Right::read), kUpdate = bit(Right::update),
                 kRemove = bit(Right::remove), kSearch = bit(Right::search);

// clang-format off
constexpr std::array kNeeds{
    //      methods        pattern                           need             rights    of another type than the path's
    NeedRow{"GET",         "metadata",                       Need::nothing},
    NeedRow{"GET",         ".well-known/smart-configuration", Need::nothing},
    NeedRow{"GET",         "/",                              Need::nothing},
    NeedRow{"GET",         "/health",                        Need::nothing},
    NeedRow{"GET",         "/ready",                         Need::nothing},
    NeedRow{"GET",         "/metrics",                       Need::nothing},
    NeedRow{"GET",         "/demo-login/.well-known/openid-configuration", Need::nothing},  // these where it is asked for
    NeedRow{"GET",         "/demo-login/jwks",               Need::nothing},
    NeedRow{"GET POST",    "/demo-login/authorize",          Need::nothing},
    NeedRow{"POST",        "/demo-login/token",              Need::nothing},
    NeedRow{"POST",        "/demo-login/par",                Need::nothing},
    NeedRow{"GET",         "/demo-login/launch",             Need::nothing},
    NeedRow{"GET",         "/demo-login/logout",             Need::nothing},
    NeedRow{"POST",        "",                               Need::login},     // each entry is asked for
    NeedRow{"POST",        "Bundle",                         Need::login},     // likewise; stored whole it is a create
    NeedRow{"GET",         "{type}/{id}/_history/{version}", Need::rights,     kRead},
    NeedRow{"GET",         "{type}/{id}/_history",           Need::rights,     kRead},
    NeedRow{"GET",         "{type}/_history",                Need::everything},
    NeedRow{"GET",         "_history",                       Need::everything},
    NeedRow{"GET",         "{type}/{id}",                    Need::rights,     kRead},
    NeedRow{"GET",         "{type}",                         Need::rights,     kSearch},
    NeedRow{"POST",        "{type}/_search",                 Need::rights,     kSearch},
    NeedRow{"POST",        "{type}",                         Need::rights,     kCreate},
    NeedRow{"PUT PATCH",   "{type}",                         Need::rights,     kUpdate},
    NeedRow{"PUT PATCH",   "{type}/{id}",                    Need::rights,     kUpdate},
    NeedRow{"DELETE",      "{type}",                         Need::rights,     kRemove},
    NeedRow{"DELETE",      "{type}/{id}",                    Need::rights,     kRemove},
    NeedRow{"GET",         "{compartment}/{id}/{type}",      Need::rights,     kSearch},
    NeedRow{"POST",        "{compartment}/{id}/{type}/_search", Need::rights,  kSearch},
    NeedRow{"GET",         "{compartment}/{id}/*",           Need::login},     // each type is asked for
    NeedRow{"POST",        "{compartment}/{id}/*/_search",   Need::login},     // likewise
    NeedRow{"GET",         "",                               Need::login},     // likewise
    NeedRow{"POST",        "_search",                        Need::login},     // likewise
    NeedRow{"GET POST",    "Observation/$lastn",             Need::rights,     kSearch},
    NeedRow{"GET POST",    "Observation/$stats",             Need::rights,     kSearch},
    NeedRow{"GET POST",    "Observation/{id}/$evaluate",     Need::rights,     kRead},
    NeedRow{"GET POST",    "Patient/{id}/$trend",            Need::rights,     kSearch,  "Observation"},
    NeedRow{"GET POST",    "Patient/$everything",            Need::rights,     kSearch},
    NeedRow{"GET POST",    "Patient/{id}/$everything",       Need::rights,     kRead},
    NeedRow{"GET POST",    "Encounter/{id}/$everything",     Need::rights,     kRead},
    NeedRow{"GET POST",    "EpisodeOfCare/{id}/$everything", Need::rights,     kRead},
    NeedRow{"GET POST",    "Patient/{id}/$access-log",       Need::rights,     kRead},
    NeedRow{"POST",        "Patient/{id}/$emergency-access", Need::login},
    NeedRow{"POST",        "Patient/{id}/$enrol",            Need::rights,     kCreate,  "EpisodeOfCare"},
    NeedRow{"POST",        "Patient/$enrol",                 Need::everybody,  kCreate,  "EpisodeOfCare"},
    NeedRow{"POST",        "EpisodeOfCare/$import-benefits", Need::everybody,  kCreate,  "Encounter"},
    NeedRow{"GET POST",    "Patient/{id}/$followup-summary", Need::rights,     kRead},
    NeedRow{"POST",        "Patient/{id}/$lend",             Need::rights,     kCreate,  "DeviceUseStatement"},
    NeedRow{"GET POST",    "Patient/{id}/$loan-form",        Need::rights,     kRead},
    NeedRow{"POST",        "Device/{id}/$return",            Need::rights,     kUpdate},
    NeedRow{"POST",        "Device/{id}/$clean",             Need::rights,     kUpdate},
    NeedRow{"POST",        "Device/{id}/$lost",              Need::rights,     kUpdate},
    NeedRow{"POST",        "Patient/{id}/$pause",            Need::rights,     kUpdate,  "EpisodeOfCare"},
    NeedRow{"POST",        "Patient/{id}/$resume",           Need::rights,     kUpdate,  "EpisodeOfCare"},
    NeedRow{"POST",        "Patient/{id}/$end",              Need::rights,     kUpdate,  "EpisodeOfCare"},
    NeedRow{"POST",        "Patient/{id}/$send-summary",     Need::rights,     kCreate,  "Communication"},
    NeedRow{"GET POST",    "Patient/{id}/$letters",          Need::rights,     kCreate,  "Communication"},
    NeedRow{"POST",        "Patient/{id}/$send-letter",      Need::rights,     kCreate,  "Communication"},
    NeedRow{"POST",        "Patient/{id}/$withhold-letter",  Need::rights,     kCreate,  "Communication"},
    NeedRow{"POST",        "Patient/{id}/$set-state",        Need::rights,     kUpdate,  "EpisodeOfCare"},
    NeedRow{"GET POST",    "Task/$worklist",                 Need::rights,     kSearch},
    NeedRow{"POST",        "Task/{id}/$take",                Need::rights,     kUpdate},
    NeedRow{"POST",        "Task/{id}/$delegate",            Need::rights,     kUpdate},
    NeedRow{"POST",        "Task/{id}/$comment",             Need::rights,     kUpdate},
    NeedRow{"POST",        "Task/{id}/$snooze",              Need::rights,     kUpdate},
    NeedRow{"POST",        "Task/{id}/$close",               Need::rights,     kUpdate},
    NeedRow{"GET POST",    "EpisodeOfCare/$benefit-report",  Need::rights,     kSearch},
    NeedRow{"POST",        "Patient/{id}/$start-plan",       Need::rights,     kCreate,  "CarePlan"},
    NeedRow{"POST",        "CarePlan/{id}/$send-to-gp",      Need::rights,     kUpdate},
    NeedRow{"POST",        "CarePlan/{id}/$approve",         Need::rights,     kUpdate},
    NeedRow{"POST",        "CarePlan/{id}/$return",          Need::rights,     kUpdate},
    NeedRow{"POST",        "CarePlan/{id}/$put-in-force",    Need::rights,     kUpdate},
    NeedRow{"GET POST",    "CarePlan/{id}/$paper",           Need::rights,     kRead},
    NeedRow{"GET POST",    "CarePlan/{id}/$zones",           Need::rights,     kRead},
    NeedRow{"GET POST",    "CarePlan/{id}/$planer",          Need::rights,     kRead},
    NeedRow{"POST",        "Task/{id}/$journal",             Need::rights,     kUpdate},
    NeedRow{"GET POST",    "Composition/$journal",           Need::rights,     kSearch},
    NeedRow{"POST",        "Composition/$acknowledge",       Need::rights,     kSearch},
    NeedRow{"GET POST",    "Patient/$match",                 Need::everybody,  kSearch},
    NeedRow{"GET",         "Composition/$document",          Need::rights,     kRead},
    NeedRow{"POST",        "Composition/$document",          Need::rights,     kCreate,  "Bundle"},
    NeedRow{"GET",         "Composition/{id}/$document",     Need::rights,     kRead},
    NeedRow{"POST",        "Composition/{id}/$document",     Need::rights,     kCreate,  "Bundle"},
    NeedRow{"POST",        "Communication/{id}/$link",       Need::messages},
    NeedRow{"GET POST",    "Communication/$message-log",     Need::messages},
    NeedRow{"GET POST",    "Communication/$message-routes",  Need::messages},
    NeedRow{"GET POST",    "Communication/{id}/$story",      Need::messages},
    NeedRow{"POST",        "Communication/{id}/$resend",     Need::messages},
    NeedRow{"POST",        "Communication/{id}/$replay",     Need::messages},
    NeedRow{"POST",        "Communication/{id}/$cancel",     Need::messages},
    NeedRow{"POST",        "Communication/{id}/$change",     Need::messages},
    NeedRow{"POST",        "Communication/$send",            Need::messages},
    NeedRow{"POST",        "Communication/$stop-receiver",   Need::messages},
    NeedRow{"POST",        "Communication/$start-receiver",  Need::messages},
    NeedRow{"GET POST",    "PlanDefinition/$apply",          Need::rights,     kRead},
    NeedRow{"GET POST",    "PlanDefinition/{id}/$apply",     Need::rights,     kRead},
    NeedRow{"GET POST",    "ActivityDefinition/$apply",      Need::rights,     kRead},
    NeedRow{"GET POST",    "ActivityDefinition/{id}/$apply", Need::rights,     kRead},
    NeedRow{"GET POST",    "Questionnaire/$populate",             Need::rights, kRead},
    NeedRow{"GET POST",    "Questionnaire/{id}/$populate",        Need::rights, kRead},
    NeedRow{"GET POST",    "QuestionnaireResponse/$extract",      Need::rights, kRead},
    NeedRow{"GET POST",    "QuestionnaireResponse/{id}/$extract", Need::rights, kRead},
    NeedRow{"GET POST",    "$meta",                          Need::everything},
    NeedRow{"GET POST",    "{type}/$meta",                   Need::everything},
    NeedRow{"GET POST",    "{type}/{id}/$meta",              Need::rights,     kRead},
    NeedRow{"POST",        "{type}/{id}/$meta-add",          Need::rights,     kUpdate},
    NeedRow{"POST",        "{type}/{id}/$meta-delete",       Need::rights,     kUpdate},
    NeedRow{"GET POST",    "ServiceRequest/$evaluate",       Need::rights,     kSearch,  "Observation"},
    NeedRow{"GET POST",    "$diff",                          Need::login},
    NeedRow{"GET POST",    "{type}/{id}/$diff",              Need::rights,     kRead},
    NeedRow{"GET POST",    "$validate",                      Need::login},
    NeedRow{"GET POST",    "{type}/$validate",               Need::login},
    NeedRow{"GET POST",    "{type}/{id}/$validate",          Need::login},
    NeedRow{"GET POST",    "ValueSet/$expand",               Need::rights,     kReading},
    NeedRow{"GET POST",    "ValueSet/{id}/$expand",          Need::rights,     kReading},
    NeedRow{"GET POST",    "ValueSet/$validate-code",        Need::rights,     kReading},
    NeedRow{"GET POST",    "ValueSet/{id}/$validate-code",   Need::rights,     kReading},
    NeedRow{"GET POST",    "CodeSystem/$lookup",             Need::rights,     kReading},
    NeedRow{"GET POST",    "CodeSystem/$validate-code",      Need::rights,     kReading},
    NeedRow{"GET POST",    "CodeSystem/{id}/$validate-code", Need::rights,     kReading},
    NeedRow{"GET POST",    "CodeSystem/$subsumes",           Need::rights,     kReading},
    NeedRow{"GET POST",    "CodeSystem/{id}/$subsumes",      Need::rights,     kReading},
    NeedRow{"GET POST",    "ConceptMap/$translate",          Need::rights,     kReading},
    NeedRow{"GET POST",    "ConceptMap/{id}/$translate",     Need::rights,     kReading},
    NeedRow{"POST",        "$closure",                       Need::rights,     kUpdate,  "ConceptMap"},
    NeedRow{"POST",        "ConceptMap/$closure",            Need::rights,     kUpdate},
    NeedRow{"GET POST",    "StructureDefinition/$snapshot",      Need::rights, kReading},
    NeedRow{"GET POST",    "StructureDefinition/{id}/$snapshot", Need::rights, kRead},
    NeedRow{"GET",         "AuditEvent",                     Need::audit},
    NeedRow{"POST",        "AuditEvent/_search",             Need::audit},
    NeedRow{"GET",         "AuditEvent/{id}",                Need::audit},
    NeedRow{"GET POST",    "/messages",                      Need::messages},
    NeedRow{"GET",         "/log",                           Need::login},  // the patient alone, asked there
    NeedRow{"POST",        "/message",                       Need::send_messages},
};
// clang-format on

bool lists(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    const std::string_view one = methods.substr(0, methods.find(' '));
    if (one == method) return true;
    methods.remove_prefix(std::min(one.size() + 1, methods.size()));
  }
  return false;
}

Result<void> refused(std::string_view what) {
  return fail(Fault::forbidden, "Your login does not allow " + std::string(what) + ".");
}

std::string_view word_of(Rights rights) {
  if ((rights & kCreate) != 0) return "creating";
  if ((rights & kUpdate) != 0) return "changing";
  if ((rights & kRemove) != 0) return "deleting";
  if ((rights & kRead) != 0) return "reading";
  return "searching for";
}

Result<void> may_of_everybody(const Grant& grant, fhir::TypeId type, Rights rights) {
  for (const Grant::Part& part : grant.parts)
    if (part.only.empty() && part.whose.everybody && !part.within &&
        (part.rights[static_cast<std::size_t>(type)] & rights) != 0)
      return {};
  return refused("this: it looks at all patients, and is for who sees all patients");
}

}  // namespace

std::span<const NeedRow> needs() { return kNeeds; }

const NeedRow* need_of(std::string_view method, std::string_view pattern) {
  const std::string_view as = method == "HEAD" ? std::string_view("GET") : method;
  const auto found = std::find_if(kNeeds.begin(), kNeeds.end(),
                                  [&](const NeedRow& row) { return row.pattern == pattern && lists(row.methods, as); });
  return found == kNeeds.end() ? nullptr : &*found;
}

Result<void> admit(const Principal& principal, const Ask& ask) {
  if (principal.is_unrestricted()) return {};
  const NeedRow* row = need_of(ask.method, ask.pattern);
  if (row && row->need == Need::nothing) return {};
  if (!principal.grant) return fail(Fault::unauthenticated, "Log in first: nobody is known here who asks.");
  if (!row) return refused("this");
  const Grant& grant = *principal.grant;
  switch (row->need) {
    case Need::nothing:
    case Need::login: return {};
    case Need::rights: {
      const fhir::TypeId type = row->type.empty() ? ask.type : fhir::find_resource_type(row->type);
      // An operation may look at more than fits a scope's search parameters.
      const bool whole = row->pattern.find('$') != std::string_view::npos;
      if (type != fhir::TypeId::none && (whole ? grant.has_whole(type, row->rights) : grant.has(type, row->rights)))
        return {};
      return refused(std::string(word_of(row->rights)) + " " +
                     (type == fhir::TypeId::none ? "this" : std::string(fhir::row_of(type).name)) +
                     ": neither its scopes nor its role give that right");
    }
    case Need::everybody: return may_of_everybody(grant, ask.type, row->rights);
    case Need::everything:
      return refused("the history of everything: it is for who sees all patients. Ask for the history of one resource");
    case Need::messages: return grant.sees_messages ? Result<void>() : refused("the message log");
    case Need::send_messages: return grant.sends_messages ? Result<void>() : refused("sending messages");
    case Need::audit: {
      static const fhir::TypeId kAuditEvent = fhir::find_type("AuditEvent");
      return grant.has_whole(kAuditEvent, kReading) ? Result<void>() : refused("the audit log");
    }
  }
  return refused("this");
}

}  // namespace varde::access
