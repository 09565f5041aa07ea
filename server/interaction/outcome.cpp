/// OperationOutcome out of a Failure: https://hl7.org/fhir/R4/operationoutcome.html
#include "fhir-model/json/json.h"
#include "server/interaction/request.h"
#include "server/interaction/text.h"

namespace varde::interaction {
namespace {

constexpr std::string_view kFaultSystem = "https://varde.example/fhir/CodeSystem/fault";

/// The place in what was sent, and the rule that it breaks.
/// https://hl7.org/fhir/R4/extension-operationoutcome-issue-line.html, -issue-col.html, -authority.html
void append_extensions(const Failure& failure, std::string& out) {
  constexpr std::string_view kBase = "{\"url\":\"http://hl7.org/fhir/StructureDefinition/operationoutcome-";
  if (!failure.place && failure.source.empty()) return;
  out += "\"extension\":[";
  if (failure.place) {
    out.append(kBase).append("issue-line\",\"valueInteger\":").append(std::to_string(failure.place.line)).append("},");
    out.append(kBase).append("issue-col\",\"valueInteger\":").append(std::to_string(failure.place.column)).append("}");
  }
  if (!failure.source.empty()) {
    out.append(failure.place ? "," : "").append(kBase).append("authority\"");
    append_json_member(out, "valueUri", failure.source);
    out += '}';
  }
  out += "],";
}

void append_issue(const Failure& failure, std::string& out) {
  const FaultRow& row = row_of(failure.fault);
  out += '{';
  append_extensions(failure, out);
  out += "\"severity\":\"";
  out += name_of(failure.severity);
  out += '"';
  append_json_member(out, "code", row.issue_type);
  out += ",\"details\":{\"coding\":[{";
  append_json_member(out, "system", kFaultSystem);
  append_json_member(out, "code", row.name);
  out += "}]}";
  append_json_member(out, "diagnostics", failure.diagnostics);
  if (!failure.expression.empty()) {
    out += ",\"expression\":[";
    fhir::write_json_string(failure.expression, out);
    out += ']';
  }
  out += '}';
}

}  // namespace

std::string outcome_json(const Failure& failure) {
  std::string out = "{\"resourceType\":\"OperationOutcome\",\"issue\":[";
  append_issue(failure, out);
  for (const Failure& further : failure.also) {
    out += ',';
    append_issue(further, out);
  }
  return out += "]}";
}

Response outcome(const Failure& failure) {
  Response out;
  out.status = row_of(failure.fault).http_status;
  out.body = outcome_json(failure);
  return out;
}

}  // namespace varde::interaction
