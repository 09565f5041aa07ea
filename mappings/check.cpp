#include "mappings/check.h"

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "mappings/message.h"
#include "mappings/msghead/plausible.h"

namespace varde::mappings {
namespace {

std::string text(std::string_view value) {
  std::string out;
  fhir::write_json_string(value, out);
  return out;
}

std::string text_or_null(std::string_view value) { return value.empty() ? "null" : text(value); }

template <class List, class Write>
std::string array(const List& list, Write write) {
  std::string out = "[";
  for (const auto& each : list) (out += out.size() > 1 ? "," : "") += write(each);
  return out + "]";
}

std::string error(const CodedError& error) {
  return fmt::format(R"({{"code":{},"text":{},"detail":{}}})", text(error.code), text(error.text), text(error.detail));
}

std::string failure(const Failure& failure) {
  return fmt::format(R"({{"fault":{},"diagnostics":{},"expression":{}}})", text(row_of(failure.fault).name),
                     text(failure.diagnostics), text(failure.expression));
}

}  // namespace

Checked check(std::string_view file_name, std::string_view bytes, time::Instant received) {
  const Message message = read_message(bytes);
  auto errors = apprec_errors(message);
  const auto why = message.acceptable() && message.type != "APPREC" ? implausible(message, received) : std::nullopt;
  if (why) errors.push_back(*why);
  const bool acceptable = message.acceptable() && !why;
  const auto receipt = answer(message, {}, {});
  std::string apprec = "null";
  if (receipt || (!errors.empty() && message.type != "APPREC"))
    apprec = fmt::format(R"({{"version":{},"status":{},"errors":{},"sendable":{}}})",
                         text_or_null(receipt ? receipt->version : std::string()),
                         static_cast<int>(errors.empty() ? AppRecStatus::ok : AppRecStatus::refused),
                         array(errors, error), receipt.has_value());
  auto line = fmt::format(
      R"({{"file":{},"type":{},"version":{},"well_formed":{},"schema_valid":{},"signature":{},"acceptable":{},"apprec":{},"failures":{}}})",
      text(file_name), text_or_null(message.type), text_or_null(message.version), message.well_formed,
      message.schema_known ? (message.schema_valid ? "true" : "false") : "null",
      message.is_signed() ? R"("not verified")" : "null", acceptable, apprec, array(message.failures, failure));
  return {std::move(line), acceptable};
}

}  // namespace varde::mappings
