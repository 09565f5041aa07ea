/// EpisodeOfCare/$import-benefits: home care and stays out of a municipality's own systems, as a table.
/// See server/followup/report/care_file.h.
#include "fhir-model/text/base64.h"
#include "server/followup/report/care_file.h"
#include "server/interaction/answer.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {
namespace {

/// `file`: as text, or as its bytes.
Result<std::string> file_of(const Input& input) {
  const auto given = input.elements("file");
  if (given.size() != 1)
    return fail(Fault::required_missing, "file er tabellen som CSV (file is the table as CSV)", "file");
  if (const auto text = given.front()["valueString"]) return std::string(text.value());
  auto bytes = fhir::text::from_base64(given.front()["valueBase64Binary"].value());
  if (!bytes || bytes->empty())
    return fail(Fault::parameter_malformed, "file er en tekst eller base64 (file is a string or base64Binary)", "file");
  return std::move(*bytes);
}

Response told(const followup::CareCount& count) {
  auto tree = fhir::Tree::of("Parameters");
  const auto put = [&](std::string_view name, std::size_t value) {
    auto parameter = tree.edit().add("parameter");
    parameter.set("name", name);
    parameter.set("valueInteger", std::to_string(value));
  };
  put("stored", count.stored);
  put("known", count.known);
  return interaction::answer_with(tree.root());
}

}  // namespace

Result<Work> import_benefits(const Request& request, const Context&, const Reads&) {
  const auto input = Input::read(request, {"file"});
  FHIR_TRY(input);
  const auto text = file_of(*input);
  FHIR_TRY(text);
  auto lines = followup::read_care_file(*text);
  FHIR_TRY(lines);
  return [lines = std::make_shared<const std::vector<followup::CareLine>>(std::move(*lines))](
             interaction::Act& act) -> Result<Response> { return followup::store_care(act, *lines).map(told); };
}

}  // namespace varde::operation
